// How large what comes in may be, per kind of message, and what is queued to go out. Counts in bytes; knows no sockets.
import { ConfigError, ProtocolError } from '@lockstep/errors';
import {
  FRAME_HEADER_BYTES,
  MAX_CONTROL_BYTES,
  MAX_PIECE_BYTES,
  MAX_QUEUED_BYTES,
  MAX_WORKER_CONTROL_BYTES,
} from '@lockstep/wire';
import type { Remote } from './link.js';

export class ReceiveLimits {
  readonly frameBytes: number;
  readonly controlBytes: number;

  constructor(
    from: Remote['role'],
    frameBytes = MAX_PIECE_BYTES,
    controlBytes = mostControl(from),
  ) {
    checkLimit('maxFrameBytes', frameBytes);
    checkLimit('maxControlBytes', controlBytes);
    this.frameBytes = frameBytes;
    this.controlBytes = controlBytes;
  }

  /** The largest message on the wire, whatever its kind. */
  get messageBytes(): number {
    return Math.max(FRAME_HEADER_BYTES + this.frameBytes, this.controlBytes);
  }

  /** @returns what is wrong, or undefined */
  refuseFrame(bytes: number): string | undefined {
    return bytes > this.frameBytes
      ? `frame: too large; expected at most ${this.frameBytes} bytes, got ${bytes}`
      : undefined;
  }

  /** @param bytes of the whole encoded message */
  refuseControl(bytes: number): string | undefined {
    return bytes > this.controlBytes
      ? `control message: too large; expected at most ${this.controlBytes} bytes, got ${bytes}`
      : undefined;
  }
}

/** Peers send what workers send. */
function mostControl(from: Remote['role']): number {
  return from === 'coordinator' ? MAX_CONTROL_BYTES : MAX_WORKER_CONTROL_BYTES;
}

function checkLimit(name: string, bytes: number): void {
  // ws takes 0 for "no limit", and reads its option as a 32-bit integer.
  if (!Number.isSafeInteger(bytes) || bytes < 0 || bytes > 0x7fff_0000) {
    throw new ConfigError(
      `link.limit: ${name} must be an integer in [0, 2147418112], got ${bytes}`,
    );
  }
}

/** How much may be queued for the other side. */
export class QueueLimit {
  #bytes = MAX_QUEUED_BYTES;

  /** @throws ConfigError if it is not a count */
  set(bytes: number): void {
    if (!Number.isSafeInteger(bytes) || bytes < 0) {
      throw new ConfigError(`link.limitQueue: maxBytes must be a count of bytes, got ${bytes}`);
    }
    this.#bytes = bytes;
  }

  /** @returns what is wrong with queueing `bytes` more, or undefined */
  refuse(queued: number, bytes: number): string | undefined {
    return queued + bytes > this.#bytes
      ? `the other side does not take what is sent: ${queued} bytes are queued and ${bytes} more are due, at most ${this.#bytes}`
      : undefined;
  }
}

/** @throws ConfigError if the pieces are not as long as the header says */
export function checkPayload(headerBytes: number, payload: readonly Uint8Array[]): void {
  let bytes = 0;
  for (const piece of payload) bytes += piece.length;
  if (bytes !== headerBytes) {
    throw new ProtocolError(
      `link.sendFrame: the header says ${headerBytes} bytes, the pieces are ${bytes} together`,
    );
  }
}
