// The coordinator without the world: membership's decisions, and what moves bytes between workers on their behalf:
// states on their way through, the sums of a star, pieces of the dataset. Events in, effects out; it never waits.
// Invariant: besides the last saved state, at most two are in memory or on their way in, and of each that passes through
// one piece a receiver is on its way; no worker is owed more than two pieces, whatever it asks for and however little it
// reads; frames of another generation than the present one change nothing.

import { createHash } from 'node:crypto';
import { StarHub } from '@lockstep/collective';
import { ProtocolError } from '@lockstep/errors';
import { alignedBlocks } from '@lockstep/tree';
import {
  COORDINATOR_RANK,
  encodeControl,
  type FetchMessage,
  type FetchStateMessage,
  type FrameHeader,
  type HeldState,
  IncomingState,
  MAX_PIECE_BYTES,
  MAX_QUEUED_BYTES,
  OutgoingState,
  type WorkerMessage,
} from '@lockstep/wire';
import type { CoordinatorEffect, CoordinatorInput, CoordinatorSetup } from './border.js';
import type { Effect } from './membership/state/effect.js';
import type { Event } from './membership/state/event.js';
import type { MemberId } from './membership/state/member.js';
import type { State } from './membership/state/state.js';
import { initialState, step } from './membership/step.js';
import { waitReason } from './membership/wait-reason.js';

/** The sums of a generation that is a star; ids by rank. */
interface Star {
  readonly hub: StarHub;
  readonly ids: readonly MemberId[];
}

interface Incoming {
  readonly from: MemberId;
  readonly generation: number;
  readonly held: HeldState;
  readonly state: IncomingState;
}

/**
 * Pieces that a worker has asked for and that have not left. It asks for one when the one before has come, which it can
 * have before this side hears that it has left.
 */
const MOST_QUEUED_PIECES = 2;

export class Coordinator {
  readonly #options: CoordinatorSetup;
  /** Bytes of each array of the datasets, by its hash. */
  readonly #arrays: ReadonlyMap<string, number>;
  /** What may be queued for a worker, besides sums. */
  readonly #queueBytes: number;
  #state: State;
  #effects: CoordinatorEffect[] = [];
  /** States in memory, by step. */
  readonly #copies = new Map<number, { readonly held: HeldState; readonly bytes: Uint8Array }>();
  /** States that members are asked for, by step. */
  readonly #incoming = new Map<number, Incoming>();
  /** What each member may fetch. */
  readonly #outgoing = new Map<MemberId, OutgoingState>();
  /** The saved state that is being read. */
  #loading: HeldState | undefined;
  #star: Star | undefined;
  /** Pieces that are being read, by worker. */
  readonly #fetches = new Map<MemberId, FetchMessage>();
  /** How many pieces were handed over for each worker and have not left. */
  readonly #queued = new Map<MemberId, number>();

  constructor(options: CoordinatorSetup) {
    this.#options = options;
    const { train, test } = options.run;
    const arrays = [train, test].flatMap((dataset) =>
      dataset ? [dataset.inputs, dataset.targets] : [],
    );
    this.#arrays = new Map(arrays.map(({ sha256, bytes }) => [sha256, bytes]));
    this.#queueBytes = MAX_QUEUED_BYTES + encodeControl(options.run).length;
    this.#state = initialState(options.config, options.durable);
  }

  get membership(): State {
    return this.#state;
  }

  /** What it waits for, for people; undefined while workers compute, and when the run is over. */
  waitReason(now: number): string | undefined {
    return waitReason(this.#state, now);
  }

  /**
   * @param now milliseconds of a clock that never goes back
   * @returns what is to be done, in this order
   */
  handle(event: CoordinatorInput, now: number): CoordinatorEffect[] {
    this.#effects = [];
    switch (event.type) {
      case 'control':
        this.#control(event.id, event.message, now);
        break;
      case 'frame':
        this.#frame(event.id, event.header, event.payload, now);
        break;
      case 'state-loaded':
        this.#loaded(event.step, event.bytes, now);
        break;
      case 'piece':
        this.#piece(event.id, event.offset, event.bytes, now);
        break;
      case 'piece-left': {
        const queued = this.#queued.get(event.id);
        if (queued !== undefined) this.#queued.set(event.id, queued - 1);
        break;
      }
      case 'lost':
        this.#forget(event.id);
        this.#decide(event, now);
        break;
      default:
        this.#decide(event, now);
    }
    return this.#effects;
  }

  #decide(event: Event, now: number): void {
    const { decide = step } = this.#options;
    const { state, effects } = decide(this.#state, event, now);
    this.#state = state;
    for (const effect of effects) this.#carryOut(effect);
  }

  #carryOut(effect: Effect): void {
    switch (effect.type) {
      case 'send':
      case 'journal':
      case 'emit':
      case 'over':
        this.#effects.push(effect);
        break;
      case 'close':
        this.#forget(effect.id);
        this.#effects.push(effect);
        break;
      case 'send-run':
        this.#effects.push(
          {
            type: 'limit',
            to: effect.to,
            maxFrameBytes: MAX_PIECE_BYTES,
            maxQueuedBytes: this.#queueBytes,
          },
          { type: 'send', to: effect.to, message: this.#options.run },
        );
        break;
      case 'fetch-state':
        this.#fetchState(effect);
        break;
      case 'load-state':
        this.#loading = effect.held;
        this.#effects.push(effect);
        break;
      case 'offer-state':
        this.#offerState(effect);
        break;
      case 'drop-state':
        this.#copies.delete(effect.held.step);
        break;
      case 'save-state':
        this.#effects.push({ ...effect, bytes: this.#copyOf(effect.held) });
        break;
      case 'deal':
        this.#deal(effect);
        break;
      case 'hub-off':
        this.#star = undefined;
        this.#incoming.clear();
        this.#outgoing.clear();
        this.#loading = undefined;
        break;
    }
  }

  #isKnown(id: MemberId): boolean {
    const { members, arriving } = this.#state;
    return arriving.includes(id) || members.some((member) => member.id === id);
  }

  #forget(id: MemberId): void {
    this.#fetches.delete(id);
    this.#queued.delete(id);
  }

  #break(id: MemberId, message: string, now: number): void {
    this.#decide({ type: 'broken', id, message }, now);
  }

  #control(id: MemberId, message: WorkerMessage, now: number): void {
    if (message.type === 'fetch') this.#fetch(id, message, now);
    else if (message.type === 'fetch-state') this.#sendState(id, message, now);
    else this.#decide({ type: 'message', id, message }, now);
  }

  #fetch(id: MemberId, message: FetchMessage, now: number): void {
    if (!this.#isKnown(id)) return;
    if (!this.#mayAsk(id, 'fetch', now)) return;
    const { sha256, offset, length } = message;
    const bytes = this.#arrays.get(sha256);
    if (this.#fetches.has(id)) {
      this.#break(id, 'fetch: its last one has not been answered yet', now);
    } else if (bytes === undefined) {
      this.#break(id, `fetch: no array of this run has the hash ${sha256}`, now);
    } else if (length < 1 || length > MAX_PIECE_BYTES || offset + length > bytes) {
      this.#break(
        id,
        `fetch: bytes ${offset} to ${offset + length} of ${bytes}, at most ${MAX_PIECE_BYTES} at once`,
        now,
      );
    } else {
      this.#fetches.set(id, message);
      this.#effects.push({ type: 'read-piece', to: id, sha256, offset, length });
    }
  }

  #piece(id: MemberId, offset: number, bytes: Uint8Array | undefined, now: number): void {
    const fetch = this.#fetches.get(id);
    if (fetch?.offset !== offset) return;
    this.#fetches.delete(id);
    if (bytes?.length !== fetch.length) {
      this.#break(id, `fetch: the array ${fetch.sha256} could not be read here`, now);
      return;
    }
    this.#sendPiece(id, { kind: 'dataset', generation: 0, step: 0, offset }, bytes);
  }

  /** A request counts as answered when its frame has left: not before, or one who does not read fills this process. */
  #mayAsk(id: MemberId, what: string, now: number): boolean {
    if ((this.#queued.get(id) ?? 0) < MOST_QUEUED_PIECES) return true;
    const message = `${what}: it has not taken ${MOST_QUEUED_PIECES} pieces that it asked for before`;
    this.#break(id, message, now);
    return false;
  }

  #sendPiece(to: MemberId, header: Omit<FrameHeader, 'rank' | 'bytes'>, bytes: Uint8Array): void {
    this.#queued.set(to, (this.#queued.get(to) ?? 0) + 1);
    this.#sendBytes(to, header, bytes);
  }

  #sendBytes(to: MemberId, header: Omit<FrameHeader, 'rank' | 'bytes'>, bytes: Uint8Array): void {
    this.#effects.push({
      type: 'send-frame',
      to,
      header: { ...header, rank: COORDINATOR_RANK, bytes: bytes.length },
      payload: [bytes],
    });
  }

  #frame(id: MemberId, header: FrameHeader, payload: readonly Uint8Array[], now: number): void {
    if (!this.#isKnown(id) || header.generation !== this.#state.generation) return;
    try {
      if (header.kind === 'partial') this.#partial(id, header, payload);
      else if (header.kind === 'state') this.#statePiece(id, header, payload, now);
      else this.#break(id, `frame: a worker sends no ${header.kind}`, now);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#break(id, error.message, now);
    }
  }

  #partial(id: MemberId, header: FrameHeader, payload: readonly Uint8Array[]): void {
    if (!this.#star) throw new ProtocolError('frame: a partial, but this generation is no star');
    const { hub, ids } = this.#star;
    const rank = ids.indexOf(id);
    if (rank !== header.rank) {
      throw new ProtocolError(`frame: a partial of rank ${header.rank}, expected ${rank}`);
    }
    const { generation, step } = header;
    const sum = hub.accept(rank, step, header.offset, payload);
    if (!sum) return;
    for (const to of ids) this.#sendBytes(to, { kind: 'sum', generation, step, offset: 0 }, sum);
  }

  #fetchState({ from, generation, held }: Extract<Effect, { type: 'fetch-state' }>): void {
    const { step, digest } = held;
    const { stateBytes, pieceBytes } = this.#options;
    const state = new IncomingState(step, digest, stateBytes, pieceBytes);
    const incoming = { from, generation, held, state };
    this.#incoming.set(step, incoming);
    this.#askOn(incoming);
  }

  #askOn({ from, generation, held, state }: Incoming): void {
    const { step } = held;
    const message = { type: 'send-state', generation, step, ...state.wanted } as const;
    this.#effects.push({ type: 'send', to: from, message });
  }

  #statePiece(
    id: MemberId,
    header: FrameHeader,
    payload: readonly Uint8Array[],
    now: number,
  ): void {
    const incoming = this.#incoming.get(header.step);
    if (incoming?.from !== id) {
      throw new ProtocolError(`state: nobody asked it for the state of step ${header.step}`);
    }
    const { held, state } = incoming;
    state.take(header.offset, payload);
    this.#decide({ type: 'state-moved' }, now);
    if (!state.isWhole) {
      this.#askOn(incoming);
      return;
    }
    this.#incoming.delete(held.step);
    this.#hold(held, state.bytes, now);
  }

  #loaded(step: number, bytes: Uint8Array, now: number): void {
    const held = this.#loading;
    if (held?.step !== step) return;
    this.#loading = undefined;
    const { stateBytes } = this.#options;
    const digest = createHash('sha256').update(bytes).digest('hex');
    if (bytes.length === stateBytes && digest === held.digest) {
      this.#hold(held, bytes, now);
      return;
    }
    const message =
      `checkpoint step ${step}: ${bytes.length} bytes with digest ${digest}, ` +
      `expected ${stateBytes} with ${held.digest}. Was it changed since it was saved?`;
    this.#decide({ type: 'disk-failed', message }, now);
  }

  #hold(held: HeldState, bytes: Uint8Array, now: number): void {
    this.#copies.set(held.step, { held, bytes });
    this.#decide({ type: 'state-held', held }, now);
  }

  #copyOf({ step, digest }: HeldState): Uint8Array {
    const copy = this.#copies.get(step);
    if (copy?.held.digest !== digest)
      throw new ProtocolError(`state: step ${step} is not in memory`);
    return copy.bytes;
  }

  #offerState({ to, generation, held }: Extract<Effect, { type: 'offer-state' }>): void {
    const bytes = this.#copyOf(held);
    const { step, digest } = held;
    for (const id of to) {
      this.#outgoing.set(id, new OutgoingState(step, bytes));
      this.#effects.push({
        type: 'send',
        to: id,
        message: { type: 'take-state', generation, step, digest, bytes: bytes.length },
      });
    }
  }

  /** A piece of the state that it was offered. */
  #sendState(id: MemberId, message: FetchStateMessage, now: number): void {
    const { generation, step, offset } = message;
    if (!this.#isKnown(id) || generation !== this.#state.generation) return;
    if (!this.#mayAsk(id, 'fetch-state', now)) return;
    const state = this.#outgoing.get(id);
    if (state?.step !== step) {
      this.#break(id, `fetch-state: it was not offered the state of step ${step}`, now);
      return;
    }
    let bytes: Uint8Array;
    try {
      bytes = state.piece(message);
    } catch (error) {
      this.#break(id, (error as ProtocolError).message, now);
      return;
    }
    if (state.isSent) this.#outgoing.delete(id);
    this.#decide({ type: 'state-moved' }, now);
    this.#sendPiece(id, { kind: 'state', generation, step, offset }, bytes);
  }

  #deal({ generation, held, topology, members }: Extract<Effect, { type: 'deal' }>): void {
    const { config, vectorFloats, drawKey } = this.#options;
    const key = drawKey();
    if (topology === 'star') {
      this.#star = {
        hub: new StarHub(config.shards, members, vectorFloats, held.step),
        ids: members.map(({ id }) => id),
      };
    }
    const described = members.map(({ name, url, first, end }) => ({ name, url, first, end }));
    const behind = members.flatMap(({ isBehind }, rank) => (isBehind ? [rank] : []));
    for (const [rank, { id, first, end }] of members.entries()) {
      const blocks = topology === 'star' ? alignedBlocks({ first, end }).length : 0;
      const partialBytes = 4 * vectorFloats * blocks;
      // Nobody can be a step ahead without the sum before; that it has left may be heard a little later.
      const sumBytes = topology === 'star' ? 2 * 4 * vectorFloats : 0;
      this.#effects.push(
        {
          type: 'limit',
          to: id,
          maxFrameBytes: Math.max(MAX_PIECE_BYTES, partialBytes),
          maxQueuedBytes: this.#queueBytes + sumBytes,
        },
        {
          type: 'send',
          to: id,
          message: {
            type: 'generation',
            generation,
            ...held,
            rank,
            topology,
            members: described,
            behind,
            key,
          },
        },
      );
    }
  }
}
