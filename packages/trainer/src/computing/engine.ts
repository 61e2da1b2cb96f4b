// The engine that computes a run on this machine: the whole state, the shards that are its own, and what computes them.
// Alone it has all shards, and takes steps without anybody; as one worker of several it is dealt shards, generation by
// generation, and learns the batch's sum through an exchange. The state stays through all of it. One call at a time.
import { type AllReduce, allReduceFor } from '@lockstep/collective';
import { ConfigError, type Parameters } from '@lockstep/core';
import {
  alignUp,
  collectSums,
  type DatasetSums,
  EpochOrder,
  meanGradients,
  nonFiniteError,
  type RunPlan,
  type RunState,
  sharedBuffer,
} from '@lockstep/core/internal';
import { ProtocolError } from '@lockstep/errors';
import { bucketsOf, type Range } from '@lockstep/tree';
import { comparableBlocks } from './comparable-blocks.js';
import type { EngineMemory } from './engine-memory.js';
import type { Assignment, EngineOptions, OnBlocks, Seen } from './engine-options.js';
import { Looks } from './looks.js';
import { OwnShards } from './own-shards.js';
import type { ThreadProfile } from './profile.js';
import { checkLost, type LostThread, untilDone } from './recovery.js';
import type { ComputeSetting, ShardCompute } from './shard-compute.js';

/** Room for another generation's plan, so that most need no new memory. */
const SLACK = 1.5;

/** Computes a run on this machine: the whole state, and the shards that are this machine's. */
export class Engine {
  /** Threads that compute. */
  readonly threads: number;
  /** Threads that were asked for but have no shard to compute. */
  readonly waiting: number;
  /** Of what is here between two steps of `trainTo`, which goes on afterwards. */
  readonly looks: Looks;
  readonly #options: EngineOptions;
  readonly #setting: ComputeSetting;
  readonly #order: EpochOrder;
  readonly #own: OwnShards;
  readonly #memory: EngineMemory;
  #compute: ShardCompute | undefined;
  #exchange: AllReduce | undefined;
  #replayAddress: number | undefined;
  /** Computes what others should have computed. */
  #auditor: Engine | undefined;

  /** @throws ConfigError, ShapeError, GraphError or DataError if configuration and data do not fit together */
  constructor(options: EngineOptions) {
    const { threads, compute: _, isAlone, onLost: __, ...setting } = options;
    const { config, datasets } = setting;
    if (!Number.isSafeInteger(threads) || threads < 1) {
      throw new ConfigError(`engine: threads is ${threads}, expected a whole number of at least 1`);
    }
    this.#options = options;
    this.threads = Math.min(threads, config.shards);
    this.waiting = threads - this.threads;
    const { samples } = datasets.train;
    this.#order = new EpochOrder(config, samples, sharedBuffer);
    this.#setting = { ...setting, order: this.#order.samples };
    const range = { first: 0, end: isAlone ? config.shards : 0 };
    this.#own = new OwnShards(this.#setting, this.threads, range, isAlone ? 1 : SLACK);
    this.#memory = this.#own.memory;
    this.looks = new Looks(() => this.#memory.control.requestPause());
  }

  /** Programs, layouts and addresses for the shards that it has. */
  get plan(): RunPlan {
    return this.#memory.plan;
  }

  /** Bytes of a state, as `loadState` takes and `saveState` gives it. */
  get stateBytes(): number {
    return this.plan.state.bytes;
  }

  /** Length of the vector that is all-reduced: gradients, and the sums behind them. */
  get vectorFloats(): number {
    return this.plan.training.sums.floats;
  }

  /** Of all that is evaluated. */
  get chunks(): number {
    return this.plan.evaluated.at(-1)?.endChunk ?? 0;
  }

  get holdsState(): boolean {
    return this.#memory.holdsState;
  }

  /** The step that the state is what starts from. @throws ConfigError while there is none */
  get step(): number {
    return this.#memory.step;
  }

  /** Sum of the losses of the epoch's samples so far. */
  get epochLoss(): number {
    return this.#memory.epochLoss;
  }

  /** Mean loss of the last step's samples; undefined before the first. */
  get lastLoss(): number | undefined {
    const { loss, samples } = this.#memory.control.lastSums;
    return samples > 0 ? loss / samples : undefined;
  }

  /** A copy of the state. Like all that follows, only between commands. */
  readState(): RunState {
    return this.#memory.read();
  }

  /** @throws ConfigError, ShapeError or NonFiniteError if it is not a state of this run */
  writeState(step: number, state: RunState): void {
    this.#memory.write(step, state);
  }

  /** A copy of the state, in the flat form in which machines hand it to each other. */
  saveState(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.viewState());
  }

  /** What `saveState` copies: a view of where it lies, until a step is taken. */
  viewState(): Uint8Array {
    return this.#memory.viewFlat();
  }

  /** @throws ShapeError if the bytes are not a state of this run */
  loadState(step: number, bytes: Uint8Array): void {
    this.#memory.writeFlat(step, bytes);
  }

  /** A copy of the parameters. */
  parameters(): Parameters {
    return this.#memory.parameters();
  }

  /** Starts what computes. The first command does so, too. @throws LockstepError if threads cannot be started */
  start(): ShardCompute {
    this.#compute ??= this.#options.compute(this.#setting, this.#own.place);
    return this.#compute;
  }

  /**
   * Trains up to step `target`, which must be in the epoch of the next step, without anybody else: all shards are its
   * own. Less far if a stop was asked for. If threads die it goes on from the last committed step.
   *
   * @throws NonFiniteError if a loss, gradient or parameter is not finite; the last good state is kept
   * @throws LockstepError (code `thread-lost`) if threads die at the same step again and again
   */
  async trainTo(target: number): Promise<void> {
    this.#prepareOrder(this.step);
    await this.looks.during(async () => {
      do {
        await this.#untilDone((compute) => {
          this.looks.serve();
          return compute.train(target);
        });
        this.#checkFinite();
      } while (this.#memory.control.isPausedBefore(target));
    });
  }

  /** Copies of parameters and buffers; and of the last step's mean gradient, if there was one and all shards are its own. */
  see(): Omit<Seen, 'pausedMs'> {
    const { step } = this;
    const gradients = meanGradients(this.#own.planAtHand, this.#memory.memory, step);
    return { step, values: this.#memory.values(), gradients };
  }

  /** Lets the step that is being computed be the last of `trainTo`. */
  requestStop(): void {
    this.#memory.control.requestStop();
  }

  /**
   * Sums over all datasets but the one that is learnt from, with the parameters as they are.
   *
   * @throws LockstepError as `trainTo`
   */
  async evaluate(): Promise<DatasetSums> {
    const chunks = { first: 0, end: this.chunks };
    if (chunks.end > 0) await this.#untilDone((compute) => compute.evaluate(chunks));
    return collectSums(this.plan, this.#memory.memory, this.step);
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
    const least = method.sendsEarly ? this.threads : Number.POSITIVE_INFINITY;
    const address = await this.#takeShards(bucketsOf(ranges[rank]!, least), more);
    this.#replayAddress = replays ? address + own : undefined;
    const { memory } = this.#memory;
    const kernels = this.#options.backend.kernels(memory);
    this.#exchange = method.start(shape, { memory, kernels, address, own: this.#own.blocks });
    return this.#exchange;
  }

  /**
   * Computes this rank's shards of the step that it is at; then the exchange can begin.
   *
   * @param onBlocks told how many of this rank's blocks are there, when further ones are still to be computed
   */
  async compute(onBlocks?: OnBlocks): Promise<void> {
    this.#prepareOrder(this.step);
    const onBucket = this.#own.toldBy(onBlocks);
    checkLost(await this.start().advance({ computes: true, onBucket }));
  }

  /** Its shards' blocks, to be compared, one after the other. Between `compute` and the exchange, which adds to them. */
  ownBlocks(): Iterable<Uint8Array> {
    return comparableBlocks(this.#memory.memory, this.#own.blocks, this.vectorFloats);
  }

  /**
   * Computes any shards of the step that it is at, in memory of its own (made by the first call, as much again as the
   * engine has). The engine's own shards and its exchange stay as they are.
   *
   * @returns what `ownBlocks` gives where these shards are dealt to
   */
  async recompute(range: Range): Promise<Iterable<Uint8Array>> {
    const { train } = this.#setting.datasets;
    this.#auditor ??= new Engine({
      ...this.#options,
      ...{ datasets: { train }, isAlone: false, choosing: undefined },
    });
    const auditor = this.#auditor;
    auditor.loadState(this.step, this.viewState());
    const { first, end } = auditor.#own.range;
    if (range.first !== first || range.end !== end) await auditor.#takeShards([range], 0);
    await auditor.compute();
    return auditor.ownBlocks();
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
    if (!this.#exchange) throw new ConfigError('engine: it has no shards yet');
    await this.#takeStep(this.#exchange.root, computes, onBlocks);
    return { loss: this.lastLoss! };
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
    new Uint8Array(this.#memory.memory.buffer).set(sum, address);
    await this.#takeStep(address, false);
  }

  /** Sums of some of the plan's chunks, little-endian float32, as its evaluation lays them out. @throws as `advance` */
  async evaluateChunks(chunks: Range): Promise<Uint8Array<ArrayBuffer>> {
    const { first, end } = chunks;
    if (end > this.chunks) {
      throw new ConfigError(`engine: there are no chunks [${first}, ${end})`);
    }
    checkLost(await this.start().evaluate(chunks));
    const { chunkSums } = this.plan.memory;
    const bytes = 4 * this.plan.evaluation.sums.floats;
    return new Uint8Array(this.#memory.memory.buffer).slice(
      chunkSums + bytes * first,
      chunkSums + bytes * end,
    ) as Uint8Array<ArrayBuffer>;
  }

  /** Ends the threads, and cuts short what they are at. @returns what they timed, if they were asked to */
  async close(): Promise<ThreadProfile[]> {
    const [profiles] = await Promise.all([this.#compute?.close(), this.#auditor?.close()]);
    return profiles ?? [];
  }

  async #takeStep(root: number, computes: boolean, onBlocks?: OnBlocks): Promise<void> {
    const { step } = this;
    if (computes) this.#prepareOrder(step + 1);
    const onBucket = this.#own.toldBy(onBlocks);
    checkLost(await this.start().advance({ sumAddress: root, computes, onBucket }));
    this.#checkFinite(step, root);
  }

  /** @param root where others' sum is; default: what its own shards come to */
  #checkFinite(step = this.step, root?: number): void {
    const { memory, control } = this.#memory;
    const plan = this.#own.planAtHand;
    if (!control.isNonFinite) return;
    const sum = root === undefined ? undefined : { adds: [], root };
    throw nonFiniteError(plan, memory, step, control.lastSums.loss, sum);
  }

  async #untilDone(
    command: (compute: ShardCompute) => Promise<readonly LostThread[]>,
  ): Promise<void> {
    await untilDone({
      command: () => command(this.start()),
      committedStep: () => this.step,
      onLost: this.#options.onLost ?? (() => {}),
    });
  }

  #prepareOrder(step: number): void {
    this.#order.prepare(Math.floor(step / this.plan.stepsPerEpoch));
  }

  /** @returns the address behind the plan, where `more` bytes are free */
  async #takeShards(buckets: readonly Range[], more: number): Promise<number> {
    const address = this.#own.take(buckets, more);
    if (this.#compute) checkLost(await this.#compute.assign(this.#own.place));
    return address;
  }
}
