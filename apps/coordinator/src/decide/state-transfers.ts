// States on their way through the coordinator: asked of a member or of the disk, held in memory, and handed to members that
// lack them or to the disk.
// Invariant: besides the last saved state, at most two are in memory or on their way in, and of each that passes through one
// piece a receiver is on its way. What is held has the digest that was asked for.
import { createHash } from 'node:crypto';
import { ProtocolError } from '@lockstep/errors';
import {
  type FetchStateMessage,
  type FrameHeader,
  type HeldState,
  IncomingState,
  OutgoingState,
} from '@lockstep/wire';
import type { Effect } from './membership/state/effect.js';
import type { MemberId } from './membership/state/member.js';
import type { PieceSender } from './piece-sender.js';
import type { TransferHost } from './transfer-host.js';

interface Incoming {
  readonly from: MemberId;
  readonly generation: number;
  readonly held: HeldState;
  readonly state: IncomingState;
}

export class StateTransfers {
  readonly #host: TransferHost;
  readonly #sender: PieceSender;
  readonly #stateBytes: number;
  readonly #pieceBytes: number | undefined;
  /** States in memory, by step. */
  readonly #copies = new Map<number, { readonly held: HeldState; readonly bytes: Uint8Array }>();
  /** States that members are asked for, by step. */
  readonly #incoming = new Map<number, Incoming>();
  /** What each member may fetch. */
  readonly #outgoing = new Map<MemberId, OutgoingState>();
  /** The saved state that is being read. */
  #loading: HeldState | undefined;

  /** @param pieceBytes so much is asked for at once; as much as may be, if not given */
  constructor(host: TransferHost, sender: PieceSender, stateBytes: number, pieceBytes?: number) {
    this.#host = host;
    this.#sender = sender;
    this.#stateBytes = stateBytes;
    this.#pieceBytes = pieceBytes;
  }

  /** Asks a member for its state. */
  fetch({ from, generation, held }: Extract<Effect, { type: 'fetch-state' }>): void {
    const { step, digest } = held;
    const state = new IncomingState(step, digest, this.#stateBytes, this.#pieceBytes);
    const incoming = { from, generation, held, state };
    this.#incoming.set(step, incoming);
    this.#askOn(incoming);
  }

  /** Asks the disk for the saved state. */
  load(effect: Extract<Effect, { type: 'load-state' }>): void {
    this.#loading = effect.held;
    this.#host.push(effect);
  }

  offer({ to, generation, held }: Extract<Effect, { type: 'offer-state' }>): void {
    const bytes = this.#copyOf(held);
    const { step, digest } = held;
    for (const id of to) {
      this.#outgoing.set(id, new OutgoingState(step, bytes));
      this.#host.push({
        type: 'send',
        to: id,
        message: { type: 'take-state', generation, step, digest, bytes: bytes.length },
      });
    }
  }

  save(effect: Extract<Effect, { type: 'save-state' }>): void {
    this.#host.push({ ...effect, bytes: this.#copyOf(effect.held) });
  }

  drop({ step }: HeldState): void {
    this.#copies.delete(step);
  }

  /** The generation is over: what is under way is nobody's. */
  stop(): void {
    this.#incoming.clear();
    this.#outgoing.clear();
    this.#loading = undefined;
  }

  /**
   * A piece has come from a member.
   *
   * @throws ProtocolError if it was not asked for
   */
  takePiece(id: MemberId, { step, offset }: FrameHeader, payload: readonly Uint8Array[]): void {
    const incoming = this.#incoming.get(step);
    if (incoming?.from !== id) {
      throw new ProtocolError(`state: nobody asked it for the state of step ${step}`);
    }
    const { held, state } = incoming;
    state.take(offset, payload);
    this.#host.decide({ type: 'state-moved' });
    if (!state.isWhole) {
      this.#askOn(incoming);
      return;
    }
    this.#incoming.delete(held.step);
    this.#hold(held, state.bytes);
  }

  /** The disk has given what it has. */
  takeLoaded(step: number, bytes: Uint8Array): void {
    const held = this.#loading;
    if (held?.step !== step) return;
    this.#loading = undefined;
    const digest = createHash('sha256').update(bytes).digest('hex');
    if (bytes.length === this.#stateBytes && digest === held.digest) {
      this.#hold(held, bytes);
      return;
    }
    const message =
      `checkpoint step ${step}: ${bytes.length} bytes with digest ${digest}, ` +
      `expected ${this.#stateBytes} with ${held.digest}. Was it changed since it was saved?`;
    this.#host.decide({ type: 'disk-failed', message });
  }

  /** A member asks for a piece of the state that it was offered. */
  send(id: MemberId, message: FetchStateMessage): void {
    if (!this.#sender.mayAsk(id, 'fetch-state')) return;
    const { generation, step, offset } = message;
    const state = this.#outgoing.get(id);
    if (state?.step !== step) {
      this.#host.break(id, `fetch-state: it was not offered the state of step ${step}`);
      return;
    }
    let bytes: Uint8Array;
    try {
      bytes = state.piece(message);
    } catch (error) {
      this.#host.break(id, (error as ProtocolError).message);
      return;
    }
    if (state.isSent) this.#outgoing.delete(id);
    this.#host.decide({ type: 'state-moved' });
    this.#sender.send(id, { kind: 'state', generation, step, offset }, bytes);
  }

  #askOn({ from, generation, held, state }: Incoming): void {
    const { step } = held;
    const message = { type: 'send-state', generation, step, ...state.wanted } as const;
    this.#host.push({ type: 'send', to: from, message });
  }

  #hold(held: HeldState, bytes: Uint8Array): void {
    this.#copies.set(held.step, { held, bytes });
    this.#host.decide({ type: 'state-held', held });
  }

  #copyOf({ step, digest }: HeldState): Uint8Array {
    const copy = this.#copies.get(step);
    if (copy?.held.digest !== digest)
      throw new ProtocolError(`state: step ${step} is not in memory`);
    return copy.bytes;
  }
}
