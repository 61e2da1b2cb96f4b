// When a socket is read: not while its channel is paused, as it is at first, and no more than so many parts in one turn of the event loop, so that what one peer sends in very small ones keeps nobody waiting; after
// the link's end too, while the other side is told. It decides nothing about what is read.
import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import type { MessageLimit } from './ws-internals.js';

/**
 * Chunks, messages, pings and pongs until the next turn is waited for: there are never more in one. A chunk is a record of TLS, of 16 KiB or of a single byte, or else 64
 * KiB, of which libuv reads 32 at once and each may hold 10,000 empty messages.
 */
const PARTS_A_TURN = 128;

type Rest = 'paused' | 'turn is over';

export class Reading {
  readonly #ws: WebSocket;
  readonly #receiver: MessageLimit;
  readonly #rests = new Set<Rest>();
  #parts = 0;

  constructor(ws: WebSocket, socket: Socket, receiver: MessageLimit) {
    this.#ws = ws;
    this.#receiver = receiver;
    const count = () => this.#count();
    socket.on('data', count);
    for (const part of ['message', 'ping', 'pong'] as const) ws.on(part, count);
    // Until it is resumed, what arrives stays in the kernel; only what was already read is kept.
    this.pause();
  }

  pause(): void {
    this.#rest('paused');
  }

  resume(): void {
    this.#go('paused');
  }

  #rest(why: Rest): void {
    this.#rests.add(why);
    this.#ws.pause();
  }

  #go(why: Rest): void {
    if (this.#rests.delete(why) && this.#rests.size === 0) this.#ws.resume();
  }

  #count(): void {
    this.#parts += 1;
    if (this.#parts !== PARTS_A_TURN) return;
    this.#receiver.isSlow = true;
    this.#rest('turn is over');
    setImmediate(() => {
      this.#parts = 0;
      this.#receiver.isSlow = false;
      this.#go('turn is over');
    });
  }
}
