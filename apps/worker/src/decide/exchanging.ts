// The exchange of one generation on a worker's side: what it says is to be sent goes out as frames, and what comes in
// is checked to be of this step or the next one. Shared by those who compute and those who come after.

import type { Outgoing } from '@lockstep/collective';
import { ProtocolError } from '@lockstep/errors';
import type { FrameHeader, GenerationMessage } from '@lockstep/wire';
import type { ExchangeView, WorkerEffect } from './border.js';

export class Exchanging {
  readonly #exchange: ExchangeView;
  readonly #plan: GenerationMessage;
  readonly #push: (effect: WorkerEffect) => void;

  constructor(
    exchange: ExchangeView,
    plan: GenerationMessage,
    push: (effect: WorkerEffect) => void,
  ) {
    this.#exchange = exchange;
    this.#plan = plan;
    this.#push = push;
  }

  /** Whether the sum of the step that was begun last is there. */
  get complete(): boolean {
    return this.#exchange.complete;
  }

  /** A copy of it. */
  sum(): Uint8Array {
    return this.#exchange.sum().slice();
  }

  /** Own blocks of a step are there: so many, or all. */
  begin(step: number, blocks?: number): void {
    this.#send(this.#exchange.begin(step, blocks));
  }

  /**
   * @param at the step that this rank is at
   * @throws ProtocolError if it is none that is needed
   */
  take(at: number, from: number, header: FrameHeader, payload: readonly Uint8Array[]): void {
    const { kind, step, offset } = header;
    if (step !== at && step !== at + 1) {
      throw new ProtocolError(
        `all-reduce: rank ${from} sent a ${kind} for step ${step}, this rank is at ${at}`,
      );
    }
    this.#send(this.#exchange.accept(kind as 'partial' | 'sum', from, step, offset, payload));
  }

  #send(outgoing: readonly Outgoing[]): void {
    const { generation, rank } = this.#plan;
    for (const { to, kind, step, offset, payload } of outgoing) {
      const bytes = payload.reduce((sum, piece) => sum + piece.byteLength, 0);
      const header = { kind, generation, step, rank, offset, bytes };
      this.#push({ type: 'send-frame', to, header, payload });
    }
  }
}
