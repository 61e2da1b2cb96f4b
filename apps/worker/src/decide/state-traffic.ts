// The states that a worker gives and takes in one generation, in pieces that the receiver asks for: its own, from
// copies, so that the engine may go on meanwhile; and one that it is offered. Belongs to Worker.

import { COORDINATOR } from '@lockstep/collective';
import { ProtocolError } from '@lockstep/errors';
import {
  type FrameHeader,
  IncomingState,
  OutgoingState,
  type SendStateMessage,
  type TakeStateMessage,
} from '@lockstep/wire';
import type { RoleHost } from './border.js';

/** States that are given at once: for those who are behind, and to be saved. */
const MAX_OUTGOING = 2;

export class StateTraffic {
  readonly #host: RoleHost;
  readonly #generation: number;
  readonly #pieceBytes: number | undefined;
  #incoming: IncomingState | undefined;
  /** First pieces that are to be sent when the engine is free. */
  #asked: SendStateMessage[] = [];
  #outgoing: OutgoingState[] = [];

  /** @param pieceBytes so much is asked for at once; as much as may be, if not given */
  constructor(host: RoleHost, generation: number, pieceBytes?: number) {
    this.#host = host;
    this.#generation = generation;
    this.#pieceBytes = pieceBytes;
  }

  /**
   * A state is there to be fetched, in place of one before.
   *
   * @throws ProtocolError if it is none of the run
   */
  accept({ step, digest, bytes }: TakeStateMessage): void {
    const { stateBytes, steps } = this.#host.engine;
    if (step > steps)
      throw new ProtocolError(`take-state of step ${step}, the run has ${steps} steps`);
    if (bytes !== stateBytes) {
      throw new ProtocolError(
        `take-state of ${bytes} bytes, a state of this run has ${stateBytes}`,
      );
    }
    this.#incoming = new IncomingState(step, digest, bytes, this.#pieceBytes);
    this.#askOn(this.#incoming);
  }

  /**
   * A piece has come.
   *
   * @throws ProtocolError if it is not the one that was asked for, or with the last one the digest is another
   */
  take({ step, offset }: FrameHeader, payload: readonly Uint8Array[]): void {
    const state = this.#incoming;
    if (state?.step !== step) throw new ProtocolError(`an unasked piece of a state (step ${step})`);
    state.take(offset, payload);
    if (!state.isWhole) this.#askOn(state);
  }

  /** The state that has come, once. */
  takeWhole(): { readonly step: number; readonly bytes: Uint8Array } | undefined {
    if (!this.#incoming?.isWhole) return undefined;
    const { step, bytes } = this.#incoming;
    this.#incoming = undefined;
    return { step, bytes };
  }

  /**
   * A piece is asked for; the first one is sent when the engine is free.
   *
   * @throws ProtocolError if it is not to be had
   */
  give(message: SendStateMessage): void {
    const state = this.#outgoing.find(({ step }) => step === message.step);
    if (state) {
      this.#send(state, message);
      return;
    }
    if (this.#asked.length === MAX_OUTGOING)
      throw new ProtocolError('send-state: too many at once');
    this.#asked.push(message);
  }

  /**
   * The engine is free: copies are made of what it holds.
   *
   * @throws ProtocolError if a piece is not to be had
   */
  proceed(): void {
    for (const message of this.#asked.splice(0)) {
      const { step } = message;
      const { engine } = this.#host;
      if (step !== engine.step) continue;
      const state = new OutgoingState(step, engine.saveState());
      this.#outgoing = [...this.#outgoing, state].slice(-MAX_OUTGOING);
      this.#send(state, message);
    }
  }

  #askOn({ step, wanted }: IncomingState): void {
    this.#host.send({ type: 'fetch-state', generation: this.#generation, step, ...wanted });
  }

  #send(state: OutgoingState, message: SendStateMessage): void {
    const { generation, step, offset } = message;
    const piece = state.piece(message);
    const header = { kind: 'state', generation, step, rank: 0, offset } as const;
    this.#host.push({
      type: 'send-frame',
      to: COORDINATOR,
      header: { ...header, bytes: piece.byteLength },
      payload: [piece],
    });
    if (state.isSent) this.#outgoing = this.#outgoing.filter((other) => other !== state);
  }
}
