// A link over an open, authenticated WebSocket: codec, checksums, limits, heartbeat and close reasons. How the
// connection came about is dial.ts and listen.ts. Invariant: nothing is delivered whose checksum does not hold.

import type { Socket } from 'node:net';
import { ProtocolError } from '@lockstep/errors';
import {
  CONTROL_BYTE,
  type ControlMessage,
  decodeControl,
  decodeFrameHeader,
  encodeControl,
  encodeFrameHeader,
  FRAME_BYTE,
  FRAME_HEADER_BYTES,
  type FrameHeader,
  frameCrc,
  WireError,
} from '@lockstep/wire';
import type { WebSocket } from 'ws';
import { Heartbeat } from './heartbeat.js';
import { Inbox } from './inbox.js';
import { checkPayload, ReceiveLimits } from './limits.js';
import type { CloseReason, Link, LinkHandlers, Remote } from './link.js';
import { decodeReason, encodeReason, REASON_STATUS } from './reason.js';
import type { MessageLimit } from './ws-internals.js';

/** Pieces shorter than this on average are sent as one buffer: a copy is cheaper than the fragments. */
const SMALL_PIECE_BYTES = 4096;
/** The other side has this long to take what is queued and to answer a close. */
export const CLOSE_TIMEOUT_MS = 3000;

export interface WebSocketLinkParts {
  readonly ws: WebSocket;
  /** The socket below, net or TLS. */
  readonly socket: Socket;
  readonly messageLimit: MessageLimit;
  readonly remote: Remote;
  readonly heartbeatMs: number;
}

export class WebSocketLink implements Link {
  readonly remote: Remote;
  readonly #parts: WebSocketLinkParts;
  readonly #inbox = new Inbox();
  #limits: ReceiveLimits;
  #heartbeatMs: number;
  #heartbeat: Heartbeat | undefined;
  #staleFrames = 0;
  #socketError: Error | undefined;

  constructor(parts: WebSocketLinkParts) {
    this.#parts = parts;
    this.#heartbeatMs = parts.heartbeatMs;
    this.remote = parts.remote;
    this.#limits = new ReceiveLimits(parts.remote.role);
    const { ws, socket } = parts;
    parts.messageLimit.set(this.#limits.messageBytes);
    ws.on('message', (data, isBinary) => this.#receive(data as Buffer[], isBinary));
    ws.on('ping', () => this.#heartbeat?.heard());
    ws.on('pong', () => this.#heartbeat?.heard());
    ws.on('error', (error) => this.#end({ code: 'protocol', message: this.#explain(error) }, true));
    ws.on('close', (status, reason) => this.#end(this.#whyClosed(status, reason), false));
    socket.once('error', (error) => {
      this.#socketError = error;
    });
    // Until somebody listens, what arrives stays in the kernel; only what was already read is kept here.
    ws.pause();
  }

  get queuedBytes(): number {
    return this.#parts.ws.bufferedAmount;
  }

  get staleFrames(): number {
    return this.#staleFrames;
  }

  start(handlers: LinkHandlers): void {
    this.#inbox.start(handlers, () => {
      this.#parts.ws.resume();
      this.#beat();
    });
  }

  heartbeat(limitMs: number): void {
    this.#heartbeatMs = limitMs;
    if (this.#heartbeat && !this.#inbox.ended) this.#beat();
  }

  #beat(): void {
    const { ws, socket } = this.#parts;
    this.#heartbeat?.stop();
    this.#heartbeat = new Heartbeat(this.#heartbeatMs, {
      ping: () => ws.ping(),
      bytesRead: () => socket.bytesRead,
      lost: (message) => this.#close({ code: 'silent', message }, true),
    });
  }

  sendControl(message: ControlMessage): void {
    if (this.#inbox.ended) return;
    this.#parts.ws.send(encodeControl(message));
  }

  sendFrame(header: FrameHeader, payload: readonly Uint8Array[]): void {
    checkPayload(header.bytes, payload);
    if (this.#inbox.ended) return;
    const { ws, socket } = this.#parts;
    const head = encodeFrameHeader(header, this.remote, frameCrc(payload));
    if (header.bytes < SMALL_PIECE_BYTES * payload.length || payload.length === 0) {
      ws.send(Buffer.concat([head, ...payload]));
      return;
    }
    // Corked, the fragments leave in one writev.
    socket.cork();
    ws.send(head, { fin: false });
    const last = payload.length - 1;
    for (let i = 0; i <= last; i++) ws.send(payload[i]!, { fin: i === last });
    socket.uncork();
  }

  limit(maxFrameBytes: number, maxControlBytes?: number): void {
    this.#limits = new ReceiveLimits(this.remote.role, maxFrameBytes, maxControlBytes);
    this.#parts.messageLimit.set(this.#limits.messageBytes);
  }

  close(code: string, message: string): void {
    this.#close({ code, message }, false);
  }

  #receive(fragments: Buffer[], isBinary: boolean): void {
    if (this.#inbox.ended) return;
    this.#heartbeat?.heard();
    const kind = isBinary ? fragments[0]?.[0] : undefined;
    if (kind === FRAME_BYTE) this.#receiveFrame(fragments);
    else if (kind === CONTROL_BYTE) this.#receiveControl(fragments);
    else this.close('protocol', 'message: expected a control message or a frame, in binary');
  }

  #receiveControl(fragments: Buffer[]): void {
    let message: ControlMessage;
    try {
      const bytes = fragments.length === 1 ? fragments[0]! : Buffer.concat(fragments);
      const refused = this.#limits.refuseControl(bytes.length);
      if (refused !== undefined) throw new WireError(refused);
      message = decodeControl(bytes, this.remote.role === 'coordinator' ? 'coordinator' : 'worker');
    } catch (error) {
      this.#closeOnBadInput(error);
      return;
    }
    this.#inbox.control(message);
  }

  #receiveFrame(fragments: Buffer[]): void {
    const { run, incarnation } = this.remote;
    let header: FrameHeader;
    let payload: readonly Uint8Array[];
    try {
      const parts = splitHeader(fragments);
      const decoded = decodeFrameHeader(parts.head);
      payload = parts.payload;
      header = decoded.header;
      const refused = this.#limits.refuseFrame(header.bytes);
      if (refused !== undefined) throw new WireError(refused);
      checkPayload(header.bytes, payload);
      if (frameCrc(payload) !== decoded.crc) {
        this.close('crc', `${describe(header)}: the bytes changed on the way (checksum)`);
        return;
      }
      if (decoded.run !== run || decoded.incarnation !== incarnation) {
        this.#staleFrames += 1;
        return;
      }
    } catch (error) {
      this.#closeOnBadInput(error);
      return;
    }
    this.#inbox.frame(header, payload);
  }

  #closeOnBadInput(error: unknown): void {
    if (error instanceof WireError || error instanceof ProtocolError) {
      this.close('protocol', error.message);
    } else throw error;
  }

  #close(reason: CloseReason, atOnce: boolean): void {
    const { ws } = this.#parts;
    const encoded = encodeReason(reason);
    if (this.#inbox.ended) return;
    this.#end(reason, true);
    ws.close(REASON_STATUS, Buffer.from(encoded));
    // A paused connection would never see the other side's answer.
    ws.resume();
    if (atOnce) setImmediate(() => ws.terminate());
  }

  #end(reason: CloseReason, discard: boolean): void {
    this.#heartbeat?.stop();
    this.#inbox.end(reason, discard);
  }

  #explain(error: Error & { code?: string }): string {
    return error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH'
      ? `message: too large; expected at most ${this.#limits.messageBytes} bytes`
      : `WebSocket: ${error.message}`;
  }

  #whyClosed(status: number, bytes: Buffer): CloseReason {
    const reason = decodeReason(status, bytes);
    return reason.code === 'lost' && this.#socketError !== undefined
      ? { code: 'lost', message: `${reason.message} (${this.#socketError.message})` }
      : reason;
  }
}

/** The first FRAME_HEADER_BYTES of a message, and the rest in pieces, without copying the rest. */
function splitHeader(fragments: readonly Buffer[]): {
  head: Uint8Array;
  payload: readonly Uint8Array[];
} {
  const first = fragments[0]!;
  if (first.length === FRAME_HEADER_BYTES) return { head: first, payload: fragments.slice(1) };
  // Intermediaries may cut a message anywhere.
  let count = 0;
  let bytes = 0;
  while (count < fragments.length && bytes < FRAME_HEADER_BYTES)
    bytes += fragments[count++]!.length;
  const front = count === 1 ? first : Buffer.concat(fragments.slice(0, count));
  const payload: Uint8Array[] = fragments.slice(count);
  if (front.length > FRAME_HEADER_BYTES) payload.unshift(front.subarray(FRAME_HEADER_BYTES));
  return { head: front.subarray(0, FRAME_HEADER_BYTES), payload };
}

function describe(header: FrameHeader): string {
  return `${header.kind} frame of rank ${header.rank} (generation ${header.generation}, step ${header.step}, offset ${header.offset})`;
}
