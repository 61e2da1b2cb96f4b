// A worker's role in one generation, from the pause that announces it until the next one is announced or the link is
// lost: it stops, takes its shards, links and, if it lacks it, the state, and then it steps, or follows who steps. Belongs
// to Worker, which owns the link, the run and the engine.
// Invariant: nothing is done in a generation after `close`; what comes for another one changes nothing.

import { COORDINATOR } from '@lockstep/collective';
import { ProtocolError } from '@lockstep/errors';
import type {
  AdvanceMessage,
  AuditPassedMessage,
  AuditRangeMessage,
  GenerationMessage,
  RunMessage,
  SendStateMessage,
  TakeStateMessage,
} from '@lockstep/wire';
import type { ExchangeView, RoleHost, WorkerInput } from './border.js';
import { checkPlan } from './check-plan.js';
import { EarlyFrames, type FrameInput } from './early-frames.js';
import { Exchanging } from './exchanging.js';
import { Following } from './following.js';
import { sayable } from './sayable.js';
import { StateTraffic } from './state-traffic.js';
import { Stepping, type SteppingPhase } from './stepping.js';
import { withoutShards } from './without-shards.js';

/** In bytes. */
export interface WorkerBounds {
  /** So much of a state is asked for at once; as much as may be, if not given. */
  readonly pieceBytes?: number;
  /** With more sums than this that wait for the state they are for, it holds the others up. */
  readonly keptBytes?: number;
}

/** `following` comes after the others, without shards; further ones are those of the steps. */
export type RolePhase = 'pausing' | 'paused' | 'preparing' | 'following' | SteppingPhase;

type OperationEnd = Extract<
  WorkerInput,
  { type: 'assigned' | 'computed' | 'advanced' | 'evaluated' | 'replayed' | 'recomputed' }
>;
type Orders =
  | TakeStateMessage
  | SendStateMessage
  | GenerationMessage
  | AdvanceMessage
  | AuditPassedMessage
  | AuditRangeMessage;

export class GenerationRole {
  readonly generation: number;
  readonly #host: RoleHost;
  readonly #run: RunMessage;
  readonly #bounds: WorkerBounds;
  readonly #states: StateTraffic;
  #isClosed = false;
  #phase: 'pausing' | 'paused' | 'preparing' | 'running' = 'pausing';
  #plan: GenerationMessage | undefined;
  #linksOpen = false;
  /** Where it has shards, and where it comes after those who have. */
  #stepping: Stepping | undefined;
  #following: Following | undefined;
  /** What it followed until it was paused: the few steps that it has sums for are taken yet. */
  #followed: Following | undefined;
  /** Another member cannot be worked with: nothing more is exchanged in this generation. */
  #isBroken = false;
  readonly #early = new EarlyFrames();

  /** @param before its role in the generation that this one ends, on the same link */
  constructor(
    host: RoleHost,
    generation: number,
    run: RunMessage,
    bounds: WorkerBounds,
    before?: GenerationRole,
  ) {
    this.#host = host;
    this.generation = generation;
    this.#run = run;
    this.#bounds = bounds;
    this.#states = new StateTraffic(host, generation, bounds.pieceBytes);
    if (before) this.#followed = before.#following ?? before.#followed;
  }

  get phase(): RolePhase {
    return this.#phase === 'running' ? this.#acting!.phase : this.#phase;
  }

  /** Of the generation, once it is told. */
  get members(): number {
    return this.#plan?.members.length ?? 0;
  }

  get #acting(): Stepping | Following | undefined {
    return this.#stepping ?? this.#following;
  }

  close(): void {
    this.#isClosed = true;
    if (this.#plan?.topology === 'mesh') this.#host.push({ type: 'close-links' });
  }

  /** Does what is due; the engine is free. */
  proceed(): void {
    if (this.#phase === 'pausing' && !this.#stop()) return;
    this.#attempt(COORDINATOR, () => this.#states.proceed());
    if (this.#isClosed) return;
    const whole = this.#states.takeWhole();
    if (whole) {
      this.#host.operate({ type: 'load-state', ...whole });
      return;
    }
    if (this.#phase === 'preparing') this.#prepare(this.#plan!);
    if (this.#phase === 'running') this.#acting!.proceed();
  }

  /** @returns whether it has come to a stop, and said so */
  #stop(): boolean {
    const step = this.#followed?.nextOfFew();
    if (step) {
      this.#host.operate(step);
      return false;
    }
    this.#phase = 'paused';
    this.#followed = undefined;
    this.#host.send({
      type: 'paused',
      generation: this.generation,
      held: this.#host.held(),
    });
    return true;
  }

  /** The coordinator's, of this generation. */
  order(message: Orders): void {
    switch (message.type) {
      case 'take-state':
        this.#takeState(message);
        return;
      case 'send-state':
        this.#attempt(COORDINATOR, () => this.#states.give(message));
        return;
      case 'generation':
        this.#takePlan(message);
        return;
    }
    const running = this.#phase === 'running' ? this.#stepping : undefined;
    const wrong = running ? running.order(message) : `${message.type} while ${this.phase}`;
    if (wrong) this.#host.refuse(wrong);
  }

  takeLinksOpen(): void {
    this.#linksOpen = true;
  }

  /** An operation has ended that was for this generation. */
  takeEnd(event: OperationEnd): void {
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

  /** Some of the own blocks are there, and the operation goes on. */
  takeBlocks({
    generation,
    step,
    blocks,
  }: Extract<WorkerInput, { type: 'blocks-computed' }>): void {
    if (generation === this.#plan?.generation) this.#stepping?.takeBlocks(step, blocks);
  }

  /** A step was not taken. @returns whether it was one of this generation's */
  takeFailure(): boolean {
    this.#followed = undefined;
    if (this.#phase !== 'running') return false;
    this.#acting!.stop();
    return true;
  }

  takeFrame(frame: FrameInput): void {
    const { from, header, payload } = frame;
    if (header.generation !== this.generation || this.#isBroken) return;
    if (header.kind === 'state') {
      if (from === COORDINATOR) this.#attempt(from, () => this.#states.take(header, payload));
      else this.lose(from, 'a piece of a state, of which workers send each other none');
      return;
    }
    if (this.#acting) {
      this.#pass(this.#acting, frame);
      return;
    }
    const sender = this.#plan?.members[from];
    if (!this.#early.keep(frame, sender)) this.lose(from, 'it sent too much too early');
  }

  /** Another side cannot be reached, or broke the protocol. */
  lose(rank: number, reason: string): void {
    if (rank === COORDINATOR) {
      this.#host.refuse(reason);
      return;
    }
    if (this.#isBroken) return;
    this.#isBroken = true;
    this.#acting?.stop();
    const { generation } = this;
    this.#host.send({ type: 'link-lost', generation, rank, reason: sayable(reason) });
  }

  #takeState(message: TakeStateMessage): void {
    const { step } = message;
    if (this.#phase !== 'paused' && this.#phase !== 'preparing' && !this.#following) {
      this.#host.refuse(`take-state while ${this.phase}`);
    } else if (this.#following && step !== this.#plan!.step) {
      this.#host.refuse(
        `take-state of step ${step}, the generation began with ${this.#plan!.step}`,
      );
    } else this.#attempt(COORDINATOR, () => this.#states.accept(message));
  }

  #takePlan(plan: GenerationMessage): void {
    const wrong =
      this.#phase === 'paused'
        ? checkPlan(plan, this.#host.engine)
        : `generation while ${this.#phase}`;
    if (wrong) {
      this.#host.refuse(wrong);
      return;
    }
    this.#plan = plan;
    this.#phase = 'preparing';
    this.#linksOpen = plan.topology !== 'mesh';
    if (this.#linksOpen) return;
    const { generation, rank, members, key } = plan;
    this.#host.push({ type: 'open-links', generation, rank, members, key });
  }

  /** Says `prepared` once links, engine and state are there. */
  #prepare(plan: GenerationMessage): void {
    const { generation, rank, topology, step } = plan;
    if (!this.#acting) {
      const ranges = plan.members.map(({ first, end }) => ({ first, end }));
      const assignment = { rank, ranges, topology, replays: plan.behind.includes(rank) };
      this.#host.operate({ type: 'assign', generation, assignment });
      return;
    }
    const held = this.#following ? null : this.#host.held();
    const isReady = this.#following !== undefined || held?.step === step;
    if (!this.#linksOpen || this.#isBroken || !isReady) return;
    this.#phase = 'running';
    this.#host.send({ type: 'prepared', generation, held });
    const { first, end } = plan.members[rank]!;
    const members = plan.members.map(({ name }) => name);
    const place = { generation, rank, members, topology, first, end, step };
    this.#host.push({ type: 'emit', event: { event: 'generation', ...place } });
    const reason = withoutShards(plan, this.#host.engine.shards);
    if (reason === undefined) return;
    const report = { event: 'without-shards', generation, step, reason } as const;
    this.#host.push({ type: 'emit', event: report });
  }

  #takeExchange(exchange: ExchangeView, plan: GenerationMessage): void {
    const host = this.#host;
    const exchanging = new Exchanging(exchange, plan, host.push);
    if (plan.behind.includes(plan.rank)) {
      const { keptBytes } = this.#bounds;
      this.#following = new Following(host, plan, exchanging, keptBytes);
    } else this.#stepping = new Stepping(host, this.#run, plan, exchanging);
    for (const frame of this.#early.take()) this.#pass(this.#acting!, frame);
  }

  #pass(acting: Stepping | Following, { from, header, payload }: FrameInput): void {
    if (!this.#isBroken) this.#attempt(from, () => acting.takeFrame(from, header, payload));
  }

  /** What another side sent may be out of its range; then that side is lost, not this worker. */
  #attempt(from: number, take: () => void): void {
    try {
      take();
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.lose(from, error.message);
    }
  }
}
