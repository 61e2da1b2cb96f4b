// The handshake over a fresh channel: feeds the wire's state machine and keeps a stranger within its limits (bytes in all,
// and time). Invariant: exactly one outcome, and after it nothing of this file listens any more. What the handshake proves is
// packages/wire.
import { ProtocolError } from '@lockstep/errors';
import { type HandshakeStep, joinBytes, PRE_AUTH_BYTES } from '@lockstep/wire';
import type { CloseReason } from './link.js';
import type { Channel } from './transport.js';

/** One side of the handshake, as packages/wire has it. */
export interface HandshakeMachine<Identity> {
  receive(bytes: Uint8Array): HandshakeStep<Identity>;
}

export type ShakeOutcome<Identity> =
  | { readonly done: Identity }
  /** Somebody said no: this side's machine, or the other side by closing with a reason. */
  | { readonly refused: CloseReason }
  | { readonly failed: 'timeout' | 'protocol' | 'lost'; readonly message: string };

const NOBODY = { arrived() {}, message() {}, failed() {}, closed() {} };

/**
 * @param first what this side says first; the client's hello
 * @param settle called exactly once, from within the event that decides. When it is `done`, the other side's next
 *   message may follow in the same turn: the caller attaches to the channel before it returns.
 */
export function shake<Identity>(
  channel: Channel,
  machine: HandshakeMachine<Identity>,
  first: Uint8Array | undefined,
  timeoutMs: number,
  settle: (outcome: ShakeOutcome<Identity>) => void,
): void {
  let settled = false;
  let bytes = 0;
  const timer = setTimeout(() => {
    const message = `handshake: not finished after ${timeoutMs} ms`;
    turnAway({ failed: 'timeout', message }, { code: 'timeout', message });
  }, timeoutMs);

  function finish(outcome: ShakeOutcome<Identity>): void {
    if (settled) return;
    settled = true;
    clearTimeout(timer);
    if (!('done' in outcome)) channel.attach(NOBODY);
    settle(outcome);
  }

  function turnAway(outcome: ShakeOutcome<Identity>, reason: CloseReason): void {
    if (settled) return;
    channel.close(reason, false);
    finish(outcome);
  }

  channel.attach({
    // Counted after what they completed: what follows the welcome among them belongs to the link already.
    arrived: (count) => {
      bytes += count;
      if (bytes <= PRE_AUTH_BYTES) return;
      const message = `handshake: more than ${PRE_AUTH_BYTES} bytes before the proof`;
      turnAway({ failed: 'protocol', message }, { code: 'protocol', message });
    },
    message: (pieces) => {
      let step: HandshakeStep<Identity>;
      try {
        if (pieces.length === 0) throw new ProtocolError('handshake: text instead of bytes');
        step = machine.receive(joinBytes(pieces));
      } catch (error) {
        const { message } = error as Error;
        turnAway({ failed: 'protocol', message }, { code: 'protocol', message });
        return;
      }
      if (step.send !== undefined) channel.send([step.send]);
      if (step.refused !== undefined) turnAway({ refused: step.refused }, step.refused);
      else if (step.done !== undefined) finish({ done: step.done });
    },
    // The channel closes by itself.
    failed: (message) => finish({ failed: 'protocol', message: `handshake: ${message}` }),
    closed: (reason, isTold) => {
      if (reason.code === 'lost') {
        finish({ failed: 'lost', message: 'handshake: the other side hung up' });
      } else if (!isTold && reason.code === 'closed') {
        // Something in between that speaks the transport itself, and has nobody behind it, or goes.
        finish({ failed: 'lost', message: `handshake: ${reason.message}` });
      } else if (reason.code === 'protocol' || reason.code === 'timeout') {
        finish({ failed: reason.code, message: reason.message });
      } else finish({ refused: reason });
    },
  });
  channel.resume();
  if (first !== undefined) channel.send([first]);
}
