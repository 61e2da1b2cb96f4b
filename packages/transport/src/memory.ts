// Channels inside one process, and linked ends over them: for tests, and for a worker in the coordinator's own process.
// Messages and headers pass through the codec, so both ends see what a wire would carry; payloads are handed over uncopied.
// Delivery is never synchronous.
import { checkOptions } from '@lockstep/errors';
import { ChannelLink } from './channel-link.js';
import { LinkError } from './errors.js';
import type { CloseReason, Link, Remote } from './link.js';
import { nextTurn } from './next-turn.js';
import { shownUrl } from './shown-url.js';
import type { Acceptor, Channel, ChannelHandlers, Transport } from './transport.js';

/** What `memoryPair` takes. */
export interface MemoryPairOptions {
  /** 32 hexadecimal digits; zeros if left out. */
  readonly run?: string;
  readonly incarnation?: number;
  /** Roles of the two ends; a coordinator's end and a worker's if left out. */
  readonly roles?: readonly [Remote['role'], Remote['role']];
}

/** @returns the two ends, as if they had proven themselves: the coordinator's, whose remote is the worker, and the worker's */
export function memoryPair(options: MemoryPairOptions = {}): [Link, Link] {
  checkOptions('memoryPair', options, { run: true, incarnation: true, roles: true });
  const { run = '0'.repeat(32), incarnation = 0, roles = ['coordinator', 'worker'] } = options;
  const [first, second] = MemoryChannel.pair();
  const remote = (role: Remote['role']): Remote => ({ role, run, incarnation, address: 'memory' });
  return [new ChannelLink(first, remote(roles[1])), new ChannelLink(second, remote(roles[0]))];
}

/** Who listens in this process, by URL. */
const doors = new Map<string, Acceptor>();
let opened = 0;

/** Between parties of one process that prove themselves as on any other transport. Its URLs are `memory:NUMBER`. */
export function memory(): Transport {
  return {
    schemes: ['memory'],
    urlProblem: (url) =>
      /^memory:\d+$/.test(url)
        ? undefined
        : `${shownUrl(url)} is not an address to dial; expected memory:NUMBER`,
    async dial(url) {
      const acceptor = doors.get(url);
      if (!acceptor) throw new LinkError('unreachable', `dial ${url}: nobody listens there`);
      const [mine, theirs] = MemoryChannel.pair();
      acceptor.open(
        mine,
        acceptor.arriving(() => mine.cut()),
      );
      return theirs;
    },
    async listen(acceptor) {
      opened += 1;
      const url = `memory:${opened}`;
      doors.set(url, acceptor);
      return {
        urls: [url],
        async close() {
          doors.delete(url);
        },
      };
    },
  };
}

interface Parcel {
  readonly pieces: readonly Uint8Array[];
  readonly bytes: number;
  readonly left: (() => void) | undefined;
}

class MemoryChannel implements Channel {
  readonly address = 'memory';
  readonly isLocal = true;
  readonly staysInMemory = true;
  #peer!: MemoryChannel;
  #handlers: ChannelHandlers | undefined;
  #isPaused = true;
  isOpen = true;
  /** What this end has sent and the other has not seen yet. */
  #parcels: Parcel[] = [];
  queuedBytes = 0;
  /** Why this end closed, to be told to the other after the parcels. */
  #farewell: CloseReason | undefined;
  #isScheduled = false;

  static pair(): [MemoryChannel, MemoryChannel] {
    const ends = [new MemoryChannel(), new MemoryChannel()] as const;
    ends[0].#peer = ends[1];
    ends[1].#peer = ends[0];
    return [...ends];
  }

  attach(handlers: ChannelHandlers): void {
    this.#handlers = handlers;
    this.#peer.#schedule();
  }

  send(pieces: readonly Uint8Array[], left?: () => void): void {
    let bytes = 0;
    for (const piece of pieces) bytes += piece.length;
    this.#parcels.push({ pieces, bytes, left });
    this.queuedBytes += bytes;
    this.#schedule();
  }

  ping(): void {}

  limit(): void {}

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#peer.#schedule();
  }

  close(reason: CloseReason, atOnce: boolean): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    if (atOnce) this.#drop();
    this.#farewell = reason;
    this.#schedule();
  }

  cut(): void {
    this.close({ code: 'lost', message: 'the connection broke' }, true);
  }

  #drop(): void {
    this.#parcels = [];
    this.queuedBytes = 0;
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    nextTurn(() => {
      this.#isScheduled = false;
      this.#deliver();
    });
  }

  #deliver(): void {
    const peer = this.#peer;
    // Only what is there now: an exchange of answers must not keep the event loop from everything else.
    for (let count = this.#parcels.length; count > 0; count--) {
      if (peer.#isPaused || !peer.#handlers) return;
      const parcel = this.#parcels.shift();
      if (!parcel) break;
      this.queuedBytes -= parcel.bytes;
      peer.#handlers.message(parcel.pieces);
      parcel.left?.();
    }
    if (this.#parcels.length > 0) this.#schedule();
    else if (this.#farewell !== undefined && !peer.#isPaused && peer.#handlers) this.#endWith(peer);
  }

  #endWith(peer: MemoryChannel): void {
    const farewell = this.#farewell!;
    this.#farewell = undefined;
    peer.isOpen = false;
    peer.#drop();
    peer.#handlers?.closed(farewell, true);
  }
}
