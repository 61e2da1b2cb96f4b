// The handshake over a fresh WebSocket: feeds the wire's state machine and keeps a stranger within its limits (bytes
// in all, and time). Invariant: exactly one outcome, and after it nothing of this file listens any more. What the
// handshake proves is packages/wire.

import type { Socket } from 'node:net';
import { ProtocolError } from '@lockstep/errors';
import type { HandshakeStep } from '@lockstep/wire';
import type { WebSocket } from 'ws';
import type { CloseReason } from './link.js';
import { decodeReason, encodeReason, REASON_STATUS } from './reason.js';

/** One side of the handshake, as packages/wire has it. */
export interface HandshakeMachine<Identity> {
  receive(bytes: Uint8Array): HandshakeStep<Identity>;
}

export interface ShakeLimits {
  readonly timeoutMs: number;
  /** In all, whatever the messages. */
  readonly maxBytes: number;
}

export type ShakeOutcome<Identity> =
  | { readonly done: Identity }
  /** Somebody said no: this side's machine, or the other side by closing with a reason. */
  | { readonly refused: CloseReason }
  | { readonly failed: 'timeout' | 'protocol' | 'lost'; readonly message: string };

/**
 * @param first what this side says first; the client's hello
 * @param settle called exactly once, from within the event that decides. When it is `done`, the other side's next
 *   message may follow in the same turn: the caller listens from there on.
 */
export function shake<Identity>(
  ws: WebSocket,
  socket: Socket,
  machine: HandshakeMachine<Identity>,
  first: Uint8Array | undefined,
  limits: ShakeLimits,
  settle: (outcome: ShakeOutcome<Identity>) => void,
): void {
  let settled = false;
  let bytes = 0;
  const timer = setTimeout(() => {
    const message = `handshake: not finished after ${limits.timeoutMs} ms`;
    turnAway({ failed: 'timeout', message }, { code: 'timeout', message });
  }, limits.timeoutMs);

  const onData = (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= limits.maxBytes) return;
    const message = `handshake: more than ${limits.maxBytes} bytes before the proof`;
    turnAway({ failed: 'protocol', message }, { code: 'protocol', message });
  };
  const onMessage = (data: unknown, isBinary: boolean) => {
    const message = Buffer.concat(data as Buffer[]);
    let step: HandshakeStep<Identity>;
    try {
      if (!isBinary) throw new ProtocolError('handshake: text instead of bytes');
      step = machine.receive(message);
    } catch (error) {
      const { message } = error as Error;
      turnAway({ failed: 'protocol', message }, { code: 'protocol', message });
      return;
    }
    if (step.send !== undefined) ws.send(step.send);
    if (step.refused !== undefined) turnAway({ refused: step.refused }, step.refused);
    else if (step.done !== undefined) finish({ done: step.done });
  };
  const onError = (error: Error) => {
    // ws closes by itself after a violation of its limits or framing.
    finish({ failed: 'protocol', message: `handshake: ${error.message}` });
  };
  const onClose = (status: number, reasonBytes: Buffer) => {
    const reason = decodeReason(status, reasonBytes);
    if (reason.code === 'lost') {
      finish({ failed: 'lost', message: 'handshake: the other side hung up' });
    } else if (status !== REASON_STATUS && reason.code === 'closed') {
      // Something in between that speaks WebSocket itself, and has nobody behind it (1011 to 1014), or goes (1001).
      finish({ failed: 'lost', message: `handshake: ${reason.message}` });
    } else if (reason.code === 'protocol' || reason.code === 'timeout') {
      finish({ failed: reason.code, message: reason.message });
    } else finish({ refused: reason });
  };

  function finish(outcome: ShakeOutcome<Identity>): void {
    if (settled) return;
    settled = true;
    clearTimeout(timer);
    // Whoever takes over listens before this stops: an 'error' without a listener would be thrown.
    settle(outcome);
    if (!('done' in outcome)) ws.on('error', () => {});
    socket.off('data', onData);
    ws.off('message', onMessage);
    ws.off('error', onError);
    ws.off('close', onClose);
  }

  function turnAway(outcome: ShakeOutcome<Identity>, reason: CloseReason): void {
    if (settled) return;
    ws.close(REASON_STATUS, Buffer.from(encodeReason(reason)));
    finish(outcome);
  }

  // After ws has parsed a chunk (64 KiB at most): what follows the welcome in it belongs to the link already.
  socket.on('data', onData);
  ws.on('message', onMessage);
  ws.on('error', onError);
  ws.on('close', onClose);
  if (first !== undefined) ws.send(first);
}
