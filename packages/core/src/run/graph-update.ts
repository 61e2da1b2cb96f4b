// The step of an optimizer that somebody wrote: its program, run over one tile of a stretch after the other. What it needs
// between reading the old state and writing the new one lies in the thread's arena.
import type { Kernels } from '@lockstep/kernels';
import { BoundProgram } from '../execute/bound-program.js';
import type { GraphRule } from '../optimizers/rule.js';
import type { Region } from '../plan/program.js';
import { basesOf } from './bases.js';
import { type RunPlan, TILE_FLOATS } from './run-plan.js';
import type { Stretch, TileUpdate } from './tile-update.js';

/** Floats [first, end) between two parameters of the flat vector. */
interface Gap {
  readonly first: number;
  readonly end: number;
}

export class GraphUpdate implements TileUpdate {
  readonly #plan: RunPlan;
  readonly #rule: GraphRule;
  readonly #kernels: Kernels;
  readonly #floats: Float32Array;
  readonly #scalars: Float32Array;
  /** Where each vector lies in a state: the parameters, then the optimizer's. */
  readonly #vectors: readonly number[];
  readonly #gaps: readonly Gap[];
  readonly #bases: Record<Region, number>;
  /** By length. */
  readonly #bound = new Map<number, BoundProgram>();

  /**
   * @param thread in whose arena it computes
   * @param scalars the address that the step's are written to
   */
  constructor(
    plan: RunPlan,
    rule: GraphRule,
    memory: WebAssembly.Memory,
    kernels: Kernels,
    thread: number,
    scalars: number,
  ) {
    this.#plan = plan;
    this.#rule = rule;
    this.#kernels = kernels;
    this.#floats = new Float32Array(memory.buffer);
    this.#scalars = new Float32Array(memory.buffer, scalars, rule.scalarCount);
    this.#vectors = [0, ...rule.slots].map((_, vector) => 4 * vector * plan.layout.length);
    this.#gaps = gapsOf(plan);
    this.#bases = { ...basesOf(plan, 0, thread, 0), scalars };
  }

  begin(step: number, learningRate: number): void {
    this.#rule.scalars(step, learningRate, this.#scalars);
  }

  bind({ length, ...at }: Stretch): () => boolean {
    const tiles: Stretch[] = [];
    for (let done = 0; done < length; done += TILE_FLOATS) {
      const bytes = 4 * done;
      tiles.push({
        ...{ to: at.to + bytes, from: at.from + bytes, gradient: at.gradient + bytes, more: 0 },
        ...{ first: at.first + done, length: Math.min(TILE_FLOATS, length - done) },
      });
    }
    return () => {
      let finite = true;
      for (const tile of tiles) finite = this.#takeTile(tile) && finite;
      return finite;
    };
  }

  #takeTile({ to, from, gradient, first, length }: Stretch): boolean {
    const bases = this.#bases;
    bases.state = from;
    bases['new state'] = to;
    bases.partial = gradient;
    const program = this.#program(length);
    program.move(bases);
    program.compute(0, 0);
    this.#clearGaps(to, first, length);
    let finite = 1;
    for (const vector of this.#vectors) finite &= this.#kernels.allFinite(to + vector, length);
    return finite === 1;
  }

  #program(length: number): BoundProgram {
    let bound = this.#bound.get(length);
    if (!bound) {
      bound = new BoundProgram(this.#plan.tileUpdate!, this.#kernels, {
        bases: this.#bases,
        rows: length,
        seed: this.#plan.config.seed,
        moves: true,
      });
      this.#bound.set(length, bound);
    }
    return bound;
  }

  /** The floats between parameters are zero, whatever the update makes of zeros: they are part of the state's digest. */
  #clearGaps(to: number, first: number, length: number): void {
    const gaps = this.#gaps;
    let low = 0;
    for (let high = gaps.length; low < high; ) {
      const middle = (low + high) >> 1;
      if (gaps[middle]!.first < first) low = middle + 1;
      else high = middle;
    }
    for (let at = low; at < gaps.length && gaps[at]!.first < first + length; at++) {
      const gap = gaps[at]!;
      for (const vector of this.#vectors) {
        const start = (to + vector) / 4 - first;
        this.#floats.fill(0, start + gap.first, start + gap.end);
      }
    }
  }
}

function gapsOf({ layout }: RunPlan): Gap[] {
  return layout.slots.flatMap(({ offset, size }, index) => {
    const end = layout.slots[index + 1]?.offset ?? layout.length;
    return offset + size < end ? [{ first: offset + size, end }] : [];
  });
}
