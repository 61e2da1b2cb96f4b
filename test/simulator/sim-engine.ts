// A worker's engine in the simulation: the real one, computing on the calling thread. Engines are used again by other
// workers and simulations, since making one takes longer than a run; what a new worker sees of it is new.
import type { AllReduce } from '@lockstep/collective';
import { wasm } from '@lockstep/kernels';
import type { Assignment } from '@lockstep/trainer';
import { Engine, InlineCompute, type OnBlocks } from '@lockstep/trainer';
import type { Range } from '@lockstep/tree';
import {
  blocksDigest,
  engineWeightsHash,
  stateDigest,
} from '../../apps/worker/src/carry/digests.js';
import type { EngineView, Operation } from '../../apps/worker/src/decide/border.js';
import type { Truth } from './oracle.js';
import { SkewedCompute } from './skewed-compute.js';

const free = new Map<string, Engine[]>();

export class SimEngine implements EngineView {
  readonly #engine: Engine;
  readonly #pool: Engine[];
  readonly #truth: Truth;
  /** Whether this worker gave it a state. */
  #isLoaded = false;

  /** @param isSkewed adds shards up in another order than the tree's */
  constructor(truth: Truth, isSkewed: boolean) {
    this.#truth = truth;
    const key = `${truth.datasets.train.samples}/${truth.config.epochs}/${truth.config.shards}/${isSkewed}`;
    const pool = free.get(key) ?? [];
    free.set(key, pool);
    this.#pool = pool;
    const { config, datasets } = truth;
    const threads = isSkewed ? config.shards : 1;
    this.#engine =
      pool.pop() ??
      new Engine({
        ...{ config, backend: wasm, datasets, threads },
        compute: (setting, place) =>
          isSkewed ? new SkewedCompute(setting, place) : new InlineCompute(setting, place),
      });
  }

  /** The worker is gone. */
  release(): void {
    this.#pool.push(this.#engine);
  }

  get shards(): number {
    return this.#truth.config.shards;
  }

  get stateBytes(): number {
    return this.#engine.stateBytes;
  }

  get steps(): number {
    return this.#engine.plan.steps;
  }

  get chunks(): number {
    return this.#engine.chunks;
  }

  get step(): number | undefined {
    return this.#isLoaded ? this.#engine.step : undefined;
  }

  get epochLoss(): number {
    return this.#engine.epochLoss;
  }

  digest(): string {
    return stateDigest(this.#engine);
  }

  weightsHash(): string {
    return engineWeightsHash(this.#engine);
  }

  digestOwn(): string {
    return blocksDigest(this.#engine.ownBlocks());
  }

  async recompute(range: Range): Promise<string> {
    return blocksDigest(await this.#engine.recompute(range));
  }

  saveState(): Uint8Array {
    return this.#engine.saveState();
  }

  assign(assignment: Assignment): Promise<AllReduce> {
    return this.#engine.assign(assignment);
  }

  replay(sum: Uint8Array): Promise<void> {
    return this.#engine.replay(sum);
  }

  load(step: number, bytes: Uint8Array): void {
    this.#engine.loadState(step, bytes);
    this.#isLoaded = true;
  }

  compute(onBlocks: OnBlocks): Promise<void> {
    return this.#engine.compute(onBlocks);
  }

  advance(computes: boolean, onBlocks: OnBlocks): Promise<{ loss: number }> {
    return this.#engine.advance(computes, onBlocks);
  }

  evaluate({
    firstChunk,
    endChunk,
  }: Extract<Operation, { type: 'evaluate' }>): Promise<Uint8Array> {
    return this.#engine.evaluateChunks({ first: firstChunk, end: endChunk });
  }
}
