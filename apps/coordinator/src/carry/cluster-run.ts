// A run on many machines, from its first event to its last: carries out what the coordinator asks for. The
// coordinator decides; here are the clock, the sockets and the disk.
// Invariant: effects are carried out in order, and nothing after a journal entry before the entry is on the disk.

import { randomBytes } from 'node:crypto';
import { ConfigError, type Dataset, traitsOf } from '@lockstep/core';
import { evaluationChunks, flatStateBytes, planRun, type RunPlan } from '@lockstep/core/internal';
import { wasm } from '@lockstep/kernels';
import {
  begin,
  type ClusterEvent,
  type EpochEndEvent,
  EventQueue,
  type PreparedRun,
  type Progress,
  type RunEndEvent,
  type TrainResult,
} from '@lockstep/trainer';
import { checkAddress, type Link, type Listener, listen, memoryPair } from '@lockstep/transport';
import {
  type AuditPlan,
  type HeldState,
  MAX_NAME_CHARACTERS,
  MAX_TEXT_CHARACTERS,
  printable,
  type RunMessage,
  type WorkerMessage,
} from '@lockstep/wire';
import type { CoordinatorEffect, CoordinatorInput } from '../decide/border.js';
import { Coordinator } from '../decide/coordinator.js';
import type { EvaluatedStep } from '../decide/membership/state/durable.js';
import type { Notice } from '../decide/membership/state/effect.js';
import type { MemberId } from '../decide/membership/state/member.js';
import type { Outcome } from '../decide/membership/state/phase.js';
import type { NetworkOptions } from '../network-options.js';
import { DatasetShelf } from './dataset-shelf.js';
import { PieceQueue } from './piece-queue.js';
import { describeSaved, RunFailedError } from './run-failed.js';
import { RunReport } from './run-report.js';
import { RunStore } from './run-store.js';

export interface ClusterRunOptions extends Omit<PreparedRun, 'data'>, NetworkOptions {
  readonly train: Dataset;
  readonly test: Dataset | undefined;
}

/** A worker as the coordinator sees it, for people. */
export interface WorkerStatus {
  readonly name: string;
  readonly threads: number;
  /** Its shards in the generation that runs, [first, end). */
  readonly shards: { readonly first: number; readonly end: number } | undefined;
  /** It has none, and would in a run of so many; undefined if it has, or no number would give it one. */
  readonly neededShards: number | undefined;
  /** Mean milliseconds a step: computing, sending, waiting for others; undefined before it reported. */
  readonly computeMs: number | undefined;
  readonly sendMs: number | undefined;
  readonly waitMs: number | undefined;
}

const TICK_MS = 50;
/** Workers report the digest of their state so often, in steps. */
const DIGEST_EVERY = 64;
const RESUME_GRACE_MS = 2000;

export class ClusterRun implements AsyncIterable<ClusterEvent> {
  readonly #options: ClusterRunOptions;
  readonly #plan: RunPlan;
  readonly #report: RunReport;
  readonly #shelf: DatasetShelf;
  readonly #links = new Map<MemberId, Link>();
  readonly #pieces = new PieceQueue();
  readonly #effects: CoordinatorEffect[] = [];
  #carrying = false;
  readonly #arisen = new EventQueue<ClusterEvent>();
  #store: RunStore | undefined;
  #coordinator: Coordinator | undefined;
  #listener: Listener | undefined;
  #nextId = 0;
  #started = false;
  #outcome: Outcome | undefined;
  #begun = 0;
  #epochBegun = 0;
  #startTold = false;
  #result: TrainResult | undefined;

  /** Use `coordinate` or `resumeCoordinated`. */
  constructor(options: ClusterRunOptions) {
    this.#options = options;
    const { config, train, test } = options;
    this.#plan = planRun(config, train, test, [{ first: 0, end: config.shards }]);
    this.#report = new RunReport(options, this.#plan);
    this.#shelf = new DatasetShelf(train, test);
  }

  /** Where workers reach it; undefined before it listens. */
  get url(): string | undefined {
    return this.#listener?.url;
  }

  /** What it waits for, in words; undefined while workers compute. */
  get waitsFor(): string | undefined {
    return this.#coordinator?.waitReason(performance.now());
  }

  get workers(): readonly WorkerStatus[] {
    const state = this.#coordinator?.membership;
    if (!state) return [];
    const ranks = state.phase.name === 'running' ? state.phase.team.ranks : [];
    const { idle } = state.told;
    return state.members.map(({ id, name, threads, progress }) => {
      const rank = ranks.find((other) => other.id === id);
      return {
        name,
        threads,
        shards: rank && { first: rank.first, end: rank.end },
        neededShards: (idle?.ids.includes(id) && idle.needed) || undefined,
        computeMs: progress?.computeMs,
        sendMs: progress?.sendMs,
        waitMs: progress?.waitMs,
      };
    });
  }

  /** Where the run stands now; undefined before it has begun. */
  progress(): Progress | undefined {
    const state = this.#coordinator?.membership;
    if (!state) return undefined;
    const { steps, stepsPerEpoch, config } = this.#plan;
    const step = state.committed;
    const rate = this.#report.samplesPerSecond(step, this.#trainingMs());
    const samplesAt = (at: number): number => this.#report.samplesAt(at);
    const losses = state.members.flatMap(({ progress }) => (progress ? [progress] : []));
    const newest = losses.sort((a, b) => b.step - a.step)[0];
    return {
      epoch: Math.min(Math.floor(step / stepsPerEpoch) + 1, config.epochs),
      epochs: config.epochs,
      step,
      steps,
      loss: newest?.loss,
      samplesPerSecond: rate,
      secondsLeft: rate > 0 ? (samplesAt(steps) - samplesAt(step)) / rate : undefined,
    };
  }

  /** Of a run that has ended early: which steps are not saved, and why; undefined if all are. */
  get unsaved(): string | undefined {
    const outcome = this.#outcome;
    if (outcome?.type !== 'failed' || outcome.committed <= outcome.saved) return undefined;
    return describeSaved(outcome, this.#options.folder?.path);
  }

  /** What the run learns from and is evaluated on. */
  get datasets(): readonly Dataset[] {
    const { train, test } = this.#options;
    return test ? [train, test] : [train];
  }

  /** A link for a worker in this process. Only while the run goes on. */
  connect(): Link {
    if (!this.#store) {
      throw new ConfigError(
        'connect: the run has not begun; iterate it, and connect when it listens',
      );
    }
    const { run, incarnation } = this.#store;
    const [mine, theirs] = memoryPair({ run, incarnation });
    this.#admit(mine);
    return theirs;
  }

  /** Runs to the end, unless somebody iterates it, and gives what came out. */
  async result(): Promise<TrainResult> {
    if (!this.#started) {
      for await (const event of this) {
        if (event.event === 'warning') console.warn(`warning: ${event.message}`);
      }
    }
    if (!this.#result) {
      throw new ConfigError('run: it has not come to its end, so it has no result');
    }
    return this.#result;
  }

  /** Runs; can be iterated once. Leaving the loop early saves the newest step and ends the run for this process. */
  async *[Symbol.asyncIterator](): AsyncGenerator<ClusterEvent, void, undefined> {
    if (this.#started) throw new ConfigError('run: it can be iterated only once');
    this.#started = true;
    begin(this);
    const { signal, folder, isNew, found } = this.#options;
    const stop = (): void => this.#handle({ type: 'stop', message: 'the coordinator was stopped' });
    let timer: NodeJS.Timeout | undefined;
    try {
      if (isNew) await this.#checkBegin(folder);
      await folder?.claim(found);
      await this.#open();
      signal?.addEventListener('abort', stop);
      timer = setInterval(() => this.#handle({ type: 'tick' }), TICK_MS);
      this.#handle({ type: 'start' });
      if (signal?.aborted) stop();
      for await (const event of this.#arisen) yield await this.#logOrEnd(event);
      const outcome = this.#outcome!;
      if (outcome.type === 'failed') throw this.#errorOf(outcome);
      yield await this.#log(await this.#runEnd(outcome.evaluation));
    } finally {
      signal?.removeEventListener('abort', stop);
      if (this.#coordinator && !this.#arisen.hasEnded) await this.#saveAndEnd();
      clearInterval(timer);
      await this.#listener?.close();
      for (const link of this.#links.values()) link.close('over', 'the coordinator is gone');
      await this.#store?.close();
      await folder?.release();
    }
  }

  /** Whoever iterates wants no more events, or one could not be logged: the newest step is saved all the same. */
  async #saveAndEnd(): Promise<void> {
    this.#handle({ type: 'stop', message: 'the loop over its events was left' });
    try {
      for await (const event of this.#arisen) await this.#log(event).catch(() => event);
    } catch {
      // There is an error already that ends the loop, or nobody who wants to hear of one.
    }
  }

  /** Nothing is made of a run that cannot begin. */
  async #checkBegin(folder: ClusterRunOptions['folder']): Promise<void> {
    await folder?.checkFree();
    await checkAddress(this.#options).catch(refuseAddress);
  }

  /** Store, coordinator and listener; tells what was done on the way. */
  async #open(): Promise<void> {
    const options = this.#options;
    const { name, config, datasetSha256, folder, isNew } = options;
    const plan = this.#plan;
    this.#begun = performance.now();
    this.#epochBegun = this.#begun;
    const common = { name, config, datasetSha256, plan, folder };
    this.#store = await RunStore.open(common, options.step, options.state);
    if (isNew) await this.#createFolder();
    this.#coordinator = new Coordinator({
      config: {
        shards: config.shards,
        batchSize: config.batchSize,
        chunks: options.test ? evaluationChunks(options.test.samples) : 0,
        sums: plan.evaluation.sums,
        stepsPerEpoch: plan.stepsPerEpoch,
        steps: plan.steps,
        checkpointEvery: options.checkpointEvery ?? plan.stepsPerEpoch,
        topology: options.topology,
        audit: this.#audit(),
        minWorkers: options.minWorkers,
        maxWorkers: options.maxWorkers,
        resumeGraceMs: RESUME_GRACE_MS,
      },
      durable: this.#store.durable,
      run: this.#runMessage(),
      stateBytes: flatStateBytes(plan),
      vectorFloats: plan.training.sums.floats,
      drawKey: () => randomBytes(32),
    });
    for (const evaluation of await this.#store.untoldEpochs()) {
      this.#tell(this.#epochEnd(evaluation, 0));
    }
    this.#listener = await this.#listen();
    const { url, urls } = this.#listener;
    this.#tell({ event: 'listening', time: time(), url, urls });
    for (const message of options.warnings) this.#tell({ event: 'warning', time: time(), message });
  }

  #listen(): Promise<Listener> {
    const { host, port, token, tls, insecure, heartbeatTimeoutMs, names } = this.#options;
    const { run, incarnation } = this.#store!;
    const key = new TextEncoder().encode(token);
    return listen({
      host,
      port,
      fingerprint: wasm.hash,
      identify: ({ role }) =>
        role === 'worker'
          ? { key, run, incarnation }
          : { code: 'role', message: 'this is a coordinator; it has no peers' },
      onLink: (link) => this.#admit(link),
      heartbeatMs: heartbeatTimeoutMs,
      ...(tls && { tls }),
      ...(insecure && { insecure }),
      ...(names && { names }),
    }).catch(refuseAddress);
  }

  #runMessage(): RunMessage {
    const { name, config, heartbeatTimeoutMs } = this.#options;
    const { train, test } = this.#shelf;
    return {
      type: 'run',
      run: this.#store!.run,
      name: printable(name, MAX_NAME_CHARACTERS),
      config: JSON.stringify(config),
      train,
      test,
      digestEvery: DIGEST_EVERY,
      heartbeatTimeoutMs,
      audit: this.#audit(),
    };
  }

  #audit(): AuditPlan | null {
    const { auditShare: share, config } = this.#options;
    return share > 0 ? { share, seed: config.seed } : null;
  }

  #admit(link: Link): void {
    const id = this.#nextId++;
    this.#links.set(id, link);
    link.start({
      // A coordinator's link decodes nothing but workers' messages.
      control: (message) =>
        this.#handle({ type: 'control', id, message: message as WorkerMessage }),
      frame: (header, payload) => this.#handle({ type: 'frame', id, header, payload }),
      closed: ({ code, message }) => {
        this.#links.delete(id);
        this.#handle({ type: 'lost', id, reason: message || code });
      },
    });
    this.#handle({ type: 'connected', id });
  }

  #handle(event: CoordinatorInput): void {
    if (this.#arisen.hasEnded) return;
    try {
      this.#effects.push(...this.#coordinator!.handle(event, performance.now()));
    } catch (error) {
      this.#arisen.fail(error);
      return;
    }
    if (!this.#carrying) this.#carry();
  }

  /** Carries effects out in order; at once, as long as none has to wait for the disk. */
  #carry(): void {
    this.#carrying = true;
    for (;;) {
      const effect = this.#effects.shift();
      if (!effect) break;
      let done: Promise<void> | undefined;
      try {
        done = this.#carryOut(effect);
      } catch (error) {
        this.#arisen.fail(error);
        return;
      }
      if (!done) continue;
      done.then(
        () => this.#carry(),
        (error: Error) =>
          this.#arisen.fail(this.#broken('journal', 'journal: it cannot be written', error)),
      );
      return;
    }
    this.#carrying = false;
  }

  /** @returns a promise if what follows has to wait */
  #carryOut(effect: CoordinatorEffect): Promise<void> | undefined {
    switch (effect.type) {
      case 'send':
        this.#links.get(effect.to)?.sendControl(effect.message);
        return undefined;
      case 'send-frame':
        this.#sendFrame(effect);
        return undefined;
      case 'limit': {
        const link = this.#links.get(effect.to);
        link?.limit(effect.maxFrameBytes);
        link?.limitQueue(effect.maxQueuedBytes);
        return undefined;
      }
      case 'close':
        this.#links.get(effect.id)?.close(effect.code, effect.message);
        return undefined;
      case 'journal':
        return this.#store!.journal(effect.record);
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
      case 'emit':
        this.#notice(effect.notice);
        // As on threads, the run stands still at an epoch's end until somebody asks for the next event.
        return effect.notice.event === 'epoch-end' ? this.#arisen.whenTaken() : undefined;
      case 'over':
        this.#outcome = effect.outcome;
        this.#arisen.end();
        return undefined;
    }
  }

  #sendFrame({ to, header, payload }: Extract<CoordinatorEffect, { type: 'send-frame' }>): void {
    if (header.kind === 'sum') {
      this.#links.get(to)?.sendFrame(header, payload);
      return;
    }
    const left = (): void => this.#handle({ type: 'piece-left', id: to });
    this.#pieces.add(() => this.#links.get(to)?.sendFrame(header, payload, left));
  }

  #save(held: HeldState, bytes: Uint8Array): void {
    this.#store!.save(held, bytes).then(
      (path) => this.#handle({ type: 'saved', held, path }),
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

  #notice(notice: Notice): void {
    if (notice.event === 'epoch-end') {
      this.#tell(this.#epochEnd(notice.evaluation, notice.trainingMs));
      this.#epochBegun = performance.now();
      return;
    }
    if (notice.event === 'generation' && !this.#startTold) {
      this.#startTold = true;
      this.#tell(this.#report.runStart(time(), notice.members.length, notice.step));
    }
    this.#tell({ ...notice, time: time() });
  }

  #tell(event: ClusterEvent): void {
    this.#arisen.push(event);
  }

  async #logOrEnd(event: ClusterEvent): Promise<ClusterEvent> {
    try {
      return await this.#log(event);
    } catch (error) {
      await this.#saveAndEnd();
      throw this.#broken('output', `run: ${event.event} cannot be logged`, error as Error);
    }
  }

  /** What the run cannot go on without is gone. */
  #broken(code: string, what: string, cause: Error): RunFailedError {
    const { saved, committed } = this.#coordinator!.membership;
    const message = `${what}: ${cause.message.replace(/^run: /, '')}`;
    const failure = { type: 'failed', code, message, saved: saved.step, committed } as const;
    return new RunFailedError(failure, this.#options.folder?.path, { cause });
  }

  async #log<T extends ClusterEvent>(event: T): Promise<T> {
    await this.#options.folder?.log(event);
    return event;
  }

  /** The first checkpoint comes before run.json: a run that can be seen can be resumed. */
  async #createFolder(): Promise<void> {
    const { folder, name, config, origin } = this.#options;
    if (!folder) return;
    const { step, digest, bytes } = this.#store!.saved;
    const path = await this.#store!.save({ step, digest }, bytes);
    await folder.create({
      run: name,
      created: time(),
      config,
      dataset: { ...this.#report.dataset, traits: traitsOf(this.#options.train) },
      engine: wasm.hash,
      origin,
    });
    if (path) this.#tell({ event: 'checkpoint', time: time(), step, path });
  }

  #epochEnd(evaluation: EvaluatedStep, trainingMs: number): EpochEndEvent {
    const timing = { time: time(), seconds: seconds(this.#epochBegun), trainingMs };
    return this.#report.epochEnd(evaluation, timing);
  }

  async #runEnd(evaluation: EvaluatedStep): Promise<RunEndEvent> {
    const { step, weightsHash } = evaluation;
    const parameters = this.#store!.parameters();
    await this.#options.folder?.writeWeights(parameters, traitsOf(this.#options.train));
    const metrics = this.#report.testMetrics(evaluation);
    this.#result = { parameters, weightsHash, step, ...metrics };
    const trainingMs = this.#trainingMs();
    const timing = { time: time(), seconds: seconds(this.#begun), trainingMs };
    return this.#report.runEnd(evaluation, timing);
  }

  #errorOf(outcome: Extract<Outcome, { type: 'failed' }>): unknown {
    const { signal, folder } = this.#options;
    return outcome.code === 'stopped' && signal?.aborted
      ? signal.reason
      : new RunFailedError(outcome, folder?.path);
  }

  /** Time that workers spent training since this process began. */
  #trainingMs(): number {
    const state = this.#coordinator!.membership;
    const { phase } = state;
    const current =
      phase.name === 'running' ? (phase.trained ?? performance.now()) - phase.began : 0;
    return state.trainingMs + current;
  }
}

function refuseAddress(cause: Error): never {
  throw new ConfigError(`coordinate: ${cause.message}`, { cause });
}

function time(): string {
  return new Date().toISOString();
}

function seconds(since: number): number {
  return Math.round(performance.now() - since) / 1000;
}
