// A worker's engine: the whole state of a run, the shards that a generation gives it, and the exchange through
// which it learns the batch's sum. Generations come and go; the state stays. One call at a time.

import { createHash } from 'node:crypto';
import { type AllReduce, allReduceFor, type Topology } from '@lockstep/collective';
import { ConfigError, type Parameters, parameterBytes } from '@lockstep/core';
import {
  alignUp,
  type Datasets,
  EPOCH_LOSS,
  EpochOrder,
  heldBlocks,
  nonFiniteError,
  PARAMETERS,
  planRun,
  type RunConfig,
  type RunPlan,
  readFlatState,
  readSum,
  readTensors,
  redeal,
  writeFlatState,
} from '@lockstep/core/internal';
import { shareDatasets } from '@lockstep/data';
import { LockstepError, ProtocolError } from '@lockstep/errors';
import type { Backend } from '@lockstep/kernels';
import {
  alignedBlocks,
  bucketsOf,
  type HeldBlock,
  joinBlocks,
  partition,
  type Range,
} from '@lockstep/tree';
import { digestBlocks } from './block-digest.js';
import { Control } from './control.js';
import type { ComputePlace, ComputeSetting, MakeCompute, ShardCompute } from './shard-compute.js';

export interface ShardEngineOptions {
  readonly config: RunConfig;
  readonly backend: Backend;
  readonly datasets: Datasets;
  /** Compute threads; those without a shard wait. */
  readonly threads: number;
  readonly compute: MakeCompute;
}

/** What a generation says of one rank. */
export interface Assignment {
  readonly rank: number;
  /** Each rank's shards, contiguous and in order. */
  readonly ranges: readonly Range[];
  readonly topology: Topology;
  /** Whether it takes steps with sums that it is given, by `replay`. */
  readonly replays?: boolean;
}

/** Room for another generation's plan, so that most need no new memory. */
const SLACK = 1.5;

/** So many of a rank's blocks are there, in order. What it returns is waited for by InlineCompute. */
export type OnBlocks = (blocks: number) => unknown;

export class ShardEngine {
  readonly #options: ShardEngineOptions;
  readonly #setting: ComputeSetting;
  readonly #order: EpochOrder;
  readonly #compute: ShardCompute;
  #plan: RunPlan;
  #memory: WebAssembly.Memory;
  #control: Control;
  #exchange: AllReduce | undefined;
  #replayAddress: number | undefined;
  #range: Range = { first: 0, end: 0 };
  /** The blocks that its shards of a step come to. */
  #own: readonly HeldBlock[] = [];
  /** How many of them there are when a bucket is computed. */
  #blocksUpTo: readonly number[] = [];
  /** Computes what others should have computed. */
  #auditor: ShardEngine | undefined;
  #holds = false;

  /** @throws ConfigError, ShapeError, GraphError or DataError if configuration and data do not fit together */
  constructor(options: ShardEngineOptions) {
    const { config, backend, threads } = options;
    if (!Number.isSafeInteger(threads) || threads < 1) {
      throw new ConfigError(`worker: threads is ${threads}, expected a whole number of at least 1`);
    }
    this.#options = options;
    const datasets = shareDatasets(options.datasets);
    const { samples } = datasets.train;
    this.#order = new EpochOrder(config, samples, (bytes) => new SharedArrayBuffer(bytes));
    this.#setting = { config, backend, datasets, order: this.#order.samples };
    const buckets = [this.#deal({ first: 0, end: 0 })];
    this.#plan = planRun(config, datasets, ...buckets);
    this.#memory = backend.createMemory(SLACK * this.#plan.memory.bytes);
    this.#control = new Control(this.#memory, this.#plan.memory.control);
    this.#compute = options.compute(this.#setting, this.#place(buckets));
  }

  /** Bytes of a state, as `loadState` takes and `saveState` gives it. */
  get stateBytes(): number {
    return this.#plan.state.bytes;
  }

  /** Length of the vector that is all-reduced: gradients, and the sums behind them. */
  get vectorFloats(): number {
    return this.#plan.training.sums.floats;
  }

  get stepsPerEpoch(): number {
    return this.#plan.stepsPerEpoch;
  }

  /** Of the whole run. */
  get steps(): number {
    return this.#plan.steps;
  }

  /** Of all that is evaluated. */
  get chunks(): number {
    return this.#plan.evaluated.at(-1)?.endChunk ?? 0;
  }

  /** The step that the state is what starts from; undefined while there is none. */
  get step(): number | undefined {
    return this.#holds ? this.#control.committedStep : undefined;
  }

  /** Sum of the losses of the epoch's samples so far. */
  get epochLoss(): number {
    return readSum(this.#plan, this.#memory, this.#held(), EPOCH_LOSS);
  }

  /** Of the last assignment. */
  get exchange(): AllReduce {
    if (!this.#exchange) throw new ConfigError('worker: it has no shards yet');
    return this.#exchange;
  }

  /** @throws ShapeError if the bytes are not a state of this run */
  loadState(step: number, bytes: Uint8Array): void {
    writeFlatState(this.#plan, this.#memory, step, bytes);
    this.#control.commit(step);
    this.#holds = true;
  }

  /** A copy. */
  saveState(): Uint8Array<ArrayBuffer> {
    return readFlatState(this.#plan, this.#memory, this.#held());
  }

  /** SHA-256 of the state, in hex. */
  digest(): string {
    return createHash('sha256').update(this.saveState()).digest('hex');
  }

  /** A copy of the parameters. */
  parameters(): Parameters {
    return readTensors(this.#plan, this.#memory, this.#held(), PARAMETERS);
  }

  /** SHA-256 of the parameters as they are exported, in hex: the run's weights hash. */
  weightsHash(): string {
    return createHash('sha256').update(parameterBytes(this.parameters())).digest('hex');
  }

  /**
   * Takes this rank's shards for a new generation. The state stays.
   *
   * @returns the exchange to use from now on
   */
  async assign({ rank, ranges, topology, replays }: Assignment): Promise<AllReduce> {
    const shape = { ranges, rank, topology, floats: this.vectorFloats };
    const method = allReduceFor(shape);
    const own = alignUp(method.memoryBytes(shape));
    const more = replays ? own + 4 * this.vectorFloats : own;
    const least = method.sendsEarly ? this.#options.threads : Number.POSITIVE_INFINITY;
    const address = await this.#takeShards(bucketsOf(ranges[rank]!, least), more);
    this.#replayAddress = replays ? address + own : undefined;
    const memory = this.#memory;
    const kernels = this.#options.backend.kernels(memory);
    this.#exchange = method.start(shape, { memory, kernels, address, own: this.#own });
    return this.#exchange;
  }

  /**
   * Computes this rank's shards of the step that it is at; then the exchange can begin.
   *
   * @param onBlocks told how many of this rank's blocks are there, when further ones are still to be computed
   */
  async compute(onBlocks?: OnBlocks): Promise<void> {
    this.#order.prepare(this.#epochOf(this.#held()));
    await this.#compute.part({ computes: true, onBucket: this.#toldBy(onBlocks) });
  }

  /** SHA-256 of its shards' blocks, in hex. Between `compute` and the exchange, which adds to them. */
  digestOwn(): string {
    return digestBlocks(this.#memory, this.#own, this.vectorFloats);
  }

  /**
   * Computes any shards of the step that it is at, in memory of its own (made by the first call, as much again as the
   * engine has). The engine's own shards and its exchange stay as they are.
   *
   * @returns what `digestOwn` gives where these shards are dealt to
   */
  async recompute(range: Range): Promise<string> {
    const { train } = this.#setting.datasets;
    this.#auditor ??= new ShardEngine({ ...this.#options, datasets: { train } });
    const auditor = this.#auditor;
    auditor.loadState(this.#held(), this.saveState());
    const { first, end } = auditor.#range;
    if (range.first !== first || range.end !== end) await auditor.#takeShards([range], 0);
    await auditor.compute();
    return auditor.digestOwn();
  }

  /**
   * Takes the optimizer's step with the sum that the exchange has, and then computes the shards of the next one.
   *
   * @param onBlocks as `compute`, of the next step
   * @returns the mean loss of the step's batch
   * @throws NonFiniteError if a loss, gradient or parameter is not finite; the last good state is kept
   * @throws LockstepError (code `thread-lost`) if a thread died; the state of `step` is whole
   */
  async advance(computes: boolean, onBlocks?: OnBlocks): Promise<{ loss: number }> {
    return this.#takeStep(this.exchange.root, computes, onBlocks);
  }

  /**
   * Takes the optimizer's step with a sum of its batch that was kept. The exchange stays as it is.
   *
   * @param sum float32, as the exchange gave it
   * @throws as `advance`; ProtocolError if the assignment was not one that replays, or the sum has another length
   */
  async replay(sum: Uint8Array): Promise<void> {
    const address = this.#replayAddress;
    if (address === undefined || sum.byteLength !== 4 * this.vectorFloats) {
      throw new ProtocolError(`worker: replay of a sum of ${sum.byteLength} bytes`);
    }
    new Uint8Array(this.#memory.buffer).set(sum, address);
    await this.#takeStep(address, false);
  }

  async #takeStep(root: number, computes: boolean, onBlocks?: OnBlocks): Promise<{ loss: number }> {
    const step = this.#held();
    if (computes) this.#order.prepare(this.#epochOf(step + 1));
    await this.#compute.part({ sumAddress: root, computes, onBucket: this.#toldBy(onBlocks) });
    const { loss, samples } = this.#control.lastSums;
    if (this.#control.isNonFinite) {
      throw nonFiniteError(this.#plan, this.#memory, step, { adds: [], root }, loss);
    }
    return { loss: loss / samples };
  }

  /** Sums of the plan's chunks [first, end), little-endian float32, as its evaluation lays them out. */
  async evaluate(firstChunk: number, endChunk: number): Promise<Uint8Array<ArrayBuffer>> {
    if (endChunk > this.chunks) {
      throw new ConfigError(`worker: there are no chunks [${firstChunk}, ${endChunk})`);
    }
    await this.#compute.evaluate(firstChunk, endChunk);
    const { chunkSums } = this.#plan.memory;
    const bytes = 4 * this.#plan.evaluation.sums.floats;
    return new Uint8Array(this.#memory.buffer).slice(
      chunkSums + bytes * firstChunk,
      chunkSums + bytes * endChunk,
    ) as Uint8Array<ArrayBuffer>;
  }

  async close(): Promise<void> {
    await Promise.all([this.#compute.close(), this.#auditor?.close()]);
  }

  #held(): number {
    if (!this.#holds) throw new ConfigError('worker: it holds no state yet');
    return this.#control.committedStep;
  }

  /** Each thread's part of this rank's shards. */
  #deal({ first, end }: Range): Range[] {
    return partition(end - first, this.#options.threads, first);
  }

  #toldBy(onBlocks: OnBlocks | undefined): (bucket: number) => unknown {
    return (bucket) => onBlocks?.(this.#blocksUpTo[bucket]!);
  }

  /**
   * @param buckets of a range, in order
   * @returns the address behind the plan, where `more` bytes are free
   */
  async #takeShards(buckets: readonly Range[], more: number): Promise<number> {
    const range = { first: buckets[0]!.first, end: buckets.at(-1)!.end };
    const mine = buckets.map((bucket) => this.#deal(bucket));
    const plan = redeal(this.#plan, ...mine);
    const address = alignUp(plan.memory.bytes);
    this.#makeRoom(plan, address + more);
    this.#clearPartials();
    this.#range = range;
    const own = buckets.map((_, bucket) => joinBlocks(heldBlocks(plan, bucket)).blocks);
    this.#own = own.flat();
    this.#blocksUpTo = own.map((_, bucket) => own.slice(0, bucket + 1).flat().length);
    const expected = alignedBlocks(range).length;
    if (this.#own.length !== expected) {
      throw new LockstepError(
        'internal',
        `worker: ${this.#own.length} blocks for ${expected} of the range`,
      );
    }
    await this.#compute.assign(this.#place(mine));
    return address;
  }

  #place(buckets: ComputePlace['buckets']): ComputePlace {
    return { buckets, memory: this.#memory, control: this.#control };
  }

  /** The plan's states lie where they always lie, so only a memory that is too small is replaced. */
  #makeRoom(plan: RunPlan, bytes: number): void {
    if (bytes > this.#memory.buffer.byteLength) {
      const memory = this.#options.backend.createMemory(
        Math.min(SLACK * bytes, Math.max(bytes, 2 ** 31)),
      );
      if (this.#holds) {
        const step = this.#held();
        writeFlatState(plan, memory, step, this.saveState());
        this.#control = new Control(memory, plan.memory.control);
        this.#control.commit(step);
      } else this.#control = new Control(memory, plan.memory.control);
      this.#memory = memory;
    }
    this.#plan = plan;
  }

  /** What lies between the parameters is never written, so it must begin as zeros: other things were here before. */
  #clearPartials(): void {
    for (const { partials } of this.#plan.memory.threads) {
      for (const address of partials) {
        new Float32Array(this.#memory.buffer, address, this.vectorFloats).fill(0);
      }
    }
  }

  #epochOf(step: number): number {
    return Math.floor(step / this.#plan.stepsPerEpoch);
  }
}
