// A link over an open, authenticated channel: codec, checksums, limits, heartbeat and close reasons. How the connection came
// about is dial.ts and listen.ts. Invariants: nothing is delivered whose checksum does not hold; no more is queued for the
// other side than the queue's limit.
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
  joinBytes,
  payloadChecksum,
  WireError,
} from '@lockstep/wire';
import { Heartbeat } from './heartbeat.js';
import { type Delivery, Inbox } from './inbox.js';
import { checkPayload, QueueLimit, ReceiveLimits } from './limits.js';
import type { CloseReason, Link, LinkHandlers, Remote, Traffic } from './link.js';
import { encodeReason } from './reason.js';
import type { Channel } from './transport.js';

export const DEFAULT_HEARTBEAT_MS = 5000;
/** A ping, or more than a transport's framing of anything else. */
const FRAMING_BYTES = 16;

export class ChannelLink implements Link {
  readonly remote: Remote;
  readonly #channel: Channel;
  readonly #inbox = new Inbox();
  readonly #queueLimit = new QueueLimit();
  #limits: ReceiveLimits;
  #heartbeatMs: number;
  #heartbeat: Heartbeat | undefined;
  #bytesRead = 0;
  #bytesSent = 0;
  #pingedAt: number | undefined;
  #roundTripMs: number | undefined;
  #staleFrames = 0;

  /** From here on the channel is the link's. */
  constructor(channel: Channel, remote: Remote, heartbeatMs = DEFAULT_HEARTBEAT_MS) {
    this.#channel = channel;
    this.#heartbeatMs = heartbeatMs;
    this.remote = remote;
    this.#limits = new ReceiveLimits(remote.role);
    channel.limit(this.#limits.messageBytes);
    // Until somebody listens, what arrives stays where it is; only what was already read is kept.
    channel.pause();
    channel.attach({
      arrived: (bytes) => {
        this.#bytesRead += bytes;
      },
      sign: (isAnswer) => {
        this.#heartbeat?.heard();
        if (isAnswer) this.#answered();
      },
      message: (pieces) => this.#receive(pieces),
      failed: (message) => this.#end({ code: 'protocol', message }, true),
      closed: (reason) => this.#end(reason, false),
    });
  }

  get queuedBytes(): number {
    return this.#channel.queuedBytes;
  }

  get traffic(): Traffic {
    const [sentBytes, receivedBytes] = [this.#bytesSent, this.#bytesRead];
    return { sentBytes, receivedBytes, roundTripMs: this.#roundTripMs };
  }

  #answered(): void {
    if (this.#pingedAt === undefined) return;
    this.#roundTripMs = performance.now() - this.#pingedAt;
    this.#pingedAt = undefined;
  }

  get staleFrames(): number {
    return this.#staleFrames;
  }

  start(handlers: LinkHandlers): void {
    this.#inbox.start(handlers, () => {
      this.#channel.resume();
      if (!this.#heartbeat) this.#beat();
    });
  }

  heartbeat(limitMs: number): void {
    this.#heartbeatMs = limitMs;
    if (this.#heartbeat && !this.#inbox.ended) this.#beat();
  }

  #beat(): void {
    if (this.#channel.isLocal) return;
    this.#heartbeat?.stop();
    this.#heartbeat = new Heartbeat(this.#heartbeatMs, {
      ping: () => {
        if (!this.#mayQueue(0)) return;
        this.#pingedAt ??= performance.now();
        this.#channel.ping();
      },
      bytesRead: () => this.#bytesRead,
      lost: (message) => this.#close({ code: 'silent', message }, true),
    });
  }

  sendControl(message: ControlMessage): void {
    if (this.#inbox.ended) return;
    const bytes = encodeControl(message);
    if (!this.#mayQueue(bytes.length)) return;
    this.#bytesSent += bytes.length;
    this.#channel.send([bytes]);
  }

  sendFrame(header: FrameHeader, payload: readonly Uint8Array[], left?: () => void): void {
    checkPayload(header.bytes, payload);
    if (this.#inbox.ended || !this.#mayQueue(FRAME_HEADER_BYTES + header.bytes)) return;
    const checksum = this.#channel.staysInMemory ? 0 : payloadChecksum(payload);
    const head = encodeFrameHeader(header, this.remote, checksum);
    const sent = left && (() => !this.#inbox.ended && left());
    this.#bytesSent += FRAME_HEADER_BYTES + header.bytes;
    this.#channel.send([head, ...payload], sent);
  }

  limitQueue(maxBytes: number): void {
    this.#queueLimit.set(maxBytes);
  }

  /** If not, the link is closed: this side cannot do without what it would send. */
  #mayQueue(bytes: number): boolean {
    // Closed by the other side, which is to be heard of once what came before was delivered.
    if (!this.#channel.isOpen) return false;
    const refused = this.#queueLimit.refuse(this.#channel.queuedBytes, bytes + FRAMING_BYTES);
    if (refused === undefined) return true;
    this.#close({ code: 'lost', message: refused }, true);
    return false;
  }

  limit(maxFrameBytes: number, maxControlBytes?: number): void {
    this.#limits = new ReceiveLimits(this.remote.role, maxFrameBytes, maxControlBytes);
    this.#channel.limit(this.#limits.messageBytes);
  }

  close(code: string, message: string): void {
    this.#close({ code, message }, false);
  }

  #receive(pieces: readonly Uint8Array[]): void {
    if (this.#inbox.ended) return;
    this.#heartbeat?.heard();
    this.#inbox.push((handlers) => this.#deliver(handlers, pieces));
    if (this.#inbox.waits && !this.#inbox.ended) this.#channel.pause();
  }

  #deliver(handlers: LinkHandlers, pieces: readonly Uint8Array[]): void {
    let delivery: Delivery | undefined;
    try {
      delivery = this.#decode(pieces);
    } catch (error) {
      if (!(error instanceof WireError || error instanceof ProtocolError)) throw error;
      this.#shut({ code: 'protocol', message: error.message }, false);
    }
    delivery?.(handlers);
  }

  /** @returns undefined if there is nothing to deliver */
  #decode(pieces: readonly Uint8Array[]): Delivery | undefined {
    const kind = pieces[0]?.[0];
    if (kind === FRAME_BYTE) return this.#decodeFrame(pieces);
    if (kind === CONTROL_BYTE) return this.#decodeControl(pieces);
    throw new WireError('message: expected a control message or a frame, in binary');
  }

  #decodeControl(pieces: readonly Uint8Array[]): Delivery {
    const bytes = pieces.length === 1 ? pieces[0]! : joinBytes(pieces);
    const refused = this.#limits.refuseControl(bytes.length);
    if (refused !== undefined) throw new WireError(refused);
    const { role } = this.remote;
    const message = decodeControl(bytes, role === 'coordinator' ? 'coordinator' : 'worker');
    return (handlers) => handlers.control(message);
  }

  #decodeFrame(pieces: readonly Uint8Array[]): Delivery | undefined {
    const { run, incarnation } = this.remote;
    const { head, payload } = splitHeader(pieces);
    const decoded = decodeFrameHeader(head);
    const { header } = decoded;
    const refused = this.#limits.refuseFrame(header.bytes);
    if (refused !== undefined) throw new WireError(refused);
    checkPayload(header.bytes, payload);
    if (!this.#channel.staysInMemory && payloadChecksum(payload) !== decoded.checksum) {
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
    this.#end(reason, true);
    this.#channel.close(reason, atOnce);
    // A paused connection would never see the other side's answer.
    this.#channel.resume();
  }

  #end(reason: CloseReason, discard: boolean): void {
    this.#heartbeat?.stop();
    this.#inbox.end(reason, discard);
  }
}

/** The first FRAME_HEADER_BYTES of a message, and the rest in pieces, without copying the rest. */
function splitHeader(pieces: readonly Uint8Array[]): {
  head: Uint8Array;
  payload: readonly Uint8Array[];
} {
  const first = pieces[0]!;
  if (first.length === FRAME_HEADER_BYTES) return { head: first, payload: pieces.slice(1) };
  // Intermediaries may cut a message anywhere.
  let count = 0;
  let bytes = 0;
  while (count < pieces.length && bytes < FRAME_HEADER_BYTES) bytes += pieces[count++]!.length;
  const front = count === 1 ? first : joinBytes(pieces.slice(0, count));
  const payload: Uint8Array[] = pieces.slice(count);
  if (front.length > FRAME_HEADER_BYTES) payload.unshift(front.subarray(FRAME_HEADER_BYTES));
  return { head: front.subarray(0, FRAME_HEADER_BYTES), payload };
}

function describe(header: FrameHeader): string {
  return `${header.kind} frame of rank ${header.rank} (generation ${header.generation}, step ${header.step}, offset ${header.offset})`;
}
