// A link over an open, authenticated WebSocket: codec, checksums, limits, heartbeat and close reasons. How the
// connection came about is dial.ts and listen.ts. Invariants: nothing is delivered whose checksum does not hold; no more
// is queued for the other side than the queue's limit.

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
import { letGo } from './closing.js';
import { Heartbeat } from './heartbeat.js';
import { type Delivery, Inbox } from './inbox.js';
import { checkPayload, QueueLimit, ReceiveLimits } from './limits.js';
import type { CloseReason, Link, LinkHandlers, Remote } from './link.js';
import { Reading } from './reading.js';
import { decodeReason, encodeReason, REASON_STATUS } from './reason.js';
import { Signs } from './signs.js';
import type { MessageLimit } from './ws-internals.js';

/** Pieces shorter than this on average are sent as one buffer: a copy is cheaper than the fragments. */
const SMALL_PIECE_BYTES = 4096;
/** A ping, or more than WebSocket's framing of anything else. */
const FRAMING_BYTES = 16;
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
  readonly #reading: Reading;
  readonly #signs: Signs;
  readonly #queueLimit = new QueueLimit();
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
    this.#signs = new Signs(
      ws,
      () => this.#heartbeat?.heard(),
      (message) => this.#close({ code: 'protocol', message }, true),
    );
    ws.on('error', (error) => this.#end({ code: 'protocol', message: this.#explain(error) }, true));
    ws.on('close', (status, reason) => this.#end(this.#whyClosed(status, reason), false));
    socket.once('error', (error) => {
      this.#socketError = error;
    });
    this.#reading = new Reading(ws, socket, parts.messageLimit);
  }

  get queuedBytes(): number {
    return this.#parts.ws.bufferedAmount;
  }

  get staleFrames(): number {
    return this.#staleFrames;
  }

  start(handlers: LinkHandlers): void {
    this.#inbox.start(handlers, () => {
      this.#reading.go('not started');
      this.#reading.go('messages wait');
      if (!this.#heartbeat) this.#beat();
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
      ping: () => {
        this.#signs.look();
        if (this.#mayQueue(0)) ws.ping();
      },
      bytesRead: () => socket.bytesRead,
      lost: (message) => this.#close({ code: 'silent', message }, true),
    });
  }

  sendControl(message: ControlMessage): void {
    if (this.#inbox.ended) return;
    const bytes = encodeControl(message);
    if (this.#mayQueue(bytes.length)) this.#parts.ws.send(bytes);
  }

  sendFrame(header: FrameHeader, payload: readonly Uint8Array[], left?: () => void): void {
    checkPayload(header.bytes, payload);
    if (this.#inbox.ended || !this.#mayQueue(FRAME_HEADER_BYTES + header.bytes)) return;
    const { ws, socket } = this.#parts;
    const head = encodeFrameHeader(header, this.remote, frameCrc(payload));
    const sent = left && ((error?: Error) => !error && !this.#inbox.ended && left());
    if (header.bytes < SMALL_PIECE_BYTES * payload.length || payload.length === 0) {
      ws.send(Buffer.concat([head, ...payload]), sent);
      return;
    }
    // Corked, the fragments leave in one writev.
    socket.cork();
    ws.send(head, { fin: false });
    const last = payload.length - 1;
    for (let i = 0; i < last; i++) ws.send(payload[i]!, { fin: false });
    ws.send(payload[last]!, { fin: true }, sent);
    socket.uncork();
  }

  limitQueue(maxBytes: number): void {
    this.#queueLimit.set(maxBytes);
  }

  /** If not, the link is closed: this side cannot do without what it would send. */
  #mayQueue(bytes: number): boolean {
    const { ws } = this.#parts;
    // Closed by the other side, which is to be heard of once what came before was delivered.
    if (ws.readyState !== ws.OPEN) return false;
    const refused = this.#queueLimit.refuse(ws.bufferedAmount, bytes + FRAMING_BYTES);
    if (refused === undefined) return true;
    this.#close({ code: 'lost', message: refused }, true);
    return false;
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
    this.#inbox.push((handlers) => this.#deliver(handlers, fragments, isBinary));
    if (this.#inbox.waits && !this.#inbox.ended) this.#reading.rest('messages wait');
  }

  #deliver(handlers: LinkHandlers, fragments: Buffer[], isBinary: boolean): void {
    let delivery: Delivery | undefined;
    try {
      delivery = this.#decode(fragments, isBinary);
    } catch (error) {
      if (!(error instanceof WireError || error instanceof ProtocolError)) throw error;
      this.#shut({ code: 'protocol', message: error.message }, false);
    }
    delivery?.(handlers);
  }

  /** @returns undefined if there is nothing to deliver */
  #decode(fragments: Buffer[], isBinary: boolean): Delivery | undefined {
    const kind = isBinary ? fragments[0]?.[0] : undefined;
    if (kind === FRAME_BYTE) return this.#decodeFrame(fragments);
    if (kind === CONTROL_BYTE) return this.#decodeControl(fragments);
    throw new WireError('message: expected a control message or a frame, in binary');
  }

  #decodeControl(fragments: Buffer[]): Delivery {
    const bytes = fragments.length === 1 ? fragments[0]! : Buffer.concat(fragments);
    const refused = this.#limits.refuseControl(bytes.length);
    if (refused !== undefined) throw new WireError(refused);
    const { role } = this.remote;
    const message = decodeControl(bytes, role === 'coordinator' ? 'coordinator' : 'worker');
    return (handlers) => handlers.control(message);
  }

  #decodeFrame(fragments: Buffer[]): Delivery | undefined {
    const { run, incarnation } = this.remote;
    const { head, payload } = splitHeader(fragments);
    const decoded = decodeFrameHeader(head);
    const { header } = decoded;
    const refused = this.#limits.refuseFrame(header.bytes);
    if (refused !== undefined) throw new WireError(refused);
    checkPayload(header.bytes, payload);
    if (frameCrc(payload) !== decoded.crc) {
      const message = `${describe(header)}: the bytes changed on the way (checksum)`;
      this.#shut({ code: 'crc', message }, false);
      return undefined;
    }
    if (decoded.run !== run || decoded.incarnation !== incarnation) {
      this.#staleFrames += 1;
      return undefined;
    }
    return (handlers) => handlers.frame(header, payload);
  }

  #close(reason: CloseReason, atOnce: boolean): void {
    encodeReason(reason);
    if (!this.#inbox.ended) this.#shut(reason, atOnce);
  }

  /** Also of what came before the other side closed, which is delivered yet. */
  #shut(reason: CloseReason, atOnce: boolean): void {
    const { ws } = this.#parts;
    this.#end(reason, true);
    ws.close(REASON_STATUS, Buffer.from(encodeReason(reason)));
    // A paused connection would never see the other side's answer.
    this.#reading.go('not started');
    this.#reading.go('messages wait');
    if (atOnce) setImmediate(() => ws.terminate());
    else letGo(ws);
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
