// The engine behind the worker's operations: makes one for a run, carries operations out and says how they ended.
// Invariant: what a closed or replaced engine still has to say is dropped.
import { ConfigError, type Dataset, LockstepError } from '@lockstep/core';
import type { RunConfig } from '@lockstep/core/internal';
import { shareDatasets } from '@lockstep/data';
import type { Backend } from '@lockstep/kernels';
import {
  adaptively,
  Engine,
  type MakeCompute,
  type ThreadChange,
  validateRunConfig,
} from '@lockstep/trainer';
import { nextTurn } from '@lockstep/transport';
import type { RunMessage } from '@lockstep/wire';
import type { EngineView, Operation, WorkerInput } from '../decide/border.js';
import type { DatasetCache, FoundDataset } from './dataset-cache.js';
import { blocksDigest, engineWeightsHash, stateDigest } from './digests.js';

export type ComputeFor = (threads: number, config: RunConfig) => MakeCompute;

export interface EngineHostOptions {
  readonly threads: number;
  /** Whether threads rest that make steps slower. */
  readonly adapts: boolean;
  readonly onThreads: (change: ThreadChange) => void;
  readonly backend: Backend;
  /** What computes a run on so many threads. */
  readonly computeFor: ComputeFor;
  readonly datasets: DatasetCache;
  readonly onEvent: (event: WorkerInput) => void;
  readonly onFound: (found: FoundDataset, as: string) => void;
}

export class EngineHost {
  readonly #options: EngineHostOptions;
  #engine: Engine | undefined;
  /** Counts engines: an operation's end is told only for the last one. */
  #current = 0;
  #closing: Promise<void> = Promise.resolve();
  #sendMs = 0;
  /** Whether no step waits for anybody: then nothing else makes room for what comes in. */
  #isAlone = false;

  constructor(options: EngineHostOptions) {
    this.#options = options;
  }

  get vectorFloats(): number {
    return this.#engine!.vectorFloats;
  }

  /** Handing a frame to a link took so long. */
  noteSending(ms: number): void {
    this.#sendMs += ms;
  }

  /** Data and engine for a run, in place of what was. Ends in `engine-ready` or `engine-failed`. */
  prepare(run: RunMessage): void {
    void this.close();
    const current = this.#current;
    this.#make(run, current).catch((error) => this.#fail(current, error));
  }

  operate(operation: Operation): void {
    const current = this.#current;
    const tell = (event: WorkerInput): void => {
      if (current === this.#current) this.#options.onEvent(event);
    };
    this.#run(this.#engine!, operation, tell).then(tell, (error) => this.#fail(current, error));
  }

  async close(): Promise<void> {
    this.#current++;
    const engine = this.#engine;
    this.#engine = undefined;
    this.#closing = this.#closing.then(async () => void (await engine?.close()));
    await this.#closing;
  }

  async #make(run: RunMessage, current: number): Promise<void> {
    const { threads, adapts, backend, computeFor, datasets } = this.#options;
    const { onEvent, onFound, onThreads } = this.#options;
    const config = validateRunConfig(parse(run.config), 'run');
    const loaded: [string, Dataset][] = [];
    for (const description of run.datasets) {
      const found = await datasets.load(description);
      loaded.push([description.as, found.dataset]);
      if (current === this.#current) onFound(found, description.as);
    }
    // The engine before holds memory that this one may need.
    await this.#closing;
    if (current !== this.#current) return;
    const engine = new Engine({
      config,
      backend,
      datasets: shareDatasets({ train: loaded[0]![1], ...Object.fromEntries(loaded) }),
      threads,
      choosing: adapts ? adaptively : undefined,
      onThreads: (change) => {
        if (current === this.#current) onThreads(change);
      },
      compute: computeFor(threads, config),
    });
    engine.start();
    this.#engine = engine;
    onEvent({ type: 'engine-ready', run: run.run, engine: viewOf(engine, config.shards) });
  }

  async #run(
    engine: Engine,
    operation: Operation,
    tell: (event: WorkerInput) => void,
  ): Promise<WorkerInput> {
    const onBlocks = (blocks: number): Promise<void> => {
      const { generation } = operation as Extract<Operation, { generation: number }>;
      tell({ type: 'blocks-computed', generation, step: engine.step, blocks });
      // Lets links take what was handed to them, if this thread computes.
      return new Promise(nextTurn);
    };
    switch (operation.type) {
      case 'assign': {
        const { generation, assignment } = operation;
        this.#isAlone = assignment.topology === 'alone';
        return { type: 'assigned', generation, exchange: await engine.assign(assignment) };
      }
      case 'compute':
        await engine.compute(onBlocks);
        return { type: 'computed', generation: operation.generation };
      case 'advance': {
        const { loss } = await engine.advance(operation.compute, onBlocks);
        if (this.#isAlone) await new Promise<void>(nextTurn);
        const sendMs = this.#sendMs;
        this.#sendMs = 0;
        const { generation } = operation;
        return { type: 'advanced', generation, step: engine.step, loss, sendMs };
      }
      case 'evaluate': {
        const { generation, firstChunk, endChunk } = operation;
        const sums = await engine.evaluateChunks({ first: firstChunk, end: endChunk });
        return { type: 'evaluated', generation, sums };
      }
      case 'load-state':
        engine.loadState(operation.step, operation.bytes);
        return { type: 'state-loaded' };
      case 'replay':
        await engine.replay(operation.sum);
        return { type: 'replayed', generation: operation.generation, step: engine.step };
      case 'recompute': {
        const { generation, range } = operation;
        const digest = blocksDigest(await engine.recompute(range));
        return { type: 'recomputed', generation, digest };
      }
    }
  }

  #fail(current: number, error: unknown): void {
    if (current !== this.#current) return;
    const code = error instanceof LockstepError ? error.code : 'engine';
    const message = error instanceof Error ? error.message : String(error);
    this.#options.onEvent({ type: 'engine-failed', code, message });
  }
}

function viewOf(engine: Engine, shards: number): EngineView {
  return {
    shards,
    chunks: engine.chunks,
    stateBytes: engine.stateBytes,
    steps: engine.plan.steps,
    get step() {
      return engine.holdsState ? engine.step : undefined;
    },
    get epochLoss() {
      return engine.epochLoss;
    },
    digest: () => stateDigest(engine),
    weightsHash: () => engineWeightsHash(engine),
    digestOwn: () => blocksDigest(engine.ownBlocks()),
    saveState: () => engine.saveState(),
  };
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new ConfigError('run: its configuration is not JSON', { cause: error });
  }
}
