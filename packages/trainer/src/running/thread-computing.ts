// A run computed by threads of this machine: trains to the next epoch's end or checkpoint, evaluates, saves, one after the
// other. How a step is taken is the engine's.
import { LockstepError, NonFiniteError, weightsHash } from '@lockstep/core';
import { EPOCH_LOSS, PARAMETERS, type RunPlan, type RunState } from '@lockstep/core/internal';
import { shareDatasets } from '@lockstep/data';
import { Engine } from '../computing/engine.js';
import type { Fault } from '../computing/fault.js';
import type { ThreadProfile } from '../computing/profile.js';
import { threadBackend } from '../computing/thread-backend.js';
import { ThreadedCompute } from '../computing/threaded-compute.js';
import { availableThreads } from './available-threads.js';
import type { Computing, Opening, Telling } from './computing.js';
import type { TrainEvent } from './events.js';
import { LostThreads } from './lost-threads.js';
import type { PreparedRun } from './prepare-run.js';
import type { Evaluated, Standing } from './run-report.js';
import { saveState } from './save-state.js';

export interface ThreadOptions {
  readonly threads: number | undefined;
  readonly faults: readonly Fault[] | undefined;
  readonly profile: boolean | undefined;
}

export class ThreadComputing implements Computing<TrainEvent> {
  readonly #run: PreparedRun;
  readonly #engine: Engine;
  readonly #lost: LostThreads;
  #telling: Telling<TrainEvent> | undefined;
  #isStopped = false;
  #trainingMs = 0;
  #segmentBegun: number | undefined;
  /** The step that was last saved, and told of. */
  #savedStep: number | undefined;
  #profiles: readonly ThreadProfile[] = [];

  constructor(run: PreparedRun, { threads, faults, profile }: ThreadOptions) {
    this.#run = run;
    // Looked at before anything begins.
    threadBackend(run.backend);
    const cores = availableThreads().threads;
    this.#engine = new Engine({
      config: run.config,
      backend: run.backend,
      datasets: shareDatasets(run.data),
      threads: threads ?? cores,
      cores,
      compute: (setting, place) => new ThreadedCompute(setting, place),
      isAlone: true,
      faults,
      profiles: profile,
      onLost: (lost) => this.#lost.note(lost),
    });
    this.#engine.writeState(run.step, run.state);
    this.#lost = new LostThreads(
      () => this.#engine.step,
      (event) => this.#telling!.events.push(event),
    );
  }

  get plan(): RunPlan {
    return this.#engine.plan;
  }

  /** That compute. */
  get threads(): number {
    return this.#engine.threads;
  }

  /** That were asked for but wait, because there are fewer shards. */
  get waiting(): number {
    return this.#engine.waiting;
  }

  get profiles(): readonly ThreadProfile[] {
    return this.#profiles;
  }

  get standing(): Standing {
    const { step, lastLoss: loss } = this.#engine;
    const current = this.#segmentBegun === undefined ? 0 : performance.now() - this.#segmentBegun;
    return { step, loss, trainingMs: this.#trainingMs + current };
  }

  async open(telling: Telling<TrainEvent>): Promise<void> {
    this.#telling = telling;
    this.#engine.start();
  }

  readState(): RunState {
    return this.#engine.readState();
  }

  async run({ warnings, saved }: Opening): Promise<Evaluated | undefined> {
    if (saved.length > 0) this.#savedStep = this.#engine.step;
    const { report } = this.#telling!;
    await this.#tell(report.runStart(this.threads, this.#engine.step), ...warnings, ...saved);
    try {
      return await this.#steps();
    } catch (error) {
      // What was committed before the step that failed is good, and worth keeping.
      if (leavesStateWhole(error)) await this.#save();
      throw error;
    }
  }

  stop(): void {
    this.#isStopped = true;
    this.#engine.requestStop();
  }

  async close(): Promise<void> {
    this.#lost.close();
    this.#profiles = await this.#engine.close();
  }

  async #steps(): Promise<Evaluated | undefined> {
    const { plan } = this.#engine;
    const every = this.#run.checkpointEvery ?? plan.stepsPerEpoch;
    let evaluated: Evaluated | undefined;
    while (this.#engine.step < plan.steps) {
      const { step } = this.#engine;
      const epochEnd = (Math.floor(step / plan.stepsPerEpoch) + 1) * plan.stepsPerEpoch;
      const target = Math.min(epochEnd, (Math.floor(step / every) + 1) * every);
      if (!this.#isStopped) await this.#train(target);
      if (this.#engine.step < target) {
        await this.#save();
        return undefined;
      }
      if (target === epochEnd) {
        evaluated = await this.#evaluate();
        await this.#tell(this.#telling!.report.epochEnd(evaluated, this.#trainingMs));
      }
      if (target % every === 0 || target === plan.steps) await this.#save();
    }
    return evaluated ?? this.#evaluate();
  }

  /** Trains up to a step, or less far if it is stopped. */
  async #train(target: number): Promise<void> {
    this.#segmentBegun = performance.now();
    try {
      await this.#engine.trainTo(target);
      this.#lost.noteRecovery();
    } finally {
      this.#trainingMs += performance.now() - this.#segmentBegun;
      this.#segmentBegun = undefined;
    }
  }

  async #evaluate(): Promise<Evaluated> {
    const { step } = this.#engine;
    const sums = await this.#engine.evaluate();
    this.#lost.noteRecovery();
    const state = this.#engine.readState();
    return {
      step,
      sums,
      epochLoss: state.sums.get(EPOCH_LOSS)!,
      weightsHash: await weightsHash(state.tensors.get(PARAMETERS)!),
    };
  }

  /** Saves the last committed step, if the run has a folder and has not just done so. */
  async #save(): Promise<void> {
    const { step } = this.#engine;
    if (this.#savedStep === step) return;
    const path = await saveState(this.#run, step, this.#engine.readState());
    if (path === null) return;
    this.#savedStep = step;
    await this.#tell(this.#telling!.report.checkpoint(step, path));
  }

  /** Stands still until whoever iterates has taken what is told. */
  async #tell(...told: TrainEvent[]): Promise<void> {
    const { events } = this.#telling!;
    for (const event of told) events.push(event);
    await events.whenTaken();
  }
}

/** Whether an error stopped the computing, while the state after the last committed step is good. */
function leavesStateWhole(error: unknown): boolean {
  return (
    error instanceof NonFiniteError ||
    (error instanceof LockstepError && error.code === 'thread-lost')
  );
}
