// Pings and pongs of the other side. Each shows that it lives; a ping is answered, but with one pong at a time: while
// that has not left, only the newest of those that came since is answered after it (RFC 6455 §5.5.3 allows it).
// Invariant: at most one pong is queued, however many pings a side sends that does not read.
import type { WebSocket } from 'ws';

/** Between two looks at the clock, four of which make a heartbeat's timeout. Others of our kind send one or two. */
const MOST_SIGNS = 100;

export class Signs {
  readonly #ws: WebSocket;
  readonly #heard: () => void;
  readonly #tooMany: (message: string) => void;
  #count = 0;
  #isAnswering = false;
  #unanswered: Buffer | undefined;

  /** @param ws opened without `autoPong` */
  constructor(ws: WebSocket, heard: () => void, tooMany: (message: string) => void) {
    this.#ws = ws;
    this.#heard = heard;
    this.#tooMany = tooMany;
    ws.on('ping', (data) => {
      if (this.#take()) this.#answer(data);
    });
    ws.on('pong', () => this.#take());
  }

  /** A look at the clock: they are counted anew. */
  look(): void {
    this.#count = 0;
  }

  #take(): boolean {
    this.#count += 1;
    if (this.#count <= MOST_SIGNS) {
      this.#heard();
      return true;
    }
    if (this.#count === MOST_SIGNS + 1) {
      this.#tooMany(`pings: more than ${MOST_SIGNS} between two looks at the clock`);
    }
    return false;
  }

  #answer(data: Buffer): void {
    if (this.#isAnswering) {
      this.#unanswered = data;
      return;
    }
    this.#isAnswering = true;
    this.#ws.pong(data, undefined, (error) => {
      this.#isAnswering = false;
      const next = this.#unanswered;
      this.#unanswered = undefined;
      if (next && !error) this.#answer(next);
    });
  }
}
