// A run computed by workers on many machines: carries out what the coordinator asks for. The coordinator decides; here are
// the clock, the sockets and the disk.
// Invariant: effects are carried out in order, and nothing after a journal entry before the entry is on the disk.

import { ConfigError, LockstepError } from '@lockstep/core';
import { planRun, type RunPlan, valuesOf } from '@lockstep/core/internal';
import {
  type ClusterEvent,
  type Computing,
  type Ended,
  type Held,
  Judging,
  type Opening,
  type Seen,
  type Standing,
  type Telling,
  timeNow,
  WorkQueue,
} from '@lockstep/trainer';
import { type Link, type Listener, memoryPair, type Traffic } from '@lockstep/transport';
import { type HeldState, MAX_TEXT_CHARACTERS, printable } from '@lockstep/wire';
import type { CoordinatorEffect, CoordinatorInput } from '../decide/border.js';
import type { Coordinator } from '../decide/coordinator.js';
import type { Notice } from '../decide/membership/state/effect.js';
import type { MemberId } from '../decide/membership/state/member.js';
import type { Outcome } from '../decide/membership/state/phase.js';
import type { State } from '../decide/membership/state/state.js';
import { AskedCheckpoints } from './asked-checkpoints.js';
import { type ClusterOptions, checkSumBytes, makeCoordinator } from './coordinator-setup.js';
import { DatasetShelf } from './dataset-shelf.js';
import { endOf } from './end-of-run.js';
import { checkGoesOn } from './goes-on.js';
import { listenForWorkers, refuseAddress } from './listen-on.js';
import { MemberLinks } from './member-links.js';
import { describeSaved, RunFailedError } from './run-failed.js';
import { RunStore } from './run-store.js';
import { BesidesTraining, standingOf } from './standing.js';
import { Watching } from './watching.js';

const TICK_MS = 50;

const STOPPED = {
  aborted: 'the coordinator was stopped',
  left: 'the loop over its events was left',
} as const;

export class ClusterComputing implements Computing<ClusterEvent> {
  readonly plan: RunPlan;
  readonly #options: ClusterOptions;
  readonly #shelf: DatasetShelf;
  readonly #judging: Judging;
  readonly #watching: Watching;
  readonly #links = new MemberLinks((event) => this.#handle(event));
  readonly #effects = new WorkQueue<CoordinatorEffect>(
    (effect) => this.#carryOut(effect),
    (error) => this.#end(undefined, error),
  );
  #telling: Telling<ClusterEvent> | undefined;
  #store: RunStore | undefined;
  #coordinator: Coordinator | undefined;
  #listener: Listener | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopped: string | undefined;
  readonly #besides = new BesidesTraining();
  readonly #asked = new AskedCheckpoints();
  #startTold = false;
  /** Epoch ends that were told before this process; one that another command trained is not in the journal. */
  #told: ReadonlySet<number> = new Set();
  #isOver = false;
  #outcome: Outcome | undefined;
  /** Settles `run`. */
  #settle: { resolve(outcome: Outcome): void; reject(error: unknown): void } | undefined;

  constructor(options: ClusterOptions) {
    this.#options = options;
    const { config, data } = options;
    this.plan = planRun(config, data, [{ first: 0, end: config.shards }]);
    checkSumBytes(this.plan);
    this.#shelf = new DatasetShelf(data);
    this.#judging = new Judging(options, this.plan);
    this.#watching = new Watching(options.watch, this.#judging, this.plan, {
      endSoon: (why) => this.#handle({ type: 'end', why }),
      fail: (error) => this.#end(undefined, error),
    });
  }

  get url(): string | undefined {
    return this.#listener?.url;
  }

  get isOver(): boolean {
    return this.#isOver || this.membership?.phase.name === 'over';
  }

  get waitsFor(): string | undefined {
    return this.#coordinator?.waitReason(performance.now());
  }

  /** Undefined before it listens. */
  get membership(): State | undefined {
    return this.#coordinator?.membership;
  }

  get standing(): Standing | undefined {
    const coordinator = this.#coordinator;
    if (!coordinator) return undefined;
    const now = performance.now();
    return standingOf(coordinator.membership, this.#besides.at(now), coordinator.idleReason(now));
  }

  /** Workers that must yet come before anybody computes; 0 when enough are there. */
  get missing(): number {
    return this.#coordinator?.missing(performance.now()) ?? this.#options.minWorkers;
  }

  /** Of a run that has ended early: which steps are not saved, and why; undefined if all are. */
  get unsaved(): string | undefined {
    const outcome = this.#outcome;
    if (outcome?.type !== 'failed' || outcome.committed <= outcome.saved) return undefined;
    return describeSaved(outcome, this.#options.folder?.path);
  }

  get journalWaitMs(): number {
    return this.#store?.journalWaitMs ?? 0;
  }

  /** What has passed between this coordinator and a worker. */
  traffic(id: MemberId): Traffic | undefined {
    return this.#links.traffic(id);
  }

  /** @throws ConfigError if there is no such worker */
  dismiss(name: string, message: string): void {
    const member = this.membership?.members.find((one) => one.name === name);
    if (!member) throw new ConfigError(`dismiss: there is no worker "${name}" now`);
    this.#handle({ type: 'dismissed', id: member.id, message });
  }

  connect(): Link {
    checkGoesOn('connect', this.#settle !== undefined, this.#isOver);
    const { run, incarnation } = this.#store!;
    const [mine, theirs] = memoryPair({ run, incarnation });
    this.#links.admit(mine);
    return theirs;
  }

  async checkpoint(): Promise<string | null> {
    checkGoesOn('checkpoint', this.#settle !== undefined, this.#isOver);
    const kept = this.#asked.wait();
    this.#handle({ type: 'checkpoint' });
    return kept;
  }

  async check(): Promise<void> {
    for (const transport of this.#options.transports) {
      await transport.probe?.().catch(refuseAddress);
    }
  }

  async open(telling: Telling<ClusterEvent>): Promise<void> {
    this.#telling = telling;
    this.#store = await RunStore.open(this.#options, this.plan, this.#judging);
  }

  held(): Held {
    const { saved, durable } = this.#store!;
    const { judgement, asked } = this.#coordinator?.membership ?? { ...durable, asked: null };
    return { step: saved.step, state: this.#store!.state(), judgement, stopped: asked ?? 'asked' };
  }

  async see(): Promise<Seen> {
    const { step } = this.#store!.saved;
    return { step, values: valuesOf(this.#store!.state()), gradients: undefined, pausedMs: 0 };
  }

  async run({ saved, warnings }: Opening): Promise<Ended | undefined> {
    const { report, events } = this.#telling!;
    this.#coordinator = makeCoordinator(
      ...([this.#options, this.plan, this.#shelf, this.#store!, this.#judging] as const),
    );
    this.#told = await this.#store!.toldEpochEnds();
    const untold = this.#store!.epochEndsBesides(this.#told);
    this.#listener = await listenForWorkers(this.#options, this.#store!, (link) =>
      this.#links.admit(link),
    );
    const { url, urls } = this.#listener;
    for (const event of saved) events.push(event);
    const nothing = { trainingMs: 0, workingMs: 0 };
    for (const evaluation of untold) events.push(report.epochEnd(evaluation, nothing));
    events.push({ event: 'listening', time: timeNow(), url, urls });
    for (const event of warnings) events.push(event);
    const outcome = await new Promise<Outcome>((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.#timer = setInterval(() => this.#handle({ type: 'tick' }), TICK_MS);
      this.#watching.begin();
      this.#handle({ type: 'start' });
      if (this.#stopped !== undefined) this.#handle({ type: 'stop', message: this.#stopped });
    });
    if (outcome.type === 'finished') {
      const { membership } = this.#coordinator;
      return endOf(outcome, membership, this.#store!, this.#judging, this.#options);
    }
    if (outcome.code === 'stopped') return undefined;
    throw new RunFailedError(outcome, this.#options.folder?.path);
  }

  stop(why: 'aborted' | 'left'): void {
    this.#stopped ??= STOPPED[why];
    this.#watching.stop();
    if (this.#settle) this.#handle({ type: 'stop', message: STOPPED[why] });
  }

  unlogged(event: string, cause: Error): Error {
    this.#options.lead?.check();
    return this.#broken('output', `run: ${event} cannot be logged`, cause);
  }

  async close(): Promise<void> {
    this.#isOver = true;
    clearInterval(this.#timer);
    this.#watching.close();
    await this.#listener?.close();
    this.#links.closeAll();
    await this.#store?.close();
  }

  #handle(event: CoordinatorInput): void {
    if (this.#isOver) return;
    try {
      this.#options.lead?.check();
      const now = performance.now();
      const effects = this.#coordinator!.handle(event, now);
      this.#besides.see(this.membership!, now);
      this.#effects.add(effects);
      this.#watching.look(() => this.standing!);
    } catch (error) {
      this.#end(undefined, error);
    }
  }

  #carryOut(effect: CoordinatorEffect): Promise<void> | undefined {
    this.#options.lead?.check();
    switch (effect.type) {
      case 'send':
        this.#links.send(effect);
        return undefined;
      case 'send-frame':
        this.#links.sendFrame(effect);
        return undefined;
      case 'limit':
        this.#links.limit(effect);
        return undefined;
      case 'close':
        this.#links.close(effect);
        return undefined;
      case 'journal':
        return this.#store!.journal(effect.record).catch((error: Error) => {
          throw this.#broken('journal', 'journal: it cannot be written', error);
        });
      case 'load-state': {
        const { step, bytes } = this.#store!.saved;
        this.#handle({ type: 'state-loaded', step, bytes });
        return undefined;
      }
      case 'save-state':
        this.#save(effect.held, effect.bytes);
        return undefined;
      case 'read-piece': {
        const { to, sha256, offset, length } = effect;
        const bytes = this.#shelf.piece(sha256, offset, length);
        this.#handle({ type: 'piece', id: to, offset, bytes });
        return undefined;
      }
      case 'checkpoint-kept':
        this.#asked.keep(this.#options.folder?.checkpoints.pathOf(effect.held.step) ?? null);
        return undefined;
      case 'checkpoint-refused':
        this.#asked.refuse(new LockstepError('checkpoint', effect.message));
        return undefined;
      case 'emit':
        return this.#notice(effect.notice);
      case 'over':
        this.#outcome = effect.outcome;
        this.#end(effect.outcome);
        return undefined;
    }
  }

  #save(held: HeldState, bytes: Uint8Array): void {
    const { judgement, evaluated } = this.#coordinator!.membership;
    const isKept = this.#judging.isKept(judgement, held.step);
    this.#store!.save(held, bytes, judgement, isKept).then(
      async (path) => {
        // Nobody goes on before the save is heard of, so whoever wants the run to end there is heard before.
        if (evaluated?.step === held.step) {
          await this.#asked.orElse(this.#watching.epoch(evaluated, () => this.#store!.state()));
        }
        this.#handle({ type: 'saved', held, path });
      },
      ({ message }: Error) =>
        this.#handle({
          type: 'disk-failed',
          message: printable(
            `checkpoint: step ${held.step} cannot be saved: ${message}`,
            MAX_TEXT_CHARACTERS,
          ),
        }),
    );
  }

  /** As on threads, the run stands still at an epoch's end that is told, until somebody asks for the next event. */
  #notice(notice: Notice): Promise<void> | undefined {
    const { report, events } = this.#telling!;
    if (notice.event === 'epoch-end') {
      if (this.#told.has(notice.evaluation.step)) return undefined;
      const { trainingMs, evaluation } = notice;
      const workingMs = trainingMs + this.#besides.at(performance.now());
      events.push(report.epochEnd(evaluation, { trainingMs, workingMs }));
      return this.#asked.orElse(events.whenTaken()).then(() => this.#handle({ type: 'taken' }));
    }
    if (notice.event === 'generation' && !this.#startTold) {
      this.#startTold = true;
      events.push(report.runStart(notice.members.length, notice.step));
    }
    events.push({ ...notice, time: timeNow() });
    return undefined;
  }

  /** Nothing is handled after this. */
  #end(outcome: Outcome | undefined, error?: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (outcome) this.#settle!.resolve(outcome);
    else this.#settle!.reject(error);
    this.#asked.refuse(new LockstepError('stopped', 'checkpoint: the run has ended'));
  }

  /** What the run cannot go on without is gone. */
  #broken(code: string, what: string, cause: Error): RunFailedError {
    const { saved, committed } = this.#coordinator!.membership;
    const message = `${what}: ${cause.message.replace(/^run: /, '')}`;
    const failure = { type: 'failed', code, message, saved: saved.step, committed } as const;
    return new RunFailedError(failure, this.#options.folder?.path, { cause });
  }
}
