// A worker from its first event to its last: carries out what its decisions say, over real links, threads and files.
// Invariant: one event at a time goes through the decisions, and its effects are carried out in order before the next.

import { allReduceFor, COORDINATOR } from '@lockstep/collective';
import { ConfigError, type Dataset, LockstepError } from '@lockstep/core';
import { toErrorCode } from '@lockstep/errors';
import type { Backend } from '@lockstep/kernels';
import { type Assignment, begin, EventQueue } from '@lockstep/trainer';
import type { Link, Listener } from '@lockstep/transport';
import { MAX_PIECE_BYTES, MAX_QUEUED_BYTES, type RunMessage } from '@lockstep/wire';
import type { Exit, WorkerEffect, WorkerInput } from '../decide/border.js';
import type { WorkerPhase } from '../decide/standing.js';
import { Worker } from '../decide/worker.js';
import { type Connect, CoordinatorLink, inWords } from './coordinator-link.js';
import { DatasetCache, type FetchProgress } from './dataset-cache.js';
import { EngineHost } from './engine-host.js';
import { openDoor } from './peer-door.js';
import { PeerLinks } from './peer-links.js';
import { PieceRequests } from './piece-requests.js';
import { type Activity, StatusTeller } from './status-teller.js';
import type { WorkOptions } from './work-options.js';
import type { WorkerEvent, WorkerReport, WorkerStatus, WorkResult } from './worker-event.js';

export interface WorkerRunOptions extends Omit<WorkOptions, 'data'> {
  readonly data: readonly Dataset[] | undefined;
  readonly connect: Connect;
  /** For people. */
  readonly where: string;
  readonly name: string;
  readonly threads: number;
  readonly backend: Backend;
  readonly cacheDir: string;
  readonly maxDatasetBytes: number;
  readonly giveUpAfterMs: number;
}

/** A worker that is to go waits so long for the coordinator to fetch what only it holds, or the next piece of it. */
const LEAVE_MS = 10_000;

const WAITING: Partial<Record<WorkerPhase, string>> = {
  idle: 'waiting for the coordinator to form a generation',
  pausing: 'stopping for a new generation',
  paused: 'waiting for the other workers to stop',
  preparing: 'preparing the generation',
  standing: 'waiting for the coordinator',
  following: 'coming after the others, without shards yet',
  evaluating: 'evaluating',
  stuck: 'waiting for the next generation',
};

export class WorkerRun implements AsyncIterable<WorkerEvent> {
  readonly #options: WorkerRunOptions;
  readonly #pieces = new PieceRequests();
  readonly #host: EngineHost;
  readonly #peers: PeerLinks;
  readonly #coordinator: CoordinatorLink;
  #worker: Worker | undefined;
  #run: RunMessage | undefined;
  readonly #events: WorkerInput[] = [];
  #draining = false;
  readonly #arisen = new EventQueue<WorkerEvent>();
  #started = false;
  #exit: Exit | undefined;
  #result: WorkResult | undefined;
  #fetching: FetchProgress | undefined;
  #trouble: string | undefined;
  #pace: WorkerStatus['pace'];
  #toldDoing = '';
  #leaving: NodeJS.Timeout | undefined;
  readonly #teller = new StatusTeller((doing) => this.#emit({ event: 'status', doing }));

  /** Use `work`. */
  constructor(options: WorkerRunOptions) {
    this.#options = options;
    const { threads, backend, cacheDir, maxDatasetBytes, data, tls, connect } = options;
    const { where, giveUpAfterMs } = options;
    const datasets = new DatasetCache({
      cacheDir,
      maxBytes: maxDatasetBytes,
      known: data,
      fetch: (sha256, offset, length) => this.#pieces.fetch(sha256, offset, length),
      onProgress: (progress) => {
        this.#fetching = progress;
        this.#tellStatus();
      },
    });
    this.#host = new EngineHost({
      threads,
      backend,
      datasets,
      onEvent: (event) => this.#handle(event),
      onFound: ({ dataset: { name }, source }, part) =>
        this.#emit({ event: 'dataset', name, part, source }),
    });
    this.#peers = new PeerLinks({
      arithmetic: backend.arithmetic,
      tls,
      onOpen: (generation) => this.#handle({ type: 'links-open', generation }),
      onFailed: (generation, rank, reason) =>
        this.#handle({ type: 'link-failed', generation, rank, reason }),
      onFrame: (from, header, payload) => this.#handle({ type: 'frame', from, header, payload }),
    });
    this.#coordinator = new CoordinatorLink({
      ...{ connect, where, giveUpAfterMs },
      handlers: {
        control: (message) => {
          const run = message.type === 'run' ? message : undefined;
          // Told first: whoever is ready for this run from before joins at once.
          if (run && !this.#exit) this.#emit({ event: 'connected', url: where, run: run.name });
          this.#handle({ type: 'control', message });
          if (run) this.#takeRun(run);
        },
        frame: (header, payload) => {
          if (header.kind !== 'dataset') {
            this.#handle({ type: 'frame', from: COORDINATOR, header, payload });
          } else if (!this.#pieces.take(header, payload)) {
            this.#coordinator.link?.close('protocol', 'a piece that was not asked for');
          }
        },
      },
      onDial: (attempt) => this.#emit({ event: 'dialling', url: where, attempt }),
      onOpen: () => {
        this.#trouble = undefined;
        this.#handle({ type: 'connected' });
      },
      onClosed: ({ code, message }) => {
        const reason = message || code;
        this.#pieces.close();
        this.#trouble = reason;
        if (!this.#worker?.isLeaving) this.#emit({ event: 'disconnected', code, reason });
        this.#handle({ type: 'disconnected', reason });
      },
      onRetry: (failed) => {
        const { reason, retryMs, giveUpMs } = failed;
        const limit = giveUpMs === null ? '' : `, giving up in ${inWords(giveUpMs)}`;
        this.#trouble = `${reason}; trying again in ${inWords(retryMs)}${limit}`;
        this.#emit({ event: 'not-connected', ...failed });
        this.#tellStatus();
      },
      onEnd: (code, reason) => this.#end({ code, message: `worker: ${reason}` }),
    });
  }

  get status(): WorkerStatus {
    const worker = this.#worker?.status;
    return {
      doing: this.#doing(),
      run: worker?.run,
      generation: worker?.generation ?? 0,
      members: worker?.members ?? 0,
      step: worker?.step,
      steps: worker?.steps,
      pace: this.#pace,
    };
  }

  /**
   * Works to the end, unless somebody iterates it, and says how it ended.
   *
   * @throws LockstepError if the coordinator refuses this worker, or the worker cannot go on
   */
  async result(): Promise<WorkResult> {
    if (!this.#started) for await (const _ of this);
    if (!this.#result) throw new ConfigError('worker: it has not come to its end');
    return this.#result;
  }

  /** Works; can be iterated once. Leaving the loop early leaves the run. */
  async *[Symbol.asyncIterator](): AsyncGenerator<WorkerEvent, void, undefined> {
    if (this.#started) throw new ConfigError('worker: it can be iterated only once');
    this.#started = true;
    begin(this);
    const { signal } = this.#options;
    const leave = (): void => this.#leave();
    let listener: Listener | undefined;
    try {
      listener = await openDoor({
        ...this.#options,
        arithmetic: this.#options.backend.arithmetic,
        identify: (hello) => this.#peers.identify(hello),
        onLink: (link) => this.#peers.accept(link),
      });
      const { name, threads } = this.#options;
      const url = listener?.url ?? null;
      this.#worker = new Worker({ name, threads: Math.max(1, threads), url });
      signal?.addEventListener('abort', leave);
      if (signal?.aborted) leave();
      else this.#coordinator.dial();
      yield* this.#arisen;
      this.#result = resultOf(this.#exit!);
    } finally {
      signal?.removeEventListener('abort', leave);
      if (this.#worker) await this.#left();
      clearTimeout(this.#leaving);
      this.#pieces.cancel(new LockstepError('stopped', 'the worker has ended'));
      this.#peers.close();
      await listener?.close();
      await this.#host.close();
    }
  }

  /** It goes when the coordinator has what only this worker holds, or does not fetch it. */
  #leave(): void {
    this.#handle({ type: 'leave', reason: 'it was stopped' });
  }

  /** Whoever iterates has gone before the end. */
  async #left(): Promise<void> {
    if (this.#exit) return;
    this.#leave();
    for await (const _ of this.#arisen);
  }

  #takeRun(run: RunMessage): void {
    const link = this.#coordinator.link;
    if (!link || this.#exit) return;
    link.heartbeat(run.heartbeatTimeoutMs);
    this.#run = run;
    this.#pieces.open((message) => link.sendControl(message));
  }

  #handle(event: WorkerInput): void {
    this.#events.push(event);
    if (this.#draining) return;
    this.#draining = true;
    try {
      for (let next = this.#events.shift(); next; next = this.#events.shift()) this.#decide(next);
    } catch (error) {
      // Nothing here throws on purpose; whoever called must not be the one to hear of it.
      const message = error instanceof Error ? error.message : String(error);
      this.#end({ code: 'internal', message: `worker: ${message}` });
    }
    this.#draining = false;
    if (this.#worker?.isLeaving) this.#leaving ??= setTimeout(() => this.#leave(), LEAVE_MS);
    this.#tellStatus();
  }

  #decide(event: WorkerInput): void {
    if (this.#exit) return;
    for (const effect of this.#worker!.handle(event, performance.now())) this.#carryOut(effect);
  }

  #carryOut(effect: WorkerEffect): void {
    const link = this.#coordinator.link;
    switch (effect.type) {
      case 'prepare':
        this.#pieces.cancel(new LockstepError('stopped', 'another run has begun'));
        this.#fetching = undefined;
        this.#host.prepare(effect.run);
        return;
      case 'send':
        link?.sendControl(effect.message);
        return;
      case 'send-frame': {
        const begun = performance.now();
        const { to, header, payload } = effect;
        if (header.kind === 'state') this.#leaving?.refresh();
        if (to === COORDINATOR) link?.sendFrame(header, payload);
        else this.#peers.send(to, header, payload);
        this.#host.noteSending(performance.now() - begun);
        return;
      }
      case 'open-links': {
        if (!link) return;
        const { run, incarnation } = link.remote;
        const floats = this.#host.vectorFloats;
        const heartbeatMs = this.#run!.heartbeatTimeoutMs;
        this.#peers.open(effect, { run, incarnation, floats, heartbeatMs });
        return;
      }
      case 'close-links':
        this.#peers.close();
        return;
      case 'disconnect':
        link?.close(effect.code, effect.message);
        return;
      case 'reconnect':
        this.#coordinator.dialSoon();
        return;
      case 'emit':
        this.#emit(effect.event);
        return;
      case 'exit':
        this.#end(effect.exit);
        return;
      case 'assign':
        if (link) this.#limit(link, effect.assignment);
    }
    this.#host.operate(effect);
  }

  /** What can come from the coordinator now, and what may be queued for it. */
  #limit(link: Link, assignment: Assignment): void {
    const shape = { ...assignment, floats: this.#host.vectorFloats };
    const method = allReduceFor(shape);
    link.limit(Math.max(MAX_PIECE_BYTES, method.largestMessage(shape, COORDINATOR)));
    // A step's sum shows that its partial has left; this side may hear of that a little later.
    link.limitQueue(MAX_QUEUED_BYTES + 2 * method.sentBytes(shape, COORDINATOR));
  }

  #end(exit: Exit): void {
    if (this.#exit) return;
    this.#exit = exit;
    const { code, message, finished } = exit;
    this.#teller.take(undefined);
    if (finished) this.#emit({ event: 'run-end', ...finished });
    else if (code === 'left') this.#emit({ event: 'left', reason: message });
    this.#coordinator.close(code === 'finished' ? 'over' : code, message);
    this.#arisen.end();
  }

  #emit(report: WorkerReport): void {
    if (report.event === 'generation') {
      this.#coordinator.settle();
      this.#teller.forget();
    }
    if (report.event === 'progress') {
      const { computeMs, sendMs, waitMs, loss } = report;
      this.#pace = { computeMs, sendMs, waitMs, loss };
      this.#toldDoing = '';
    }
    this.#arisen.push({ time: new Date().toISOString(), ...report });
  }

  #doing(): string {
    const { where } = this.#options;
    if (this.#exit) return this.#exit.message;
    const activity = this.#activity();
    if (activity) return [activity.doing, activity.detail].filter((text) => text !== '').join(': ');
    return this.#trouble ? `not connected: ${this.#trouble}` : `connecting to ${where}`;
  }

  /** What it does for a coordinator; undefined without one. */
  #activity(): Activity | undefined {
    const worker = this.#worker?.status;
    if (!worker?.isConnected) return undefined;
    const plain = (doing: string): Activity => ({ doing, detail: '' });
    if (this.#worker!.isLeaving)
      return plain('leaving: the coordinator takes what only this worker holds');
    if (worker.run === undefined) return plain('waiting for the coordinator to describe the run');
    if (!worker.isReady) {
      const { name, bytes, totalBytes } = this.#fetching ?? { name: '', bytes: 0, totalBytes: 0 };
      if (bytes === totalBytes) return plain('preparing data and threads');
      return { doing: `fetching ${name}`, detail: `${Math.floor((100 * bytes) / totalBytes)}%` };
    }
    return plain(WAITING[worker.phase] ?? 'training');
  }

  #tellStatus(): void {
    this.#teller.take(this.#exit ? undefined : this.#activity());
    const { onStatus } = this.#options;
    if (!onStatus) return;
    const { status } = this;
    if (status.doing === this.#toldDoing) return;
    this.#toldDoing = status.doing;
    onStatus(status);
  }
}

function resultOf({ code, message, finished }: Exit): WorkResult {
  if (code !== 'finished' && code !== 'left') throw new LockstepError(toErrorCode(code), message);
  return { finished, reason: message };
}
