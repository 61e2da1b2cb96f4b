// One thread's part of a step, over the run's memory: shards to partials, then tiles of the flat vector from
// partials to new state. The same code runs alone, on threads and on remote workers; who calls which shard
// or tile cannot change a bit. It knows nothing of barriers, epochs' order or files.
import { instantiateKernels, type Kernels } from '@lockstep/kernels';
import { type Addition, type Batch, shardStart } from '@lockstep/tree';
import type { Dataset } from '../dataset.js';
import { BoundProgram } from '../execute/bound-program.js';
import { SCALAR_COUNT } from '../optimizers/optimizer.js';
import { PARTIAL_SUMS, type Program } from '../plan/program.js';
import { learningRateAt } from '../schedules/schedule.js';
import { Gatherer } from './gather.js';
import { CHUNK_SUMS } from './memory-map.js';
import { EVALUATION_ROWS, type RunPlan, TILE_FLOATS } from './run-plan.js';

/** Additions of partials, in order, that leave the batch's sum in `root`; all are byte addresses. */
export interface Reduction {
  readonly adds: readonly Addition[];
  readonly root: number;
}

/** What is left to add after one thread has computed every shard of a batch. */
export function reductionOfOne(plan: RunPlan): Reduction {
  const { partials } = plan.memory.threads[0]!;
  const [root, from] = plan.schedules[0]!.blocks.map(({ partial }) => partials[partial]!);
  return { adds: from === undefined ? [] : [{ into: root!, from }], root: root! };
}

/** Whether means are taken and clipped before the update, which otherwise takes them itself. */
function clips({ config }: RunPlan): boolean {
  const { clipNorm, clipValue } = config.optimizer;
  return clipNorm !== undefined || clipValue !== undefined;
}

/**
 * The last addition's right side, unless gradients are clipped: the optimizer adds it to the root as it reads
 * both, and writes neither. 0 if there is none.
 */
export function unaddedPartial(plan: RunPlan, { adds }: Reduction): number {
  return clips(plan) ? 0 : (adds.at(-1)?.from ?? 0);
}

/** Which of the two states holds what step `step` starts from. */
export function stateIndex(step: number): 0 | 1 {
  return (step % 2) as 0 | 1;
}

/**
 * Optimizer vectors that decay while their gradient is 0 would stop at the smallest subnormal number, and every
 * step would take the processor's slow path for them (a third of MNIST's first layer, after an epoch). At every
 * so many steps they are made 0, which is far below what a parameter's rounding can tell.
 */
const FLUSH_EVERY = 64;

export class Replica {
  readonly #plan: RunPlan;
  readonly #thread: number;
  readonly #kernels: Kernels;
  readonly #training: Gatherer;
  readonly #evaluations = new Map<Dataset, Gatherer>();
  readonly #memory: WebAssembly.Memory;
  readonly #floats: Float32Array;
  readonly #squares: Float64Array;
  /** Of each state: the running sum of its epoch's losses. */
  readonly #lossSums: readonly Float64Array[];
  readonly #scalars = new Float64Array(SCALAR_COUNT);
  /** By rows, partial, the partial that is added to, state and program, as the digits of one number. */
  readonly #bound = new Map<number, BoundProgram>();
  /** How many this thread has; many buckets take more than 64. */
  readonly #partials: number;
  readonly #slotsIn: number[];
  readonly #slotsOut: number[];

  /**
   * @param thread its position in the plan's list of threads
   * @param kernels over the memory; only to watch them
   */
  constructor(
    plan: RunPlan,
    memory: WebAssembly.Memory,
    thread: number,
    train: Dataset,
    kernels: Kernels = instantiateKernels(memory),
  ) {
    this.#plan = plan;
    this.#thread = thread;
    this.#memory = memory;
    this.#kernels = kernels;
    const place = plan.memory.threads[thread]!;
    this.#partials = place.partials.length;
    this.#training = new Gatherer(this.#kernels, memory, plan.training, train, place);
    this.#floats = new Float32Array(memory.buffer);
    this.#squares = new Float64Array(memory.buffer, plan.memory.tileSquares, plan.tiles);
    this.#lossSums = plan.memory.states.map(
      ({ metrics }) => new Float64Array(memory.buffer, metrics, 1),
    );
    this.#slotsIn = plan.slots.map(() => 0);
    this.#slotsOut = plan.slots.map(() => 0);
  }

  /** Computes this thread's shards of a bucket and pre-adds them into blocks, in its partials. */
  computeShards(step: number, batch: Batch, order: Uint32Array | undefined, bucket = 0): void {
    const { shards } = this.#plan.config;
    const { training, schedules } = this.#plan;
    const { moves, buckets } = schedules[this.#thread]!;
    const { partials } = this.#plan.memory.threads[this.#thread]!;
    const state = stateIndex(step);
    const end = buckets[bucket]!.moves;
    for (let at = buckets[bucket - 1]?.moves ?? 0; at < end; at++) {
      const move = moves[at]!;
      if (move.kind === 'add') {
        this.#addPartials(partials[move.into]!, partials[move.from]!);
        continue;
      }
      const start = shardStart(batch.samples, shards, move.shard);
      const rows = shardStart(batch.samples, shards, move.shard + 1) - start;
      // What depends on the parameters alone is computed once a step.
      if (at === 0) this.#program(training, state, rows, move.partial).prepare();
      const isCompressed = this.#training.gather(order, batch.first + start, rows);
      const next = moves[at + 1];
      if (isCompressed && next?.kind === 'add' && next.from === move.partial) {
        this.#computeInto(next.into, move.partial, state, rows, batch.epoch);
        at++;
        continue;
      }
      const program = this.#program(training, state, rows, move.partial);
      program.setEpoch(batch.epoch);
      if (isCompressed) program.computeCompressed();
      else program.compute();
    }
  }

  /**
   * Computes a shard and adds it to the partial of the block before it. Large gradients are added as they
   * are computed, the rest afterwards; the bits are those of computing first and adding then.
   */
  #computeInto(into: number, partial: number, state: 0 | 1, rows: number, epoch: number): void {
    const { training, layout } = this.#plan;
    const { partials } = this.#plan.memory.threads[this.#thread]!;
    const program = this.#program(training, state, rows, partial, into);
    program.setEpoch(epoch);
    program.computeCompressed();
    let first = 0;
    for (const span of training.compressed!.accumulated) {
      this.#addSpan(partials[into]!, partials[partial]!, first, span.first);
      first = span.end;
    }
    const end = layout.length + PARTIAL_SUMS.length;
    this.#addSpan(partials[into]!, partials[partial]!, first, end);
  }

  #addSpan(into: number, from: number, first: number, end: number): void {
    this.#kernels.addInto(into + 4 * first, from + 4 * first, end - first);
  }

  /** Adds partials up over tiles [first, end), and does nothing else with them. */
  addTiles(first: number, end: number, adds: readonly Addition[]): void {
    for (let tile = first; tile < end; tile++) this.#addTile(tile, adds, adds.length);
  }

  /** The first `count` of the additions. */
  #addTile(tile: number, adds: readonly Addition[], count: number): void {
    const offset = 4 * tile * TILE_FLOATS;
    const length = this.#tileLength(tile);
    for (let at = 0; at < count; at++) {
      this.#kernels.addInto(adds[at]!.into + offset, adds[at]!.from + offset, length);
    }
  }

  /** Adds up the sums that follow the gradients in partials; one thread does it for all. */
  addSums(adds: readonly Addition[]): void {
    const offset = 4 * this.#plan.layout.length;
    for (const { into, from } of adds) {
      this.#kernels.addInto(into + offset, from + offset, PARTIAL_SUMS.length);
    }
  }

  /**
   * Adds up the partials over tiles [first, end), but for the last addition, which is the optimizer's. If
   * gradients are clipped, it also does that one, takes the mean and clips it by value.
   *
   * @returns whether every mean gradient that was taken is finite
   */
  reduceTiles(first: number, end: number, reduction: Reduction, samples: number): boolean {
    const { clipValue, clipNorm } = this.#plan.config.optimizer;
    const { adds } = reduction;
    const before = adds.length - (unaddedPartial(this.#plan, reduction) ? 1 : 0);
    let finite = 1;
    for (let tile = first; tile < end; tile++) {
      this.#addTile(tile, adds, before);
      if (!clips(this.#plan)) continue;
      const length = this.#tileLength(tile);
      const gradient = reduction.root + 4 * tile * TILE_FLOATS;
      finite &= this.#kernels.average(gradient, length, samples);
      if (clipValue !== undefined) this.#kernels.clipValue(gradient, length, clipValue);
      if (clipNorm !== undefined) this.#squares[tile] = this.#kernels.sumSquares(gradient, length);
    }
    return finite === 1;
  }

  /** Adds up the sums that follow the gradients in a partial; one thread does it for all. */
  reduceSums(reduction: Reduction): { loss: number; correct: number; samples: number } {
    this.addSums(reduction.adds);
    const at = reduction.root / 4 + this.#plan.layout.length;
    return {
      loss: this.#floats[at]!,
      correct: this.#floats[at + 1]!,
      samples: this.#floats[at + 2]!,
    };
  }

  /**
   * Takes the optimizer's step over tiles [first, end): from state `step` to the other one. If gradients are
   * clipped by norm, every tile must have been reduced before.
   *
   * @param samples of the batch
   * @returns whether everything written is finite
   */
  updateTiles(
    first: number,
    end: number,
    reduction: Reduction,
    step: number,
    samples: number,
  ): boolean {
    const { optimizer } = this.#plan.config;
    const from = this.#plan.memory.states[stateIndex(step)];
    const to = this.#plan.memory.states[stateIndex(step + 1)];
    const rate = learningRateAt(optimizer.schedule, optimizer.learningRate, step);
    this.#plan.rule.scalars(optimizer, step, rate, this.#scalars);
    const factor = this.#clipFactor();
    const more = unaddedPartial(this.#plan, reduction);
    let finite = 1;
    for (let tile = first; tile < end; tile++) {
      const offset = 4 * tile * TILE_FLOATS;
      const length = this.#tileLength(tile);
      const gradient = reduction.root + offset;
      if (factor !== 1) this.#kernels.scale(gradient, length, factor);
      for (let slot = 0; slot < this.#slotsIn.length; slot++) {
        this.#slotsIn[slot] = from.slots[slot]! + offset;
        this.#slotsOut[slot] = to.slots[slot]! + offset;
      }
      finite &= this.#plan.rule.kernel(
        optimizer,
        this.#kernels,
        this.#scalars,
        to.parameters + offset,
        this.#slotsOut,
        from.parameters + offset,
        this.#slotsIn,
        gradient,
        more && more + offset,
        length,
        clips(this.#plan) ? 1 : samples,
      );
      if (step % FLUSH_EVERY === 0) {
        for (const slot of this.#slotsOut) this.#kernels.flushSubnormals(slot, length);
      }
    }
    return finite === 1;
  }

  /** Adds the step's loss to the running sum of its epoch, in the state that follows the step. */
  accumulateLoss(step: number, loss: number): void {
    const before = this.#lossSums[stateIndex(step)]![0]!;
    const first = step % this.#plan.stepsPerEpoch === 0;
    this.#lossSums[stateIndex(step + 1)]![0] = (first ? 0 : before) + loss;
  }

  /** Evaluates chunk `chunk` of a dataset with the parameters of `step`; leaves its sums in the memory map. */
  evaluateChunk(dataset: Dataset, chunk: number, step: number): void {
    const first = chunk * EVALUATION_ROWS;
    const rows = Math.min(EVALUATION_ROWS, dataset.samples - first);
    const place = this.#plan.memory.threads[this.#thread]!;
    const program = this.#program(this.#plan.evaluation, stateIndex(step), rows, 0);
    program.prepare();
    if (this.#evaluator(dataset).gather(undefined, first, rows)) program.computeCompressed();
    else program.compute();
    const from = (place.partials[0]! + 4 * this.#plan.layout.length) / 4;
    const to = (this.#plan.memory.chunkSums + 4 * CHUNK_SUMS * chunk) / 4;
    for (let i = 0; i < CHUNK_SUMS; i++) this.#floats[to + i] = this.#floats[from + i]!;
  }

  /** The model's outputs for the chunk that was evaluated last: a view, `length` floats. */
  outputs(length: number, step: number): Float32Array {
    const { region, byteOffset } = this.#plan.evaluation.output!;
    const place = this.#plan.memory.threads[this.#thread]!;
    const bases = {
      state: this.#plan.memory.states[stateIndex(step)].parameters,
      partial: place.partials[0]!,
      arena: place.arena,
    };
    const start = (bases[region] + byteOffset) / 4;
    return this.#floats.subarray(start, start + length);
  }

  #evaluator(dataset: Dataset): Gatherer {
    let gatherer = this.#evaluations.get(dataset);
    if (!gatherer) {
      const place = this.#plan.memory.threads[this.#thread]!;
      gatherer = new Gatherer(this.#kernels, this.#memory, this.#plan.evaluation, dataset, place);
      this.#evaluations.set(dataset, gatherer);
    }
    return gatherer;
  }

  #addPartials(into: number, from: number): void {
    this.#addSpan(into, from, 0, this.#plan.layout.length + PARTIAL_SUMS.length);
  }

  #tileLength(tile: number): number {
    return Math.min(TILE_FLOATS, this.#plan.layout.length - tile * TILE_FLOATS);
  }

  /** As torch.nn.utils.clip_grad_norm_: limit / (norm + 1e-6), at most 1. */
  #clipFactor(): number {
    const { clipNorm } = this.#plan.config.optimizer;
    if (clipNorm === undefined) return 1;
    let sum = 0;
    for (const square of this.#squares) sum += square;
    return Math.fround(Math.min(1, clipNorm / (Math.sqrt(sum) + 1e-6)));
  }

  /** Programs are bound when first used; a run uses few combinations of rows, state and partial. */
  #program(program: Program, state: 0 | 1, rows: number, partial: number, into = -1): BoundProgram {
    const kind = program === this.#plan.training ? 0 : 1;
    const partials = this.#partials;
    const key = (((rows * partials + partial) * (partials + 1) + into + 1) * 2 + state) * 2 + kind;
    let bound = this.#bound.get(key);
    if (!bound) {
      const place = this.#plan.memory.threads[this.#thread]!;
      bound = new BoundProgram(program, this.#kernels, {
        bases: {
          state: this.#plan.memory.states[state].parameters,
          partial: place.partials[partial]!,
          arena: place.arena,
        },
        rows,
        seed: this.#plan.config.seed,
        accumulator: into < 0 ? undefined : place.partials[into]!,
      });
      this.#bound.set(key, bound);
    }
    return bound;
  }
}
