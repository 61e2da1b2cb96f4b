// All decisions of a worker, without I/O: events and the time go in, effects come out. The same object runs behind
// real sockets (work.ts) and in the simulator. This file holds the link, the run and the forming of a generation;
// its steps are in stepping.ts and following.ts.
// Invariants: a message or frame of another generation than the newest one that was announced changes nothing; the
// engine has one operation under way at most, and a pause is answered when it has none; what is said about the held
// state is what the engine holds.
import { alignedBlocks, COORDINATOR } from '@lockstep/collective';
import type {
  CoordinatorMessage,
  GenerationMessage,
  HeldState,
  RunMessage,
  TakeStateMessage,
  WorkerMessage,
} from '@lockstep/wire';
import { MAX_TEXT_CHARACTERS, printable } from '@lockstep/wire';
import { checkPlan } from './check-plan.js';
import { Exchanging } from './exchanging.js';
import { Following } from './following.js';
import type {
  EngineView,
  NodeEvent,
  NodeExchange,
  NodeHost,
  Operation,
  Outcome,
  WorkerEffect,
} from './protocol.js';
import { StateTraffic } from './state-traffic.js';
import { Stepping, type SteppingPhase } from './stepping.js';

export interface WorkerIdentity {
  /** 1 to 64 printable characters. */
  readonly name: string;
  readonly threads: number;
  /** Where other workers reach this one; null if they cannot. */
  readonly url: string | null;
}

/** In bytes. */
export interface WorkerBounds {
  /** So much of a state is asked for at once; as much as may be, if not given. */
  readonly pieceBytes?: number;
  /** With more sums than this that wait for the state they are for, it holds the others up. */
  readonly keptBytes?: number;
}

/** `idle` is in no generation; from `prepared` on it is the phase of the steps. */
export type NodePhase =
  | 'idle'
  | 'pausing'
  | 'paused'
  | 'preparing'
  /** Comes after the others, without shards. */
  | 'following'
  | SteppingPhase;

/** Where a node stands, for people. */
export interface NodeStatus {
  readonly isConnected: boolean;
  /** The name of the run, once it is known. */
  readonly run: string | undefined;
  /** Whether data and engine are there. */
  readonly isReady: boolean;
  readonly phase: NodePhase;
  readonly generation: number;
  readonly members: number;
  /** Of the held state. */
  readonly step: number | undefined;
  /** Of the whole run. */
  readonly steps: number | undefined;
}

/** Threads that die so often in a row at one step end the worker. */
const MAX_LOSSES = 3;
/** Refusals after which it is worth coming again. */
const PASSING_REFUSALS: ReadonlySet<string> = new Set(['stale', 'silent', 'lost', 'busy', 'full']);
/** Failures of a step: the engine is whole and holds its state. */
const NON_FINITE = 'non-finite';
/** Failures after which the engine has new threads. */
const THREAD_LOST = 'thread-lost';

type FrameEvent = Extract<NodeEvent, { type: 'frame' }>;

export class WorkerNode {
  readonly #identity: WorkerIdentity;
  readonly #bounds: WorkerBounds;
  #effects: WorkerEffect[] = [];
  #now = 0;
  #isOver = false;

  #isConnected = false;
  #joined: 'no' | 'due' | 'yes' = 'no';
  #run: RunMessage | undefined;
  #engine: EngineView | undefined;
  #busy: Operation['type'] | undefined;
  /** What the engine holds, if its digest was taken. */
  #held: HeldState | undefined;
  #losses = { step: -1, count: 0 };

  /** The newest one announced in this run. */
  #generation = 0;
  #phase: 'idle' | 'pausing' | 'paused' | 'preparing' | 'running' = 'idle';
  #plan: GenerationMessage | undefined;
  #linksOpen = false;
  /** In a generation that it has shards of, and in one that it comes after. */
  #stepping: Stepping | undefined;
  #following: Following | undefined;
  /** What it followed until it was paused: the few steps that it has sums for are taken yet. */
  #followed: Following | undefined;
  /** Another member cannot be worked with: nothing more is exchanged in this generation. */
  #isBroken = false;
  #early: FrameEvent[] = [];
  /** Of the newest generation, from when it is paused for it. */
  #states: StateTraffic | undefined;

  constructor(identity: WorkerIdentity, bounds: WorkerBounds = {}) {
    this.#identity = identity;
    this.#bounds = bounds;
  }

  get status(): NodeStatus {
    return {
      isConnected: this.#isConnected,
      run: this.#run?.name,
      isReady: this.#engine !== undefined,
      phase: this.#phase === 'running' ? this.#acting!.phase : this.#phase,
      generation: this.#generation,
      members: this.#plan?.members.length ?? 0,
      step: this.#engine?.step,
      steps: this.#engine?.steps,
    };
  }

  /**
   * @param now milliseconds, never less than before
   * @returns what to do, in this order
   */
  handle(event: NodeEvent, now: number): WorkerEffect[] {
    if (this.#isOver) return [];
    this.#now = now;
    this.#take(event);
    if (!this.#isOver) this.#proceed();
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  #take(event: NodeEvent): void {
    switch (event.type) {
      case 'connected':
        this.#isConnected = true;
        return;
      case 'disconnected':
        this.#forgetLink();
        this.#effects.push({ type: 'reconnect' });
        return;
      case 'control':
        // A worker's own kind of message cannot get past the codec.
        if (this.#isConnected) this.#takeControl(event.message as CoordinatorMessage);
        return;
      case 'frame':
        this.#takeFrame(event);
        return;
      case 'leave':
        if (this.#isConnected) this.#send({ type: 'leave', reason: sayable(event.reason) });
        this.#exit({ code: 'left', message: event.reason });
        return;
      case 'engine-ready':
        if (event.run !== this.#run?.run) return;
        this.#engine = event.engine;
        this.#held = undefined;
        return;
      case 'links-open':
        if (event.generation === this.#plan?.generation) this.#linksOpen = true;
        return;
      case 'link-failed':
        if (event.generation === this.#plan?.generation) this.#lose(event.rank, event.reason);
        return;
    }
    if (event.type === 'blocks-computed') {
      if (event.generation === this.#plan?.generation && this.#busy) {
        this.#stepping?.takeBlocks(event.step, event.blocks);
      }
      return;
    }
    // What is left is the end of an operation.
    this.#busy = undefined;
    switch (event.type) {
      case 'engine-failed':
        this.#takeFailure(event.code, event.message);
        return;
      case 'state-loaded':
        return;
    }
    if (event.generation !== this.#plan?.generation) return;
    switch (event.type) {
      case 'assigned':
        this.#takeExchange(event.exchange, this.#plan);
        return;
      case 'computed':
        this.#stepping?.takeComputed();
        return;
      case 'advanced':
        this.#stepping?.takeAdvanced(event.step, event.loss, event.sendMs);
        return;
      case 'evaluated':
        this.#stepping?.takeEvaluated(event.sums);
        return;
      case 'recomputed':
        this.#stepping?.takeRecomputed(event.digest);
        return;
    }
  }

  /** Does what is due and waited for the engine, or for another half of what it needs. */
  #proceed(): void {
    if (this.#busy || !this.#engine || !this.#isConnected) return;
    if (this.#joined === 'due') this.#join();
    if (this.#phase === 'pausing') {
      const step = this.#followed?.nextOfFew();
      if (step) {
        this.#operate(step);
        return;
      }
      this.#phase = 'paused';
      this.#followed = undefined;
      this.#send({ type: 'paused', generation: this.#generation, held: this.#heldState() });
    }
    this.#attempt(COORDINATOR, () => this.#states?.proceed());
    const whole = this.#states?.takeWhole();
    if (whole) {
      this.#held = undefined;
      this.#operate({ type: 'load-state', ...whole });
      return;
    }
    if (this.#phase === 'preparing') this.#prepare(this.#plan!);
    if (this.#phase !== 'running' || this.#busy) return;
    this.#acting!.proceed();
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
    switch (message.type) {
      case 'take-state':
        this.#takeState(message);
        return;
      case 'send-state':
        this.#attempt(COORDINATOR, () => this.#states?.give(message));
        return;
      case 'generation':
        this.#takePlan(message);
        return;
      case 'advance':
      case 'audit-passed':
      case 'audit-range': {
        const running = this.#phase === 'running' ? this.#stepping : undefined;
        const wrong = running
          ? running.order(message)
          : `${message.type} while ${this.status.phase}`;
        if (wrong) this.#refuse(wrong);
        return;
      }
    }
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
    this.#engine = undefined;
    this.#busy = undefined;
    this.#held = undefined;
    this.#generation = 0;
    this.#followed = undefined;
    this.#losses = { step: -1, count: 0 };
    this.#effects.push({ type: 'prepare', run });
  }

  #join(): void {
    this.#joined = 'yes';
    const { name, threads, url } = this.#identity;
    const held = this.#heldState();
    this.#send({ type: 'join', name, threads, url, held });
    const { run } = this.#run!;
    const report = { event: 'joined', run, name, threads, step: held?.step ?? null } as const;
    this.#effects.push({ type: 'emit', event: report });
  }

  #takeRefused(code: string, message: string): void {
    if (PASSING_REFUSALS.has(code)) {
      this.#drop(code, message);
      return;
    }
    this.#exit({ code, message: `worker: refused by the coordinator: ${message}` });
  }

  #finish(step: number, weightsHash: string): void {
    const holds = !this.#busy && this.#engine?.step === step;
    const own = holds ? this.#engine!.weightsHash() : weightsHash;
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
    this.#leaveGeneration();
    this.#generation = generation;
    this.#phase = 'pausing';
    this.#states = new StateTraffic(this.#host(), generation, this.#bounds.pieceBytes);
  }

  #leaveGeneration(): void {
    if (this.#plan?.topology === 'mesh') this.#effects.push({ type: 'close-links' });
    this.#phase = 'idle';
    this.#plan = undefined;
    this.#linksOpen = false;
    this.#stepping = undefined;
    this.#followed = this.#following ?? this.#followed;
    this.#following = undefined;
    this.#isBroken = false;
    this.#early = [];
    this.#states = undefined;
  }

  #takeState(message: TakeStateMessage): void {
    const { step } = message;
    if (this.#phase !== 'paused' && this.#phase !== 'preparing' && !this.#following) {
      this.#refuse(`take-state while ${this.status.phase}`);
    } else if (this.#following && step !== this.#plan!.step) {
      this.#refuse(`take-state of step ${step}, the generation began with ${this.#plan!.step}`);
    } else this.#attempt(COORDINATOR, () => this.#states!.accept(message));
  }

  #takePlan(plan: GenerationMessage): void {
    if (this.#phase !== 'paused') {
      this.#refuse(`generation while ${this.#phase}`);
      return;
    }
    const wrong = checkPlan(plan, this.#engine!);
    if (wrong) {
      this.#refuse(wrong);
      return;
    }
    this.#plan = plan;
    this.#phase = 'preparing';
    this.#linksOpen = plan.topology !== 'mesh';
    if (this.#linksOpen) return;
    const { generation, rank, members, key } = plan;
    this.#effects.push({ type: 'open-links', generation, rank, members, key });
  }

  /** Says `prepared` once links, engine and state are there. */
  #prepare(plan: GenerationMessage): void {
    const { generation, rank, topology, step } = plan;
    if (!this.#acting) {
      const ranges = plan.members.map(({ first, end }) => ({ first, end }));
      const assignment = { rank, ranges, topology, replays: plan.behind.includes(rank) };
      this.#operate({ type: 'assign', generation, assignment });
      return;
    }
    const held = this.#following ? null : this.#heldState();
    const isReady = this.#following !== undefined || held?.step === step;
    if (!this.#linksOpen || this.#isBroken || !isReady) return;
    this.#phase = 'running';
    this.#send({ type: 'prepared', generation, held });
    const { first, end } = plan.members[rank]!;
    const members = plan.members.map(({ name }) => name);
    const place = { generation, rank, members, topology, first, end, step };
    this.#effects.push({ type: 'emit', event: { event: 'generation', ...place } });
  }

  #takeExchange(exchange: NodeExchange, plan: GenerationMessage): void {
    const host = this.#host();
    const exchanging = new Exchanging(exchange, plan, host.push);
    if (plan.behind.includes(plan.rank)) {
      const { keptBytes } = this.#bounds;
      this.#following = new Following(host, plan, exchanging, keptBytes);
    } else this.#stepping = new Stepping(host, this.#run!, plan, exchanging);
    for (const frame of this.#early.splice(0)) this.#takePart(this.#acting!, frame);
  }

  get #acting(): Stepping | Following | undefined {
    return this.#stepping ?? this.#following;
  }

  /** What parts of it see, in a generation. */
  #host(): NodeHost {
    const now = (): number => this.#now;
    return {
      get now() {
        return now();
      },
      engine: this.#engine!,
      held: () => this.#heldState()!,
      operate: (operation: Operation) => this.#operate(operation),
      send: (message: WorkerMessage) => this.#send(message),
      push: (effect: WorkerEffect) => this.#effects.push(effect),
    };
  }

  #takeFrame(frame: FrameEvent): void {
    const { kind, generation } = frame.header;
    if (kind === 'dataset' || generation !== this.#generation) return;
    if (this.#phase === 'idle' || this.#isBroken) return;
    if (kind === 'state') {
      const { from, header, payload } = frame;
      if (from === COORDINATOR) this.#attempt(from, () => this.#states!.take(header, payload));
      else this.#lose(from, 'a piece of a state, of which workers send each other none');
      return;
    }
    if (this.#acting) {
      this.#takePart(this.#acting, frame);
      return;
    }
    // Others may be told of the generation, and prepared, before this worker's engine is.
    // More than its blocks and a sum it cannot have to send before it hears of this one.
    const kept = this.#early.filter(({ from }) => from === frame.from).length;
    const member = this.#plan?.members[frame.from];
    if (kept === 2 + (member ? alignedBlocks(member).length : 0)) {
      this.#lose(frame.from, 'it sent too much too early');
      return;
    }
    this.#early.push({ ...frame, payload: frame.payload.map((piece) => piece.slice()) });
  }

  #takePart(acting: Stepping | Following, { from, header, payload }: FrameEvent): void {
    if (!this.#isBroken) this.#attempt(from, () => acting.takePart(from, header, payload));
  }

  /** What a peer sent may be out of its range; then the peer is lost, not this worker. */
  #attempt(from: number, take: () => void): void {
    try {
      take();
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.#lose(from, error.message);
    }
  }

  /** Another side cannot be reached, or broke the protocol. */
  #lose(rank: number, reason: string): void {
    if (rank === COORDINATOR) {
      this.#refuse(reason);
      return;
    }
    if (this.#isBroken) return;
    this.#isBroken = true;
    this.#acting?.stop();
    const generation = this.#generation;
    this.#send({ type: 'link-lost', generation, rank, reason: sayable(reason) });
  }

  #takeFailure(code: string, message: string): void {
    this.#followed = undefined;
    const step = this.#engine?.step ?? 0;
    const generation = this.#generation;
    if (code === NON_FINITE && this.#engine) {
      if (this.#phase !== 'running') return;
      this.#acting!.stop();
      this.#send({ type: 'failed', generation, step, code, message: sayable(message) });
      return;
    }
    if (code === THREAD_LOST && this.#engine) {
      const count = this.#losses.step === step ? this.#losses.count + 1 : 1;
      this.#losses = { step, count };
      // What the engine holds is whole: it joins anew with that.
      if (count < MAX_LOSSES) {
        this.#drop(code, message);
        return;
      }
    }
    const said = sayable(message);
    if (this.#joined === 'yes') {
      this.#send({ type: 'failed', generation, step, code, message: said });
    } else if (this.#isConnected) this.#send({ type: 'leave', reason: said });
    this.#exit({ code, message });
  }

  #heldState(): HeldState | null {
    const { step } = this.#engine!;
    if (step === undefined) return null;
    if (this.#held?.step !== step) this.#held = { step, digest: this.#engine!.digest() };
    return this.#held;
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
    this.#leaveGeneration();
  }

  #operate(operation: Operation): void {
    this.#busy = operation.type;
    this.#effects.push(operation);
  }

  #send(message: WorkerMessage): void {
    this.#effects.push({ type: 'send', message });
  }

  #exit(outcome: Outcome): void {
    this.#isOver = true;
    this.#effects.push({ type: 'exit', outcome });
  }
}

function sayable(text: string): string {
  return printable(text, MAX_TEXT_CHARACTERS);
}

/** Whether a state of the one is worth something in the other. */
function isSameRun(a: RunMessage, b: RunMessage): boolean {
  const data = ({ train, test }: RunMessage): string => JSON.stringify([train, test]);
  return a.run === b.run && a.config === b.config && data(a) === data(b);
}
