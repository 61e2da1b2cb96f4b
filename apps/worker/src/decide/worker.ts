// All decisions of a worker, without I/O: events and the time go in, effects come out. The same object runs behind
// real sockets (work.ts) and in the simulator. This file holds the link and the run; what it does in a generation is in
// generation-role.ts.
// Invariants: a message or frame of another generation than the newest one that was announced changes nothing; the
// engine has one operation under way at most, and a pause is answered when it has none.
import {
  type CoordinatorMessage,
  DISMISSED,
  type RunMessage,
  type WorkerMessage,
} from '@lockstep/wire';
import type { Exit, Operation, RoleHost, WorkerEffect, WorkerInput } from './border.js';
import { GenerationRole, type WorkerBounds } from './generation-role.js';
import { RunEngine } from './run-engine.js';
import { sayable } from './sayable.js';
import type { WorkerIdentity, WorkerStanding } from './standing.js';

/** Threads that die so often in a row at one step end the worker. */
const MAX_LOSSES = 3;
/** Refusals after which it is worth coming again. */
const PASSING_REFUSALS: ReadonlySet<string> = new Set(['stale', 'silent', 'lost', 'busy', 'full']);
/** Failures of a step: the engine is whole and holds its state. */
const NON_FINITE = 'non-finite';
/** Failures after which the engine has new threads. */
const THREAD_LOST = 'thread-lost';

/** A worker's decisions: what has happened in, what is to be done out. */
export class Worker {
  readonly #identity: WorkerIdentity;
  readonly #bounds: WorkerBounds;
  #effects: WorkerEffect[] = [];
  #now = 0;
  #isOver = false;

  #isConnected = false;
  #joined: 'no' | 'due' | 'yes' = 'no';
  #run: RunMessage | undefined;
  readonly #engine = new RunEngine();
  /** It goes so, as soon as the coordinator lets it. */
  #parting: Exit | undefined;

  /** The newest one announced in this run. */
  #generation = 0;
  #role: GenerationRole | undefined;

  constructor(identity: WorkerIdentity, bounds: WorkerBounds = {}) {
    this.#identity = identity;
    this.#bounds = bounds;
  }

  get status(): WorkerStanding {
    const { view } = this.#engine;
    return {
      isConnected: this.#isConnected,
      run: this.#run?.name,
      isReady: view !== undefined,
      phase: this.#role?.phase ?? 'idle',
      generation: this.#generation,
      members: this.#role?.members ?? 0,
      step: view?.step,
      steps: view?.steps,
    };
  }

  /** Whether it goes as soon as the coordinator has what only this worker holds. */
  get isLeaving(): boolean {
    return this.#parting !== undefined;
  }

  /**
   * @param now milliseconds, never less than before
   * @returns what to do, in this order
   */
  handle(event: WorkerInput, now: number): WorkerEffect[] {
    if (this.#isOver) return [];
    this.#now = now;
    this.#take(event);
    if (!this.#isOver) this.#proceed();
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  #take(event: WorkerInput): void {
    switch (event.type) {
      case 'connected':
        this.#isConnected = true;
        return;
      case 'disconnected':
        this.#forgetLink();
        if (this.#parting) this.#exit(this.#parting);
        else if (event.code === DISMISSED) this.#exit({ code: 'left', message: event.reason });
        else this.#effects.push({ type: 'reconnect' });
        return;
      case 'control':
        // A worker's own kind of message cannot get past the codec.
        if (this.#isConnected) this.#takeControl(event.message as CoordinatorMessage);
        return;
      case 'frame':
        if (event.header.kind !== 'dataset') this.#role?.takeFrame(event);
        return;
      case 'leave':
        this.#leave(event.reason);
        return;
      case 'engine-ready':
        if (event.run !== this.#run?.run) return;
        this.#engine.make(event.engine);
        return;
      case 'links-open':
        if (event.generation === this.#role?.generation) this.#role.takeLinksOpen();
        return;
      case 'link-failed':
        if (event.generation === this.#role?.generation) this.#role.lose(event.rank, event.reason);
        return;
      case 'blocks-computed':
        if (this.#engine.isBusy) this.#role?.takeBlocks(event);
        return;
    }
    // What is left is the end of an operation.
    this.#engine.end();
    switch (event.type) {
      case 'engine-failed':
        this.#takeFailure(event.code, event.message);
        return;
      case 'state-loaded':
        return;
    }
    this.#role?.takeEnd(event);
  }

  /**
   * It goes as soon as the coordinator closes the link: what only this worker holds has been fetched by then. The second
   * time it goes at once.
   */
  #leave(reason: string): void {
    const exit: Exit = { code: 'left', message: reason };
    const isHolding = this.#joined === 'yes' && this.#engine.step > 0;
    if (this.#isConnected && !this.#parting) this.#send({ type: 'leave', reason: sayable(reason) });
    if (this.#isConnected && isHolding && !this.#parting) this.#parting = exit;
    else this.#exit(this.#parting ?? exit);
  }

  /** Does what is due and waited for the engine, or for another half of what it needs. */
  #proceed(): void {
    if (this.#engine.isBusy || !this.#engine.view || !this.#isConnected) return;
    if (this.#joined === 'due') this.#join();
    this.#role?.proceed();
  }

  #takeControl(message: CoordinatorMessage): void {
    switch (message.type) {
      case 'run':
        this.#takeRun(message);
        return;
      case 'refused':
        this.#takeRefused(message.code, message.message);
        return;
      case 'finish':
        this.#finish(message.step, message.weightsHash);
        return;
      case 'pause':
        this.#takePause(message.generation);
        return;
    }
    if (this.#joined !== 'yes' || message.generation !== this.#generation) return;
    if (this.#role) this.#role.order(message);
    else this.#refuse(`${message.type} while idle`);
  }

  #takeRun(run: RunMessage): void {
    if (this.#joined !== 'no') {
      this.#refuse('the run was told twice on one link');
      return;
    }
    this.#joined = 'due';
    const before = this.#run;
    this.#run = run;
    if (before && isSameRun(before, run)) return;
    this.#engine.reset();
    this.#generation = 0;
    this.#effects.push({ type: 'prepare', run });
  }

  #join(): void {
    this.#joined = 'yes';
    const { name, threads, url } = this.#identity;
    const held = this.#engine.held();
    this.#send({ type: 'join', name, threads, url, held });
    const { run } = this.#run!;
    const report = { event: 'joined', run, name, threads, step: held?.step ?? null } as const;
    this.#effects.push({ type: 'emit', event: report });
  }

  #takeRefused(code: string, message: string): void {
    if (this.#parting) {
      this.#exit(this.#parting);
      return;
    }
    // A run that was given up before it could know of what this worker brings back may yet go on from there.
    const isUnheard = this.#joined !== 'yes' && this.#engine.step > 0;
    if (PASSING_REFUSALS.has(code) || (code === 'run-failed' && isUnheard)) {
      this.#drop(code, message);
      return;
    }
    this.#exit({ code, message: `worker: refused by the coordinator: ${message}` });
  }

  #finish(step: number, weightsHash: string): void {
    const { isBusy, view } = this.#engine;
    const own = !isBusy && view?.step === step ? view.weightsHash() : weightsHash;
    if (own !== weightsHash) {
      this.#exit({
        code: 'divergence',
        message: `worker: the run ended at step ${step} with the weights ${weightsHash}, this worker holds ${own}`,
      });
      return;
    }
    const finished = { step, weightsHash };
    this.#exit({ code: 'finished', message: `the run is over at step ${step}`, finished });
  }

  #takePause(generation: number): void {
    if (this.#joined !== 'yes' || generation <= this.#generation) return;
    this.#role?.close();
    this.#generation = generation;
    this.#role = new GenerationRole(this.#host(), generation, this.#run!, this.#bounds, this.#role);
  }

  #host(): RoleHost {
    const now = (): number => this.#now;
    return {
      get now() {
        return now();
      },
      engine: this.#engine.view!,
      held: () => this.#engine.held(),
      operate: (operation) => this.#operate(operation),
      send: (message) => this.#send(message),
      push: (effect) => this.#effects.push(effect),
      refuse: (reason) => this.#refuse(reason),
    };
  }

  #takeFailure(code: string, message: string): void {
    const isInStep = this.#role?.takeFailure() ?? false;
    const { step, view } = this.#engine;
    const generation = this.#generation;
    if (code === NON_FINITE && view) {
      if (!isInStep) return;
      this.#send({ type: 'failed', generation, step, code, message: sayable(message) });
      return;
    }
    // What the engine holds is whole: it joins anew with that.
    if (code === THREAD_LOST && view && this.#engine.countLoss() < MAX_LOSSES) {
      this.#drop(code, message);
      return;
    }
    const said = sayable(message);
    if (this.#joined === 'yes') {
      this.#send({ type: 'failed', generation, step, code, message: said });
      // Without threads it can hand over yet what it holds.
      if (code === THREAD_LOST && step > 0) {
        this.#parting = { code, message };
        return;
      }
    } else if (this.#isConnected) this.#send({ type: 'leave', reason: said });
    this.#exit({ code, message });
  }

  /** The coordinator does not keep to the protocol. */
  #refuse(reason: string): void {
    this.#drop('protocol', `worker: the coordinator broke the protocol: ${reason}`);
  }

  #drop(code: string, message: string): void {
    if (!this.#isConnected) return;
    this.#forgetLink();
    this.#effects.push({ type: 'disconnect', code, message });
  }

  #forgetLink(): void {
    this.#isConnected = false;
    this.#joined = 'no';
    this.#role?.close();
    this.#role = undefined;
  }

  #operate(operation: Operation): void {
    this.#engine.begin(operation);
    this.#effects.push(operation);
  }

  #send(message: WorkerMessage): void {
    this.#effects.push({ type: 'send', message });
  }

  #exit(exit: Exit): void {
    this.#isOver = true;
    this.#effects.push({ type: 'exit', exit });
  }
}

/** Whether a state of the one is worth something in the other. */
function isSameRun(a: RunMessage, b: RunMessage): boolean {
  const data = ({ datasets }: RunMessage): string => JSON.stringify(datasets);
  return a.run === b.run && a.config === b.config && data(a) === data(b);
}
