// A transport of one file, for parties of one machine: Unix sockets, whose files lie in one folder. Its URLs are `unix:PATH`.
// A message goes as its length in four bytes and then itself; a length with its highest bit set is a word of the transport's
// own: a sign of life that is asked for or given, or the reason with which a side closes.
import { once } from 'node:events';
import { createConnection, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import {
  type Acceptor,
  type Channel,
  type ChannelHandlers,
  type CloseReason,
  decodeReason,
  encodeReason,
  LinkError,
  ListenError,
  type Transport,
} from '@lockstep/transport';
import { PRE_AUTH_BYTES } from '@lockstep/wire';

const HEAD_BYTES = 4;
const OWN_WORD = 0x8000_0000;
/** The first byte of a word of the transport's own. */
const ASK = 1;
const ANSWER = 2;
const CLOSE = 3;
const MOST_WORD_BYTES = 128;

const PATH = /^unix:(\/.{1,100})$/;

export function unixSockets(folder: string): Transport {
  let opened = 0;
  return {
    schemes: ['unix'],
    urlProblem: (url) =>
      PATH.test(url) ? undefined : `"${url}" is not an address to dial; expected unix:/PATH`,
    async dial(url, { signal }) {
      const socket = createConnection({ path: PATH.exec(url)![1]!, signal });
      socket.on('error', () => {});
      await once(socket, 'connect').catch((cause: NodeJS.ErrnoException) => {
        signal.throwIfAborted();
        throw new LinkError('unreachable', `dial ${url}: ${cause.message}`, cause.code, { cause });
      });
      return new UnixChannel(socket);
    },
    async listen(acceptor: Acceptor) {
      const path = join(folder, `${process.pid}-${opened++}-${Math.random()}.sock`);
      const server = createServer({ pauseOnConnect: true }, (socket) => {
        const arrival = acceptor.arriving(() => socket.destroy());
        socket.once('close', () => arrival.gone());
        acceptor.open(new UnixChannel(socket), arrival);
      });
      server.listen(path);
      await once(server, 'listening').catch((cause: Error) => {
        throw new ListenError('address', `listen on ${path}: ${cause.message}`, { cause });
      });
      return {
        urls: [`unix:${path}`],
        async close() {
          server.close();
        },
      };
    },
  };
}

class UnixChannel implements Channel {
  readonly address = 'unix';
  readonly isLocal = false;
  isOpen = true;
  readonly #socket: Socket;
  #handlers: ChannelHandlers | undefined;
  #limitBytes = PRE_AUTH_BYTES;
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  #isPaused = true;
  #reason: CloseReason | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.#bytes += chunk.length;
      this.#read();
      this.#handlers?.arrived(chunk.length);
    });
    socket.pause();
    socket.once('close', () => {
      this.isOpen = false;
      const lost = { code: 'lost', message: 'the connection broke' };
      this.#handlers?.closed(this.#reason ?? lost, this.#reason !== undefined);
    });
  }

  get queuedBytes(): number {
    return this.#socket.writableLength;
  }

  attach(handlers: ChannelHandlers): void {
    this.#handlers = handlers;
  }

  send(pieces: readonly Uint8Array[], left?: () => void): void {
    const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
    const last = pieces.length - 1;
    const sent = left && ((error?: Error | null) => !error && left());
    this.#socket.cork();
    this.#socket.write(head(bytes));
    for (const [i, piece] of pieces.entries())
      this.#socket.write(piece, i === last ? sent : undefined);
    this.#socket.uncork();
  }

  ping(): void {
    this.#say(ASK);
  }

  limit(messageBytes: number): void {
    this.#limitBytes = messageBytes;
  }

  pause(): void {
    this.#isPaused = true;
    this.#socket.pause();
  }

  resume(): void {
    this.#isPaused = false;
    // What was read already comes first, and never from inside a call.
    setImmediate(() => {
      this.#read();
      if (!this.#isPaused) this.#socket.resume();
    });
  }

  close(reason: CloseReason, atOnce: boolean): void {
    if (this.isOpen) this.#say(CLOSE, encodeReason(reason));
    this.isOpen = false;
    this.#socket.end();
    setTimeout(() => this.cut(), atOnce ? 0 : 3000).unref();
  }

  cut(): void {
    this.isOpen = false;
    this.#socket.destroy();
  }

  #say(word: number, more: Uint8Array = new Uint8Array(0)): void {
    if (!this.#socket.writable) return;
    this.#socket.write(Buffer.concat([head(1 + more.length, true), Uint8Array.of(word), more]));
  }

  #read(): void {
    while (!this.#isPaused && this.#bytes >= HEAD_BYTES) {
      const first = this.#chunks[0]!;
      if (first.length < HEAD_BYTES) this.#chunks = [Buffer.concat(this.#chunks)];
      const length = Buffer.from(this.#chunks[0]!.subarray(0, HEAD_BYTES)).readUInt32LE();
      const isOwn = length >= OWN_WORD;
      const bytes = isOwn ? length - OWN_WORD : length;
      const most = isOwn ? MOST_WORD_BYTES : this.#limitBytes;
      if (bytes > most) {
        const message = `message: too large; expected at most ${most} bytes`;
        this.close({ code: 'protocol', message }, false);
        this.#chunks = [];
        this.#bytes = 0;
        this.#handlers?.failed(message);
        return;
      }
      if (this.#bytes < HEAD_BYTES + bytes) return;
      this.#take(HEAD_BYTES);
      const pieces = this.#take(bytes);
      if (isOwn) this.#hear(Buffer.concat(pieces));
      else this.#handlers?.message(pieces);
    }
  }

  #hear(bytes: Buffer): void {
    if (bytes[0] === CLOSE) {
      this.#reason = decodeReason(bytes.subarray(1));
      this.isOpen = false;
      this.#socket.end();
      return;
    }
    // Before the proof nobody is answered.
    if (!this.#handlers?.sign) return;
    this.#handlers.sign();
    if (bytes[0] === ASK && this.queuedBytes === 0) this.#say(ANSWER);
  }

  #take(bytes: number): Uint8Array[] {
    const taken: Uint8Array[] = [];
    this.#bytes -= bytes;
    for (let left = bytes; left > 0; ) {
      const chunk = this.#chunks.shift()!;
      const count = Math.min(left, chunk.length);
      taken.push(chunk.subarray(0, count));
      if (count < chunk.length) this.#chunks.unshift(chunk.subarray(count));
      left -= count;
    }
    return taken;
  }
}

function head(bytes: number, isOwn = false): Buffer {
  const length = Buffer.alloc(HEAD_BYTES);
  length.writeUInt32LE(isOwn ? OWN_WORD + bytes : bytes);
  return length;
}
