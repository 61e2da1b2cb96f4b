// A run computed by threads of this machine: trains to the next epoch's end or checkpoint, evaluates, saves, one after the
// other. How a step is taken is the engine's.
import {
  LockstepError,
  NonFiniteError,
  type OnStep,
  type Stopped,
  weightsHash,
} from '@lockstep/core';
import {
  asksToStop,
  EPOCH_LOSS,
  type Judgement,
  PARAMETERS,
  type RunPlan,
  type RunState,
  viewEpoch,
} from '@lockstep/core/internal';
import { adaptively } from '../computing/adaptive-choice.js';
import { Engine } from '../computing/engine.js';
import type { Seen } from '../computing/engine-options.js';
import type { Fault } from '../computing/fault.js';
import { Lanes, type ThreadLane } from '../computing/lanes.js';
import type { ThreadProfile } from '../computing/profile.js';
import { threadBackend } from '../computing/thread-backend.js';
import type { ThreadChange } from '../computing/thread-choice.js';
import { ThreadedCompute } from '../computing/threaded-compute.js';
import { stateDigest } from '../storing/state-digest.js';
import { Answers } from './answers.js';
import { availableThreads } from './available-threads.js';
import type { Computing, Held, Opening, Telling } from './computing.js';
import type { CheckpointEvent, TrainEvent } from './events.js';
import { Judging } from './judging.js';
import { LostThreads } from './lost-threads.js';
import type { PreparedRun } from './prepare-run.js';
import type { Ended, Evaluated, Standing } from './run-report.js';
import { saveState } from './save-state.js';

export interface ThreadOptions {
  readonly threads: number | undefined;
  readonly faults: readonly Fault[] | undefined;
  readonly profile: boolean | undefined;
  readonly lanes: boolean | undefined;
}

export class ThreadComputing implements Computing<TrainEvent> {
  readonly #run: PreparedRun;
  readonly #engine: Engine;
  readonly #lost: LostThreads;
  readonly #lanes: Lanes | undefined;
  #telling: Telling<TrainEvent> | undefined;
  #isStopped = false;
  readonly #answers = new Answers();
  #trainingMs = 0;
  #segmentBegun: number | undefined;
  /** What was last saved. */
  #saved: { readonly step: number; readonly path: string | null } | undefined;
  #profiles: readonly ThreadProfile[] = [];
  readonly #judging: Judging;
  #judgement: Judgement;
  /** The best epoch's state, in a run that keeps it and has no folder. */
  #best: RunState | undefined;
  /** Why the run is to end after the step that is under way. */
  #ending: 'asked' | 'time' | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(run: PreparedRun, { threads: given, faults, profile, lanes }: ThreadOptions) {
    this.#run = run;
    const threads = given ?? availableThreads().threads;
    this.#lanes = lanes ? new Lanes(Math.min(threads, run.config.shards)) : undefined;
    // Looked at before anything begins.
    threadBackend(run.backend);
    this.#engine = new Engine({
      config: run.config,
      backend: run.backend,
      datasets: run.data,
      threads,
      // A number that somebody chose is kept.
      choosing: given === undefined ? adaptively : undefined,
      onThreads: (change) => this.#tellThreads(change),
      compute: (setting, place) => new ThreadedCompute(setting, place),
      isAlone: true,
      faults,
      profiles: profile,
      lanes: this.#lanes?.memory,
      onLost: (lost) => this.#lost.note(lost),
    });
    this.#engine.writeState(run.step, run.state);
    this.#judging = new Judging(run, this.#engine.plan);
    this.#judgement = run.judgement;
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

  /** What each thread's time has gone to so far; empty where nobody keeps account. */
  get lanes(): readonly ThreadLane[] {
    return this.#lanes?.read() ?? [];
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

  held(): Held {
    const { step } = this.#engine;
    return { step, state: this.#engine.readState(), judgement: this.#judgement };
  }

  see(): Promise<Seen> {
    return this.#engine.looks.take(() => {
      const begun = performance.now();
      const seen = this.#engine.see();
      return { ...seen, pausedMs: performance.now() - begun };
    });
  }

  async checkpoint(): Promise<string | null> {
    const held = await this.#engine.looks.take(() => this.held());
    if (this.#saved?.step === held.step) return this.#saved.path;
    const event = await this.#keep(held);
    if (event) this.#telling!.events.push(event);
    return event?.path ?? null;
  }

  async run({ warnings, saved }: Opening): Promise<Ended | undefined> {
    const [first] = saved;
    if (first) this.#saved = first;
    const { report } = this.#telling!;
    await this.#tell(report.runStart(this.threads, this.#engine.step), ...warnings, ...saved);
    this.#watchTime();
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
    this.#answers.stop();
    this.#engine.requestStop();
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#lost.close();
    this.#profiles = await this.#engine.close();
  }

  async #steps(): Promise<Ended | undefined> {
    const { plan } = this.#engine;
    const every = this.#run.checkpointEvery ?? plan.stepsPerEpoch;
    let evaluated: Evaluated | undefined;
    let stopped: Stopped | null = this.#judgement.stopped;
    while (stopped === null && this.#engine.step < plan.steps) {
      const { step } = this.#engine;
      const epochEnd = (Math.floor(step / plan.stepsPerEpoch) + 1) * plan.stepsPerEpoch;
      const target = Math.min(epochEnd, (Math.floor(step / every) + 1) * every);
      if (!this.#isStopped) await this.#train(target);
      const isThere = this.#engine.step === target;
      if (!isThere && this.#ending === undefined) {
        await this.#save();
        return undefined;
      }
      evaluated = isThere && target === epochEnd ? await this.#endEpoch() : undefined;
      stopped = this.#judgement.stopped ?? this.#ending ?? null;
      const isDue = target % every === 0 || target === plan.steps || stopped !== null;
      if (isDue || this.#judging.isKept(this.#judgement, target)) await this.#save();
    }
    return this.#end(stopped ?? 'epochs', evaluated);
  }

  /** Evaluates, judges and tells an epoch, and hears whoever watches. */
  async #endEpoch(): Promise<Evaluated> {
    const evaluated = await this.#evaluate();
    const { step } = evaluated;
    this.#judgement = this.#judging.judge(this.#judgement, evaluated);
    const isKept = this.#judging.isKept(this.#judgement, step);
    if (isKept && !this.#run.folder) this.#best = this.#engine.readState();
    await this.#tell(this.#telling!.report.epochEnd(evaluated, { trainingMs: this.#trainingMs }));
    const { onEpoch } = this.#run.watch;
    if (!onEpoch) return evaluated;
    const view = viewEpoch(this.#judging.epoch(evaluated)!, () => this.#engine.readState());
    const answer = await this.#answers.to(onEpoch(view));
    if (asksToStop('train', 'onEpoch', answer)) this.#ending ??= 'asked';
    return evaluated;
  }

  /** @param evaluated what the last step came to, if it was evaluated */
  async #end(stopped: Stopped, evaluated: Evaluated | undefined): Promise<Ended> {
    const { step } = this.#engine;
    const { best } = this.#judgement;
    const bestEpoch = best?.epoch ?? null;
    const isOther =
      best !== null && step !== best.step && this.#judging.isKept(this.#judgement, best.step);
    if (isOther) {
      const state = this.#best ?? (await this.#run.folder!.stateAt(best.step));
      const last = this.#engine.readState();
      this.#engine.writeState(best.step, state);
      const ended = { step, stopped, bestEpoch, state, evaluated: await this.#evaluate() };
      // Where it stands is told by the engine.
      this.#engine.writeState(step, last);
      return ended;
    }
    const state = this.#engine.readState();
    return { step, stopped, bestEpoch, state, evaluated: evaluated ?? (await this.#evaluate()) };
  }

  /** A run ends when its time is over; one that is resumed has it anew. */
  #watchTime(): void {
    const { maxSeconds } = this.#judging.rule;
    if (maxSeconds === null) return;
    this.#timer = setTimeout(() => {
      this.#ending ??= 'time';
      this.#engine.requestStop();
    }, 1000 * maxSeconds);
  }

  /** Trains up to a step, or less far if it is stopped. */
  async #train(target: number): Promise<void> {
    this.#segmentBegun = performance.now();
    const { onStep } = this.#run.watch;
    try {
      if (!onStep) await this.#engine.trainTo(target);
      else await this.#trainWatched(target, onStep);
      this.#lost.noteRecovery();
    } finally {
      this.#trainingMs += performance.now() - this.#segmentBegun;
      this.#segmentBegun = undefined;
    }
  }

  /** One step after the other, so that none is taken before it is said that the run goes on. */
  async #trainWatched(target: number, onStep: OnStep): Promise<void> {
    const { stepsPerEpoch } = this.#engine.plan;
    while (this.#engine.step < target && !this.#isStopped && this.#ending === undefined) {
      await this.#engine.trainTo(this.#engine.step + 1);
      const { step, lastLoss } = this.#engine;
      const told = { step, epoch: Math.ceil(step / stepsPerEpoch), loss: lastLoss! };
      const answer = await this.#answers.to(onStep(told));
      if (asksToStop('train', 'onStep', answer)) this.#ending ??= 'asked';
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
    const held = this.held();
    if (this.#saved?.step === held.step) return;
    const event = await this.#keep(held);
    if (event) await this.#tell(event);
  }

  /** @returns what there is to tell; undefined for a run without a folder */
  async #keep({ step, state, judgement }: Held): Promise<CheckpointEvent | undefined> {
    const path = await saveState(this.#run, step, state, judgement);
    this.#saved = { step, path };
    if (path === null) return undefined;
    const digest = stateDigest(this.plan.state, step, state);
    return this.#telling!.report.checkpoint(step, path, digest);
  }

  #tellThreads(change: ThreadChange): void {
    const { events, report } = this.#telling!;
    events.push(report.threads(change, this.threads, this.#engine.step));
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
