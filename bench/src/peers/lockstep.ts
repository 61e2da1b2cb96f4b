// Lockstep as its users call it, on threads or as a cluster, whose epochs are taken one at a time. Training stands still
// while nobody asks for the next event, so a timed slice is a number of epochs.
import type { Dataset, Layer, Loss, OptimizerConfig, Parameters } from '@lockstep/core';
import { planRun, runConfig } from '@lockstep/core/internal';
import { firstSamples } from '@lockstep/data';
import { type ClusterEvent, type Progress, train } from '@lockstep/trainer';
import { partition } from '@lockstep/tree';
import type { Kernels } from '../kernels.js';
import { datasetOf, initialWeights, lossOf, modelOf, optimizerOf } from '../model.js';
import type { Learned, Prepared, Ran, Side } from '../protocol.js';
import { readRawData } from '../raw-data.js';
import type { Assignment } from '../work.js';

/** Enough that no benchmark comes to the end; steps are counted in 31 bits. */
const MANY_STEPS = 2_000_000_000;

export interface SideOptions {
  readonly model: Layer;
  readonly loss: Loss;
  readonly optimizer: OptimizerConfig;
  readonly batchSize: number;
  readonly shards?: number;
  readonly kernels: Kernels;
  readonly parameters: Parameters;
  readonly data: Dataset;
  readonly epochs?: number;
  readonly shuffle?: boolean;
}

/** What is needed of a run. */
export interface StartedRun extends AsyncIterable<ClusterEvent> {
  progress(): Progress | undefined;
}

/** One way to compute a run with so many threads. */
export interface Runner {
  /** In words. */
  about(threads: number): string;
  start(options: SideOptions, threads: number): StartedRun;
  /** Ends what belongs to the runs that were started. */
  close(): Promise<void>;
}

class LockstepSide implements Side {
  readonly #kernels: Kernels;
  readonly #runner: Runner;
  #threads = 1;
  #options: SideOptions | undefined;
  #run: StartedRun | undefined;
  #events: AsyncIterator<ClusterEvent> | undefined;
  #stepsPerEpoch = 1;
  #seconds = 0;

  constructor(kernels: Kernels, runner: Runner) {
    this.#kernels = kernels;
    this.#runner = runner;
  }

  async prepare(assignment: Assignment): Promise<Prepared> {
    const { work, threads, shards } = assignment;
    const raw = await readRawData(assignment);
    const data = datasetOf(work, raw);
    const common = {
      model: modelOf(work),
      loss: lossOf(work),
      optimizer: optimizerOf(work),
      batchSize: work.batchSize,
      ...(shards !== undefined && { shards }),
    };
    const config = runConfig({ ...common, data });
    const parameters = initialWeights(raw, config.graph);
    this.#threads = threads;
    this.#stepsPerEpoch = data.samples / work.batchSize;
    this.#options = { ...common, kernels: this.#kernels, parameters, data };
    const epochs = Math.floor(MANY_STEPS / this.#stepsPerEpoch);
    this.#run = this.#runner.start({ ...this.#options, epochs }, threads);
    this.#events = this.#run[Symbol.asyncIterator]();
    const busy = Math.min(threads, config.shards);
    const plan = planRun(config, { train: data }, partition(config.shards, busy));
    return {
      about: `${this.#runner.about(threads)}, ${busy} with work, ${config.shards} shards`,
      memoryBytes: plan.memory.bytes,
      arenaBytes: plan.training.arenaBytes,
    };
  }

  async learn(steps: number): Promise<Learned> {
    const { data, ...options } = this.#options!;
    const few = firstSamples(data, steps * options.batchSize);
    let [loss, kernels] = [Number.NaN, ''];
    const run = this.#runner.start({ ...options, data: few, shuffle: false }, this.#threads);
    for await (const event of run) {
      if (event.event === 'run-start') kernels = event.kernels;
      if (event.event === 'epoch-end') loss = event.trainLoss;
    }
    return { loss, kernels };
  }

  async run(steps: number): Promise<Ran> {
    const epochs = Math.max(1, Math.round(steps / this.#stepsPerEpoch));
    const before = this.#seconds;
    for (let epoch = 0; epoch < epochs; epoch++) await this.#epoch();
    return { steps: epochs * this.#stepsPerEpoch, seconds: this.#seconds - before };
  }

  async close(): Promise<void> {
    await this.#events?.return?.();
    await this.#runner.close();
  }

  async #epoch(): Promise<void> {
    for (;;) {
      const { value, done } = await this.#events!.next();
      if (done) throw new Error('lockstep: the run came to its end');
      if (value.event !== 'epoch-end') continue;
      // Training time since the run began, as the engine reports it: without hashing and events.
      const { step, samplesPerSecond } = this.#run!.progress()!;
      this.#seconds = (step * this.#options!.batchSize) / samplesPerSecond;
      return;
    }
  }
}

const onThreads: Runner = {
  about: (threads) => `Lockstep, ${threads} threads`,
  start: ({ data, ...options }, threads) => train({ ...options, data: { train: data }, threads }),
  close: async () => {},
};

export function lockstepSide(kernels: Kernels, runner = onThreads): Side {
  return new LockstepSide(kernels, runner);
}
