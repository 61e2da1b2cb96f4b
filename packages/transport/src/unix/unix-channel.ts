// A channel over an open Unix socket: messages with their length before them (message-reader.ts), and three words of its own,
// a sign of life that is asked for, one that is given, and the reason with which a side closes. No HTTP, no masks: there is
// nothing in between that would want them. Invariant: at most one sign is queued for a side that does not read.
import type { Socket } from 'node:net';
import { PRE_AUTH_BYTES } from '@lockstep/wire';
import { letGo } from '../closing.js';
import type { CloseReason } from '../link.js';
import { decodeReason, encodeReason } from '../reason.js';
import type { Channel, ChannelHandlers } from '../transport.js';
import { HEAD_BYTES, MessageReader, writeHead } from './message-reader.js';

/** The first byte of a word. */
export const ASK = 1;
export const ANSWER = 2;
export const CLOSE = 3;

/** A message of at most so many bytes is sent as one buffer: a copy is cheaper than a list. */
const SMALL_MESSAGE_BYTES = 16 * 1024;
/** The other side has this long to take what is queued and to answer a close. */
const CLOSE_TIMEOUT_MS = 3000;
/** Between two looks at the clock, four of which make a heartbeat's timeout. Others of our kind send one or two. */
const MOST_SIGNS = 100;

interface End {
  readonly reason: CloseReason;
  readonly isTold: boolean;
}

export class UnixChannel implements Channel {
  readonly address: string;
  readonly isLocal = false;
  readonly staysInMemory = true;
  readonly #socket: Socket;
  readonly #reader = new MessageReader(PRE_AUTH_BYTES);
  #handlers: ChannelHandlers | undefined;
  #isPaused = true;
  #isTurnSet = false;
  /** Whether messages are taken, and told. */
  isOpen = true;
  /** What the other side said in its close. */
  #farewell: CloseReason | undefined;
  /** The socket is gone; told once what came before is. */
  #end: End | undefined;
  #error: Error | undefined;
  #signs = 0;
  #isAnswering = false;
  #asked = false;

  /** @param socket connected, and not read from */
  constructor(socket: Socket, address: string) {
    this.#socket = socket;
    this.address = address;
    socket.pause();
    socket.on('error', (error) => {
      this.#error ??= error;
    });
    socket.on('data', (chunk: Buffer) => {
      // After either side's close, what comes is of no interest but for its end.
      if (!this.isOpen) return;
      this.#reader.push(chunk);
      this.#read();
      this.#handlers?.arrived(chunk.length);
    });
    socket.once('close', () => this.#closed());
  }

  get queuedBytes(): number {
    return this.#socket.writableLength;
  }

  attach(handlers: ChannelHandlers): void {
    this.#handlers = handlers;
    if (this.#end) this.#nextTurn();
  }

  send(pieces: readonly Uint8Array[], left?: () => void): void {
    const sent = left && ((error?: Error | null) => !error && left());
    let bytes = 0;
    for (const piece of pieces) bytes += piece.length;
    const isSmall = bytes <= SMALL_MESSAGE_BYTES;
    // With the first piece, which is a frame's header.
    const front = new Uint8Array(HEAD_BYTES + (isSmall ? bytes : pieces[0]!.length));
    writeHead(front, bytes);
    let at = HEAD_BYTES;
    for (const piece of isSmall ? pieces : pieces.slice(0, 1)) {
      front.set(piece, at);
      at += piece.length;
    }
    if (isSmall || pieces.length === 1) {
      this.#socket.write(front, sent);
      return;
    }
    // Corked, they leave in one writev.
    this.#socket.cork();
    this.#socket.write(front);
    for (let i = 1; i < pieces.length - 1; i++) this.#socket.write(pieces[i]!);
    this.#socket.write(pieces.at(-1)!, sent);
    this.#socket.uncork();
  }

  ping(): void {
    this.#signs = 0;
    this.#say(ASK);
  }

  limit(messageBytes: number): void {
    this.#reader.limitBytes = messageBytes;
  }

  pause(): void {
    this.#isPaused = true;
    this.#socket.pause();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    // What was read already comes first, and never from inside a call.
    this.#nextTurn();
  }

  close(reason: CloseReason, atOnce: boolean): void {
    if (this.isOpen) this.#say(CLOSE, encodeReason(reason));
    this.isOpen = false;
    this.#reader.clear();
    this.#socket.end();
    if (atOnce) {
      setImmediate(() => this.cut());
      return;
    }
    const timer = setTimeout(() => this.cut(), CLOSE_TIMEOUT_MS);
    this.#socket.once('close', () => clearTimeout(timer));
    letGo({
      queuedBytes: this.queuedBytes,
      cut: () => this.cut(),
      onClosed: (closed) => this.#socket.once('close', closed),
    });
  }

  cut(): void {
    this.#socket.destroy();
  }

  #say(word: number, more: Uint8Array = new Uint8Array(0), left?: () => void): void {
    if (!this.#socket.writable) return;
    const bytes = new Uint8Array(HEAD_BYTES + 1 + more.length);
    writeHead(bytes, 1 + more.length, true);
    bytes[HEAD_BYTES] = word;
    bytes.set(more, HEAD_BYTES + 1);
    this.#socket.write(bytes, left);
  }

  #nextTurn(): void {
    if (this.#isTurnSet) return;
    this.#isTurnSet = true;
    setImmediate(() => {
      this.#isTurnSet = false;
      this.#read();
      if (!this.#isPaused) this.#socket.resume();
    });
  }

  /** What is there, until a handler pauses it: whoever takes messages does so when a turn has had its share. */
  #read(): void {
    while (!this.#isPaused && this.isOpen) {
      const read = this.#reader.next();
      if (read === undefined) break;
      if (typeof read === 'string') this.#fail(read);
      else if (read.isWord) this.#hear(Buffer.concat(read.pieces));
      else this.#handlers?.message(read.pieces);
    }
    if (this.#end && !this.#isPaused) this.#tellEnd();
  }

  #fail(message: string): void {
    this.close({ code: 'protocol', message }, false);
    this.#handlers?.failed(message);
  }

  #hear(word: Buffer): void {
    if (word[0] === CLOSE) {
      this.#farewell = decodeReason(word.subarray(1));
      this.isOpen = false;
      this.#reader.clear();
      this.#socket.end();
      const timer = setTimeout(() => this.cut(), CLOSE_TIMEOUT_MS);
      this.#socket.once('close', () => clearTimeout(timer));
      return;
    }
    // Before the proof nobody is answered.
    if (!this.#handlers?.sign) return;
    this.#signs += 1;
    if (this.#signs > MOST_SIGNS) {
      this.#fail(`pings: more than ${MOST_SIGNS} between two looks at the clock`);
      return;
    }
    this.#handlers.sign(word[0] === ANSWER);
    if (word[0] === ASK) this.#answer();
  }

  /** While an answer has not left, whatever else is asked is answered by one more. */
  #answer(): void {
    if (this.#isAnswering) {
      this.#asked = true;
      return;
    }
    this.#isAnswering = true;
    this.#say(ANSWER, undefined, () => {
      this.#isAnswering = false;
      if (this.#asked) this.#answer();
      this.#asked = false;
    });
  }

  #closed(): void {
    const cause = this.#error === undefined ? '' : ` (${this.#error.message})`;
    const lost = { code: 'lost', message: `the connection broke${cause}` };
    this.#end = { reason: this.#farewell ?? lost, isTold: this.#farewell !== undefined };
    this.#nextTurn();
  }

  #tellEnd(): void {
    if (!this.#handlers) return;
    const { reason, isTold } = this.#end!;
    this.#end = undefined;
    this.isOpen = false;
    this.#handlers.closed(reason, isTold);
  }
}
