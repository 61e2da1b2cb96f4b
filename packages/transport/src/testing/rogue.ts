// Somebody who knows the key, or not even that, and keeps to nothing else: it writes what it likes, and reads only while
// it wants to. For tests of what one peer can do to the other side. It is no link.
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { ClientHandshake, type ControlMessage, encodeControl } from '@lockstep/wire';
import { WebSocket } from 'ws';

export interface RogueOptions {
  readonly key: Uint8Array;
  readonly arithmetic: string;
  /** To be a peer; else it is a worker. */
  readonly scope?: { readonly generation: number; readonly rank: number };
  /** For `wss://`: whom it trusts. */
  readonly ca?: string;
}

export class Rogue {
  readonly ws: WebSocket;
  /** Below the WebSocket; with TLS, above that. */
  readonly socket: Socket;
  /** The status and reason with which the other side closed, once it has. */
  closed: readonly [status: number, reason: string] | undefined;
  readonly #closing: Promise<unknown>;

  /** Use `connectStranger` or `connectRogue`. */
  constructor(ws: WebSocket, socket: Socket) {
    this.ws = ws;
    this.socket = socket;
    ws.on('error', () => {});
    socket.on('error', () => {});
    this.#closing = once(ws, 'close').then(([status, reason]) => {
      this.closed = [status, String(reason)];
    });
  }

  /** The bytes of a control message as it sends them, so that many can be written at once. */
  static bytesOf(message: ControlMessage): Buffer {
    return masked(0x2, encodeControl(message));
  }

  /** From now on it takes nothing, and what is sent to it stays where it is. */
  stopReading(): void {
    this.ws.pause();
  }

  /** Written as one segment, or one record after the other, as TLS makes them. */
  write(bytes: Uint8Array): void {
    if (this.socket.writable) this.socket.write(bytes);
  }

  /** Takes what is there, so that it hears why it was closed. */
  readOn(): void {
    this.ws.resume();
  }

  async untilClosed(): Promise<readonly [status: number, reason: string]> {
    await this.#closing;
    return this.closed!;
  }

  end(): void {
    this.ws.terminate();
  }
}

/** Before the proof: connected and upgraded. */
export async function connectStranger(url: string, ca?: string): Promise<Rogue> {
  const ws = new WebSocket(`${url}/lockstep`, {
    perMessageDeflate: false,
    autoPong: false,
    ...(ca && { ca }),
  });
  const [[response]] = await Promise.all([once(ws, 'upgrade'), once(ws, 'open')]);
  return new Rogue(ws, response.socket);
}

/** After the proof. What came after the welcome is lost. */
export async function connectRogue(url: string, options: RogueOptions): Promise<Rogue> {
  const { key, arithmetic, scope, ca } = options;
  const rogue = await connectStranger(url, ca);
  const nonce = new Uint8Array(32).fill(7);
  const role = scope ? 'peer' : 'worker';
  const client = new ClientHandshake({ role, arithmetic, key, nonce, ...scope });
  rogue.ws.send(client.start().send!);
  for (;;) {
    const [data] = await once(rogue.ws, 'message');
    const step = client.receive(data as Buffer);
    if (step.done !== undefined) return rogue;
    rogue.ws.send(step.send!);
  }
}

/** A whole WebSocket frame of a client, masked with zeros. @param opcode 2 is a message, 9 a ping, 10 a pong */
export function masked(opcode: number, payload: Uint8Array, isFinal = true): Buffer {
  const { length } = payload;
  const size = length < 126 ? [length] : length < 65_536 ? [126, length >> 8, length & 255] : [127];
  const long = Buffer.alloc(size[0] === 127 ? 8 : 0);
  if (long.length > 0) long.writeBigUInt64BE(BigInt(length));
  size[0]! |= 0x80;
  const head = Buffer.from([(isFinal ? 0x80 : 0) | opcode, ...size]);
  return Buffer.concat([head, long, Buffer.alloc(4), payload]);
}
