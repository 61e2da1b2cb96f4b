// A worker from its first event to its last: carries out what its decisions say, over real links, threads and files.
// Invariant: one event at a time goes through the decisions, and its effects are carried out in order before the next.

import { allReduceFor, COORDINATOR } from '@lockstep/collective';
import { LockstepError } from '@lockstep/core';
import { toErrorCode } from '@lockstep/errors';
import type { Backend } from '@lockstep/kernels';
import { type Assignment, Followed, WorkQueue } from '@lockstep/trainer';
import type { Link, Listener, Transport } from '@lockstep/transport';
import { MAX_PIECE_BYTES, MAX_QUEUED_BYTES, type RunMessage } from '@lockstep/wire';
import type { Exit, WorkerEffect, WorkerInput } from '../decide/border.js';
import { Worker } from '../decide/worker.js';
import { type Connect, CoordinatorLink, inWords } from './coordinator-link.js';
import type { DatasetCache, DatasetCacheOptions } from './dataset-cache.js';
import { type ComputeFor, EngineHost } from './engine-host.js';
import { openDoor } from './peer-door.js';
import { PeerLinks } from './peer-links.js';
import { PieceRequests } from './piece-requests.js';
import type { WorkerEvent, WorkerReport, WorkerStatus, WorkResult } from './worker-event.js';
import { WorkerView } from './worker-view.js';

/** How a dataset that is nowhere here is fetched. */
export type DatasetFeed = Pick<DatasetCacheOptions, 'fetch' | 'onProgress'>;

export interface WorkerRunOptions {
  readonly connect: Connect;
  /** For people. */
  readonly where: string;
  readonly name: string;
  readonly threads: number;
  /** Whether those of them rest that make steps slower. */
  readonly adapts: boolean;
  readonly backend: Backend;
  readonly computeFor: ComputeFor;
  readonly datasets: (feed: DatasetFeed) => DatasetCache;
  readonly giveUpAfterMs: number;
  readonly transports: readonly Transport[];
  /** Aborting it leaves the run. */
  readonly signal?: AbortSignal | undefined;
  readonly onStatus?: ((status: WorkerStatus) => void) | undefined;
}

/** A worker that is to go waits so long for the coordinator to fetch what only it holds, or the next piece of it. */
const LEAVE_MS = 10_000;

/** A worker. Leaving the loop over its events early leaves the run. */
export class WorkerRun extends Followed<WorkerEvent, WorkResult> {
  readonly #options: WorkerRunOptions;
  readonly #pieces = new PieceRequests();
  readonly #host: EngineHost;
  readonly #peers: PeerLinks;
  readonly #coordinator: CoordinatorLink;
  #worker: Worker | undefined;
  #run: RunMessage | undefined;
  readonly #inputs = new WorkQueue<WorkerInput>(
    (input) => this.#decide(input),
    // Nothing here throws on purpose; whoever called must not be the one to hear of it.
    (error) => this.#end({ code: 'internal', message: `worker: ${error.message ?? error}` }),
  );
  readonly #view: WorkerView;
  #exit: Exit | undefined;
  #leaving: NodeJS.Timeout | undefined;

  /** Use `work`. */
  constructor(options: WorkerRunOptions) {
    super('worker');
    this.#options = options;
    this.#view = new WorkerView({
      where: options.where,
      onStatus: options.onStatus,
      onDoing: (doing) => this.#emit({ event: 'status', doing }),
    });
    const { threads, adapts, backend, computeFor, transports, connect } = options;
    const { where, giveUpAfterMs } = options;
    const datasets = options.datasets({
      fetch: (sha256, offset, length) => this.#pieces.fetch(sha256, offset, length),
      onProgress: (progress) => this.#view.fetching(progress),
    });
    this.#host = new EngineHost({
      threads,
      adapts,
      backend,
      computeFor,
      datasets,
      onEvent: (event) => this.#handle(event),
      onThreads: ({ threads: computing, ...told }) =>
        this.#emit({ event: 'threads', computing, of: threads, ...told }),
      onFound: ({ dataset: { name }, source }, part) =>
        this.#emit({ event: 'dataset', name, part, source }),
    });
    this.#peers = new PeerLinks({
      arithmetic: backend.arithmetic,
      transports,
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
        this.#view.trouble(undefined);
        this.#handle({ type: 'connected' });
      },
      onClosed: ({ code, message }) => {
        const reason = message || code;
        this.#pieces.close();
        this.#view.trouble(reason);
        if (!this.#worker?.isLeaving) this.#emit({ event: 'disconnected', code, reason });
        this.#handle({ type: 'disconnected', code, reason });
      },
      onRetry: (failed) => {
        const { reason, retryMs, giveUpMs } = failed;
        const limit = giveUpMs === null ? '' : `, giving up in ${inWords(giveUpMs)}`;
        this.#view.trouble(`${reason}; trying again in ${inWords(retryMs)}${limit}`);
        this.#emit({ event: 'not-connected', ...failed });
        this.#view.tell();
      },
      onEnd: (code, reason) => this.#end({ code, message: `worker: ${reason}` }),
    });
  }

  get status(): WorkerStatus {
    return this.#view.status;
  }

  protected async *follow(): AsyncGenerator<WorkerEvent, void, undefined> {
    const { signal } = this.#options;
    const leave = (): void => this.#leave(reasonOf(signal));
    let listener: Listener | undefined;
    try {
      listener = await openDoor(this.#options.transports, {
        towards: this.#options.where,
        arithmetic: this.#options.backend.arithmetic,
        identify: (hello) => this.#peers.identify(hello),
        onLink: (link) => this.#peers.accept(link),
      });
      const { name, threads } = this.#options;
      const url = listener?.url ?? null;
      this.#worker = new Worker({ name, threads: Math.max(1, threads), url });
      this.#view.watch(this.#worker);
      signal?.addEventListener('abort', leave);
      if (signal?.aborted) leave();
      else this.#coordinator.dial();
      yield* this.events;
      this.finish(resultOf(this.#exit!));
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
  #leave(reason: string): void {
    this.#handle({ type: 'leave', reason });
  }

  #leaveInTime(): void {
    clearTimeout(this.#leaving);
    this.#leaving = setTimeout(() => this.#leave('it was not let go in time'), LEAVE_MS);
  }

  /** Whoever iterates has gone before the end. */
  async #left(): Promise<void> {
    if (this.#exit) return;
    this.#leave('its program goes on without it');
    for await (const _ of this.events);
  }

  #takeRun(run: RunMessage): void {
    const link = this.#coordinator.link;
    if (!link || this.#exit) return;
    link.heartbeat(run.heartbeatTimeoutMs);
    this.#run = run;
    this.#pieces.open((message) => link.sendControl(message));
  }

  #handle(input: WorkerInput): void {
    if (!this.#inputs.add([input])) return;
    if (this.#worker?.isLeaving && !this.#leaving) this.#leaveInTime();
    this.#view.tell();
  }

  #decide(input: WorkerInput): undefined {
    if (this.#exit) return;
    for (const effect of this.#worker!.handle(input, performance.now())) this.#carryOut(effect);
  }

  #carryOut(effect: WorkerEffect): void {
    const link = this.#coordinator.link;
    switch (effect.type) {
      case 'prepare':
        this.#pieces.cancel(new LockstepError('stopped', 'another run has begun'));
        this.#view.forgetFetching();
        this.#host.prepare(effect.run);
        return;
      case 'send':
        link?.sendControl(effect.message);
        return;
      case 'send-frame': {
        const begun = performance.now();
        const { to, header, payload } = effect;
        if (header.kind === 'state' && this.#leaving) this.#leaveInTime();
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
    this.#view.end(message);
    if (finished) this.#emit({ event: 'run-end', ...finished });
    else if (code === 'left') this.#emit({ event: 'left', reason: message });
    this.#coordinator.close(code === 'finished' ? 'over' : code, message);
    this.events.end();
  }

  #emit(report: WorkerReport): void {
    if (report.event === 'generation') {
      this.#coordinator.settle();
      this.#view.forgetDoing();
    }
    if (report.event === 'progress') this.#view.pace(report);
    this.events.push({ time: new Date().toISOString(), ...report });
  }
}

/** Whoever aborts may say why, in words. */
function reasonOf(signal: AbortSignal | undefined): string {
  const reason: unknown = signal?.reason;
  return typeof reason === 'string' && reason !== '' ? reason : 'stopped by its user';
}

function resultOf({ code, message, finished }: Exit): WorkResult {
  if (code !== 'finished' && code !== 'left') throw new LockstepError(toErrorCode(code), message);
  return { finished, reason: message };
}
