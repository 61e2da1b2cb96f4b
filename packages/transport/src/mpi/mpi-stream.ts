// Messages to one rank and from it, in order, by sends and receives that do not wait. A message is a head, which has what is small
// and says how long the rest is, and the rest, piece by piece from where it lies. Invariant: memory is given to MPI only while a
// request holds it, and what comes in is told before it is written over.

import type { MpiJob, Way } from './job.js';
import type { MpiRequest } from './library.js';

/** Below what implementations send at once, whether or not it is asked for (4096 in Open MPI's shared memory). */
const HEAD_BYTES = 2048;
const SIZES_AT = 4;
const MOST_PIECES = 64;
const MOST_INLINE = HEAD_BYTES - SIZES_AT - 4 * MOST_PIECES;
/** Pieces shorter than this on average go as one: a copy is cheaper than a message each. */
const SMALL_PIECE_BYTES = 4096;

interface Sending {
  readonly requests: readonly MpiRequest[];
  readonly bytes: number;
  readonly left: (() => void) | undefined;
}

/** A message, or how long one is that is longer than may be. */
export type Arrived =
  | { readonly pieces: readonly Uint8Array[]; readonly bytes: number }
  | { readonly tooLong: number };

export class MpiStream {
  readonly #job: MpiJob;
  readonly #way: Way;
  readonly #sending: Sending[] = [];
  /** Messages so far. */
  sent = 0;
  received = 0;
  queuedBytes = 0;
  readonly #head = Buffer.alloc(HEAD_BYTES);
  #headRequest: MpiRequest | undefined;
  #inline: Uint8Array = this.#head;
  #rest: MpiRequest[] | undefined;
  #restBytes = 0;
  #memory = new Uint8Array(0);
  /** A message that is too long stays where it is, and all that follows. */
  #isDeaf = false;

  constructor(job: MpiJob, way: Way) {
    this.#job = job;
    this.#way = way;
  }

  /** Whether it waits for MPI to take or to give something. */
  get isBusy(): boolean {
    return this.#sending.length > 0 || this.#headRequest !== undefined;
  }

  send(pieces: readonly Uint8Array[], left: (() => void) | undefined): void {
    const { library } = this.#job;
    const { rank, sendTag } = this.#way;
    let bytes = 0;
    for (const piece of pieces) bytes += piece.length;
    const memory = frame(pieces, bytes);
    const requests = memory.map((part) => library.send(part, rank, sendTag));
    this.sent += 1;
    // What is small has left already; whoever wants to hear of it is not told from inside.
    const isFirst = this.#sending.length === 0 && left === undefined;
    if (isFirst && requests.every((request) => library.isDone(request))) return;
    this.#sending.push({ requests, bytes, left });
    this.queuedBytes += bytes;
  }

  /** Tells what has left. @returns whether anything has. @throws LockstepError if a call fails */
  takeLeft(): boolean {
    let hasLeft = false;
    for (;;) {
      const first = this.#sending[0];
      if (!first?.requests.every((request) => this.#job.library.isDone(request))) return hasLeft;
      this.#sending.shift();
      this.queuedBytes -= first.bytes;
      hasLeft = true;
      first.left?.();
    }
  }

  /**
   * The next message, if all of it is here. It stays as it is until the next call, or for good after `keep`.
   *
   * @throws LockstepError if a call fails
   */
  next(limitBytes: number): Arrived | undefined {
    const { library } = this.#job;
    const { rank, receiveTag } = this.#way;
    if (this.#isDeaf) return undefined;
    if (!this.#headRequest) {
      if (!library.isHere(rank, receiveTag)) return undefined;
      this.#headRequest = library.receive(this.#head, rank, receiveTag);
    }
    if (!this.#rest) {
      if (!library.isDone(this.#headRequest)) return undefined;
      const { inline, sizes } = readHead(this.#head);
      const restBytes = sizes.reduce((sum, size) => sum + size, 0);
      if (inline.length + restBytes > limitBytes) {
        this.#isDeaf = true;
        this.#headRequest = undefined;
        return { tooLong: inline.length + restBytes };
      }
      this.#inline = inline;
      this.#restBytes = restBytes;
      if (this.#memory.length < restBytes) this.#memory = Buffer.allocUnsafeSlow(restBytes);
      let at = 0;
      this.#rest = sizes.map((size) => {
        const part = this.#memory.subarray(at, at + size);
        at += size;
        return library.receive(part, rank, receiveTag);
      });
    }
    if (!this.#rest.every((request) => library.isDone(request))) return undefined;
    this.#headRequest = this.#rest = undefined;
    this.received += 1;
    const pieces = [];
    if (this.#inline.length > 0) pieces.push(this.#inline);
    if (this.#restBytes > 0) pieces.push(this.#memory.subarray(0, this.#restBytes));
    return { pieces, bytes: this.#inline.length + this.#restBytes };
  }

  /** Somebody holds on to the message that came last. */
  keep(): void {
    this.#memory = new Uint8Array(0);
  }

  /** Nobody waits for the rest any more. */
  leave(): void {
    const receiving = this.#headRequest ? [this.#headRequest, ...(this.#rest ?? [])] : [];
    this.#job.leave([...this.#sending.flatMap(({ requests }) => requests), ...receiving]);
    this.#sending.length = 0;
    this.#headRequest = this.#rest = undefined;
    this.queuedBytes = 0;
  }
}

/** The head, then what is sent from where it lies. */
function frame(pieces: readonly Uint8Array[], bytes: number): Uint8Array[] {
  const head = Buffer.allocUnsafe(HEAD_BYTES);
  let inline = 0;
  let rest: readonly Uint8Array[] = [];
  if (bytes <= MOST_INLINE) {
    for (const piece of pieces) {
      head.set(piece, SIZES_AT + inline);
      inline += piece.length;
    }
  } else {
    // The first piece of a frame is its header.
    const [first] = pieces;
    if (first!.length <= MOST_INLINE) inline = first!.length;
    const others = (inline > 0 ? pieces.slice(1) : pieces).filter(({ length }) => length > 0);
    const isMany = others.length > MOST_PIECES || bytes < SMALL_PIECE_BYTES * others.length;
    rest = isMany ? [Buffer.concat(others)] : others;
    if (inline > 0) head.set(first!, SIZES_AT + 4 * rest.length);
  }
  head.writeUInt16LE(rest.length, 0);
  head.writeUInt16LE(inline, 2);
  for (const [i, { length }] of rest.entries()) head.writeUInt32LE(length, SIZES_AT + 4 * i);
  return [head.subarray(0, SIZES_AT + 4 * rest.length + inline), ...rest];
}

/** What another rank wrote is data: sizes that cannot be are cut to what is there. */
function readHead(head: Buffer): { inline: Uint8Array; sizes: number[] } {
  const count = Math.min(head.readUInt16LE(0), MOST_PIECES);
  const sizes = Array.from({ length: count }, (_, i) => head.readUInt32LE(SIZES_AT + 4 * i));
  const at = SIZES_AT + 4 * count;
  return { inline: Uint8Array.prototype.slice.call(head, at, at + head.readUInt16LE(2)), sizes };
}
