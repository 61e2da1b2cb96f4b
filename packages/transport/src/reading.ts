// When a socket is read: not before its link's owner listens, not while messages wait to be delivered, and no more than so
// many chunks in one turn of the event loop, so that what one peer sends in very small parts keeps nobody waiting.
// It decides nothing about what is read.
import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';

/**
 * Chunks in one turn. TLS gives them a record each: 16 KiB, or a single byte of whoever wants to keep this process busy.
 * Without TLS they are 64 KiB, and libuv reads 32 at once.
 */
const CHUNKS_A_TURN = 128;

type Rest = 'not started' | 'messages wait' | 'turn is over';

export class Reading {
  readonly #ws: WebSocket;
  readonly #rests = new Set<Rest>();
  #chunks = 0;

  constructor(ws: WebSocket, socket: Socket) {
    this.#ws = ws;
    socket.on('data', () => this.#count());
    // Until somebody listens, what arrives stays in the kernel; only what was already read is kept.
    this.rest('not started');
  }

  rest(why: Rest): void {
    this.#rests.add(why);
    this.#ws.pause();
  }

  go(why: Rest): void {
    if (this.#rests.delete(why) && this.#rests.size === 0) this.#ws.resume();
  }

  #count(): void {
    this.#chunks += 1;
    if (this.#chunks === 1) {
      setImmediate(() => {
        this.#chunks = 0;
        this.go('turn is over');
      });
    }
    if (this.#chunks === CHUNKS_A_TURN) this.rest('turn is over');
  }
}
