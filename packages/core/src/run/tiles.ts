// From partials to the next state, a tile of the flat vector at a time: add up, clip, update. Who takes which tile
// cannot change a bit.
import type { Kernels } from '@lockstep/kernels';
import type { Addition, Range, TreeSum } from '@lockstep/tree';
import { meanOver, WEIGHT } from '../graph/sample-weight.js';
import { scalarFloats } from '../optimizers/step-scalars.js';
import { EPOCH_LOSS } from '../plan/state-layout.js';
import { sumOffset } from '../plan/sum-layout.js';
import { learningRateAt } from '../schedules/schedule.js';
import { FrozenUpdate } from './frozen-update.js';
import { GraphUpdate } from './graph-update.js';
import { KernelUpdate } from './kernel-update.js';
import { type RunPlan, stateIndex, TILE_FLOATS } from './run-plan.js';
import type { TileUpdate } from './tile-update.js';
import { piecesWithin, type UpdatePiece } from './update-pieces.js';

/**
 * Optimizer vectors that decay while their gradient is 0 would stop at the smallest subnormal number, and every
 * step would take the processor's slow path for them (a third of MNIST's first layer, after an epoch). At every
 * so many steps they are made 0, which is far below what a parameter's rounding can tell.
 */
const FLUSH_EVERY = 64;

/** What is done to a piece is done while its gradient, 256 KiB, is in the cache; so long that calls of kernels cost nothing. */
const PIECE_FLOATS = 16 * TILE_FLOATS;

/** The optimizer's step over a piece, from one state to the other, with the batch's sum where it lies. */
interface BoundPiece {
  readonly offset: number;
  readonly length: number;
  readonly take: () => boolean;
}

/** All that a step takes, and what they were bound for. */
interface BoundPieces {
  readonly pieces: readonly UpdatePiece[];
  readonly root: number;
  readonly more: number;
  readonly bound: readonly BoundPiece[];
}

/** Whether means are taken before the update: to be clipped, or since it is no kernel that takes them itself. */
export function takesMeans({ config, rule }: RunPlan): boolean {
  const { clipNorm, clipValue } = config.optimizer;
  return clipNorm !== undefined || clipValue !== undefined || rule.kernel === undefined;
}

/**
 * The last addition's right side, unless means are taken before: the optimizer adds it to the root as it reads
 * both, and writes neither. 0 if there is none.
 */
export function unaddedPartial(plan: RunPlan, { adds }: TreeSum): number {
  return takesMeans(plan) ? 0 : (adds.at(-1)?.from ?? 0);
}

export class Tiles {
  readonly #plan: RunPlan;
  readonly #kernels: Kernels;
  readonly #takesMeans: boolean;
  readonly #floats: Float32Array;
  readonly #squares: Float64Array;
  /** Of a partial, in floats. */
  readonly #lossOffset: number;
  readonly #weightOffset: number | undefined;
  /** Of each state: the sum of its epoch's losses. */
  readonly #lossSums: readonly Float64Array[];
  /** Of each group. */
  readonly #updates: readonly TileUpdate[];
  /** Where the optimizer's vectors lie in a state. */
  readonly #vectors: readonly number[];
  /** By the state that is read: who takes steps takes the same pieces each time, and the sum lies where it always lies. */
  readonly #bound: BoundPieces[] = [];

  /** @param thread whose place in the memory the optimizer's step is taken */
  constructor(plan: RunPlan, memory: WebAssembly.Memory, kernels: Kernels, thread: number) {
    this.#plan = plan;
    this.#kernels = kernels;
    this.#takesMeans = takesMeans(plan);
    this.#floats = new Float32Array(memory.buffer);
    this.#squares = new Float64Array(memory.buffer, plan.memory.tileSquares, plan.tiles);
    const { sums } = plan.training;
    this.#lossOffset = sumOffset(sums, 'loss');
    this.#weightOffset = plan.isWeighted ? sumOffset(sums, WEIGHT) : undefined;
    const { byteOffset } = plan.state.sums.find(({ name }) => name === EPOCH_LOSS)!;
    this.#lossSums = plan.memory.states.map(
      (state) => new Float64Array(memory.buffer, state + byteOffset, 1),
    );
    this.#vectors = plan.state.tensors.flatMap(({ kind, byteOffset }) =>
      kind === 'optimizer' ? [byteOffset] : [],
    );
    const { scalars } = plan.memory.threads[thread]!;
    this.#updates = plan.updatePieces.groups.map(({ rule }, group) => {
      if (!rule) return new FrozenUpdate(memory, [0, ...this.#vectors]);
      const address = scalars + 4 * group * scalarFloats(rule);
      return rule.kernel === undefined
        ? new GraphUpdate(plan, rule, memory, kernels, thread, address)
        : new KernelUpdate(plan, rule, memory, kernels, address);
    });
  }

  /** Adds partials up over tiles [first, end), and does nothing else with them. */
  add(first: number, end: number, adds: readonly Addition[]): void {
    for (let tile = first; tile < end; tile++) this.#addTile(tile, adds, adds.length);
  }

  /** The first `count` of the additions. */
  #addTile(tile: number, adds: readonly Addition[], count: number): void {
    const offset = 4 * tile * TILE_FLOATS;
    const length = this.#length(tile);
    for (let at = 0; at < count; at++) {
      this.#kernels.addInto(adds[at]!.into + offset, adds[at]!.from + offset, length);
    }
  }

  /** Adds up the sums that follow the gradients in partials; one thread does it for all. */
  addSums(adds: readonly Addition[]): void {
    const { gradientFloats, floats } = this.#plan.training.sums;
    const offset = 4 * gradientFloats;
    for (const { into, from } of adds) {
      this.#kernels.addInto(into + offset, from + offset, floats - gradientFloats);
    }
  }

  /** The loss in a partial that has been added up. */
  lossAt(root: number): number {
    return this.#floats[root / 4 + this.#lossOffset]!;
  }

  /** What sums over a batch are divided by: its samples, or what they weigh in a partial whose sums have been added up. */
  countAt(root: number, samples: number): number {
    if (this.#weightOffset === undefined) return samples;
    return meanOver(this.#floats[root / 4 + this.#weightOffset]!, samples);
  }

  /** The loss in such a partial, as if each sample weighed 1: so an epoch's mean is over samples in any case. */
  meanedLoss(root: number, samples: number): number {
    const count = this.countAt(root, samples);
    const loss = this.lossAt(root);
    return count === samples ? loss : (loss * samples) / count;
  }

  /**
   * Adds up the partials over tiles [first, end), but for the last addition, which is the optimizer's. If
   * gradients are clipped, it also does that one, takes the mean and clips it by value.
   *
   * @param count as `countAt`
   * @returns whether every mean gradient that was taken is finite
   */
  reduce(first: number, end: number, sum: TreeSum, count: number): boolean {
    const { clipValue, clipNorm } = this.#plan.config.optimizer;
    const { adds } = sum;
    const before = adds.length - (unaddedPartial(this.#plan, sum) ? 1 : 0);
    let finite = 1;
    for (let tile = first; tile < end; tile++) {
      this.#addTile(tile, adds, before);
      if (!this.#takesMeans) continue;
      const length = this.#length(tile);
      const gradient = sum.root + 4 * tile * TILE_FLOATS;
      finite &= this.#kernels.average(gradient, length, count);
      if (clipValue !== undefined) this.#kernels.clipValue(gradient, length, clipValue);
      if (clipNorm !== undefined) this.#squares[tile] = this.#kernels.sumSquares(gradient, length);
    }
    return finite === 1;
  }

  /** What the optimizer's step over tiles [first, end) is taken in. */
  pieces({ first, end }: Range): UpdatePiece[] {
    const floats = { first: first * TILE_FLOATS, end: end * TILE_FLOATS };
    return piecesWithin(this.#plan.updatePieces.pieces, floats, PIECE_FLOATS);
  }

  /**
   * Takes the optimizer's step over pieces: from state `step` to the other one. If gradients are clipped by norm, every
   * tile must have been reduced before.
   *
   * @param pieces as `pieces` gave them
   * @param count as `countAt`
   * @returns whether everything written is finite
   */
  update(pieces: readonly UpdatePiece[], sum: TreeSum, step: number, count: number): boolean {
    const { groups } = this.#plan.updatePieces;
    const { schedule } = this.#plan.config.optimizer;
    for (let group = 0; group < groups.length; group++) {
      const rate = learningRateAt(schedule, groups[group]!.learningRate, step);
      this.#updates[group]!.begin(step, rate, this.#takesMeans ? 1 : count);
    }
    const factor = this.#clipFactor();
    let finite = true;
    for (const { offset, length, take } of this.#bind(pieces, sum, step)) {
      if (factor !== 1) this.#kernels.scale(sum.root + 4 * offset, length, factor);
      finite = take() && finite;
      if (step % FLUSH_EVERY === 0) this.#flush(step, offset, length);
    }
    return finite;
  }

  #bind(pieces: readonly UpdatePiece[], sum: TreeSum, step: number): readonly BoundPiece[] {
    const { states } = this.#plan.memory;
    const state = stateIndex(step);
    const [from, to] = [states[state], states[stateIndex(step + 1)]];
    const { root } = sum;
    const more = unaddedPartial(this.#plan, sum);
    const last = this.#bound[state];
    if (last?.pieces === pieces && last.root === root && last.more === more) return last.bound;
    const bound = pieces.map(({ offset, length, group }) => {
      const at = 4 * offset;
      const take = this.#updates[group]!.bind({
        ...{ to: to + at, from: from + at, gradient: root + at, more: more && more + at },
        ...{ first: offset, length },
      });
      return { offset, length, take };
    });
    this.#bound[state] = { pieces, root, more, bound };
    return bound;
  }

  /** Of the state that follows the step. */
  #flush(step: number, offset: number, length: number): void {
    const to = this.#plan.memory.states[stateIndex(step + 1)];
    for (const vector of this.#vectors) {
      this.#kernels.flushSubnormals(to + vector + 4 * offset, length);
    }
  }

  /** Adds the step's loss to the running sum of its epoch, in the state that follows the step. */
  accumulateLoss(step: number, loss: number): void {
    const before = this.#lossSums[stateIndex(step)]![0]!;
    const first = step % this.#plan.stepsPerEpoch === 0;
    this.#lossSums[stateIndex(step + 1)]![0] = (first ? 0 : before) + loss;
  }

  #length(tile: number): number {
    return Math.min(TILE_FLOATS, this.#plan.layout.length - tile * TILE_FLOATS);
  }

  /** As torch.nn.utils.clip_grad_norm_: limit / (norm + 1e-6), at most 1. */
  #clipFactor(): number {
    const { clipNorm } = this.#plan.config.optimizer;
    if (clipNorm === undefined) return 1;
    let squares = 0;
    for (const square of this.#squares) squares += square;
    return Math.fround(Math.min(1, clipNorm / (Math.sqrt(squares) + 1e-6)));
  }
}
