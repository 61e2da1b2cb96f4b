// The coordinator without the world: membership's decisions, and those who move bytes between workers on their behalf:
// states on their way through, the sums of a star, pieces of the dataset. Events in, effects out; it never waits.
// Invariant: frames of another generation than the present one change nothing; a worker may have no more queued for it than
// what it was dealt can need.
import { allReduceFor, COORDINATOR } from '@lockstep/collective';
import { ProtocolError } from '@lockstep/errors';
import {
  encodeControl,
  type FrameHeader,
  MAX_PIECE_BYTES,
  MAX_QUEUED_BYTES,
  type WorkerMessage,
} from '@lockstep/wire';
import type { CoordinatorEffect, CoordinatorInput, CoordinatorSetup } from './border.js';
import { DatasetTransfers } from './dataset-transfers.js';
import type { Effect } from './membership/state/effect.js';
import type { Event } from './membership/state/event.js';
import type { MemberId } from './membership/state/member.js';
import type { State } from './membership/state/state.js';
import { initialState, step } from './membership/step.js';
import { lacking, standsStill, waitReason } from './membership/wait-reason.js';
import { PieceSender } from './piece-sender.js';
import { Reducing } from './reducing.js';
import { StateTransfers } from './state-transfers.js';
import type { TransferHost } from './transfer-host.js';

export class Coordinator {
  readonly #setup: CoordinatorSetup;
  /** What may be queued for a worker, besides sums. */
  readonly #queueBytes: number;
  readonly #pieces: PieceSender;
  readonly #datasets: DatasetTransfers;
  readonly #states: StateTransfers;
  readonly #host: TransferHost;
  #reducing: Reducing | undefined;
  #state: State;
  #effects: CoordinatorEffect[] = [];
  #now = 0;

  constructor(setup: CoordinatorSetup) {
    const { config, durable, run, stateBytes, pieceBytes } = setup;
    this.#setup = setup;
    this.#queueBytes = MAX_QUEUED_BYTES + encodeControl(run).length;
    this.#state = initialState(config, durable);
    this.#host = {
      push: (effect) => this.#effects.push(effect),
      decide: (event) => this.#decide(event),
      break: (id, message) => this.#break(id, message),
    };
    this.#pieces = new PieceSender(this.#host);
    this.#datasets = new DatasetTransfers(this.#host, this.#pieces, run);
    this.#states = new StateTransfers(this.#host, this.#pieces, stateBytes, pieceBytes);
  }

  get membership(): State {
    return this.#state;
  }

  /** What it waits for, for people; undefined while workers compute, and when the run is over. */
  waitReason(now: number): string | undefined {
    return waitReason(this.#state, now);
  }

  /** The same, while nobody computes. */
  idleReason(now: number): string | undefined {
    return standsStill(this.#state) ? this.waitReason(now) : undefined;
  }

  /** Workers that must yet come before anybody computes; 0 when enough are there. */
  missing(now: number): number {
    return lacking(this.#state, now);
  }

  /**
   * @param now milliseconds of a clock that never goes back
   * @returns what is to be done, in this order
   */
  handle(event: CoordinatorInput, now: number): CoordinatorEffect[] {
    this.#effects = [];
    this.#now = now;
    switch (event.type) {
      case 'control':
        this.#control(event.id, event.message);
        break;
      case 'frame':
        this.#frame(event.id, event.header, event.payload);
        break;
      case 'state-loaded':
        this.#states.takeLoaded(event.step, event.bytes);
        break;
      case 'piece':
        this.#datasets.takeRead(event.id, event.offset, event.bytes);
        break;
      case 'piece-left':
        this.#pieces.left(event.id);
        break;
      case 'lost':
        this.#forget(event.id);
        this.#decide(event);
        break;
      default:
        this.#decide(event);
    }
    return this.#effects;
  }

  #decide(event: Event): void {
    const { decide = step } = this.#setup;
    const { state, effects } = decide(this.#state, event, this.#now);
    this.#state = state;
    for (const effect of effects) this.#carryOut(effect);
  }

  #carryOut(effect: Effect): void {
    switch (effect.type) {
      case 'send':
      case 'journal':
      case 'emit':
      case 'checkpoint-kept':
      case 'checkpoint-refused':
      case 'over':
        this.#effects.push(effect);
        break;
      case 'close':
        this.#forget(effect.id);
        this.#effects.push(effect);
        break;
      case 'send-run':
        this.#limit(effect.to, MAX_PIECE_BYTES, this.#queueBytes);
        this.#effects.push({ type: 'send', to: effect.to, message: this.#setup.run });
        break;
      case 'fetch-state':
        this.#states.fetch(effect);
        break;
      case 'load-state':
        this.#states.load(effect);
        break;
      case 'offer-state':
        this.#states.offer(effect);
        break;
      case 'drop-state':
        this.#states.drop(effect.held);
        break;
      case 'save-state':
        this.#states.save(effect);
        break;
      case 'deal':
        this.#deal(effect);
        break;
      case 'hub-off':
        this.#reducing = undefined;
        this.#states.stop();
        break;
    }
  }

  #isKnown(id: MemberId): boolean {
    const { members, arriving } = this.#state;
    return arriving.includes(id) || members.some((member) => member.id === id);
  }

  #forget(id: MemberId): void {
    this.#datasets.forget(id);
    this.#pieces.forget(id);
  }

  #break(id: MemberId, message: string): void {
    this.#decide({ type: 'broken', id, message });
  }

  #control(id: MemberId, message: WorkerMessage): void {
    if (message.type === 'fetch') {
      if (this.#isKnown(id)) this.#datasets.fetch(id, message);
    } else if (message.type === 'fetch-state') {
      const isCurrent = message.generation === this.#state.generation;
      if (this.#isKnown(id) && isCurrent) this.#states.send(id, message);
    } else this.#decide({ type: 'message', id, message });
  }

  #frame(id: MemberId, header: FrameHeader, payload: readonly Uint8Array[]): void {
    if (!this.#isKnown(id) || header.generation !== this.#state.generation) return;
    try {
      if (header.kind === 'partial') {
        if (!this.#reducing)
          throw new ProtocolError(
            'frame: a partial, but none goes through here in this generation',
          );
        this.#reducing.take(id, header, payload);
      } else if (header.kind === 'state') this.#states.takePiece(id, header, payload);
      else this.#break(id, `frame: a worker sends no ${header.kind}`);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#break(id, error.message);
    }
  }

  #limit(to: MemberId, maxFrameBytes: number, maxQueuedBytes: number): void {
    this.#effects.push({ type: 'limit', to, maxFrameBytes, maxQueuedBytes });
  }

  /** Tells every rank; a hub is there before anybody hears of it. */
  #deal({ generation, held, topology, members }: Extract<Effect, { type: 'deal' }>): void {
    const { vectorFloats, backend, drawKey } = this.#setup;
    const key = drawKey();
    const described = members.map(({ name, url, first, end }) => ({ name, url, first, end }));
    const group = { ranges: described, topology, floats: vectorFloats };
    const method = allReduceFor(group);
    const hub = method.hub?.(group, held.step, backend);
    const ids = members.map(({ id }) => id);
    if (hub) this.#reducing = new Reducing(this.#host, hub, ids);
    const behind = members.flatMap(({ isBehind }, rank) => (isBehind ? [rank] : []));
    const common = { generation, ...held, topology, members: described, behind, key } as const;
    for (const [rank, id] of ids.entries()) {
      const here = { ...group, rank: COORDINATOR };
      const partialBytes = hub ? method.largestMessage(here, rank) : 0;
      // Nobody can be a step ahead without the sum before; that it has left may be heard a little later.
      const sumBytes = hub ? 2 * method.sentBytes(here, rank) : 0;
      this.#limit(id, Math.max(MAX_PIECE_BYTES, partialBytes), this.#queueBytes + sumBytes);
      this.#effects.push({
        type: 'send',
        to: id,
        message: { type: 'generation', rank, ...common },
      });
    }
  }
}
