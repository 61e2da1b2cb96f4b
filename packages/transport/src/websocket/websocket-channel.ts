// A channel over an open WebSocket: messages in fragments, signs of life, and reasons in close frames.
import type { Socket } from 'node:net';
import { PRE_AUTH_BYTES } from '@lockstep/wire';
import type { WebSocket } from 'ws';
import { letGo } from '../closing.js';
import type { CloseReason } from '../link.js';
import { encodeReason } from '../reason.js';
import type { Channel, ChannelHandlers } from '../transport.js';
import { decodeStatus, REASON_STATUS } from './close-status.js';
import { isWord, PAGE_PROTOCOL } from './page-words.js';
import { Reading } from './reading.js';
import { pings, words } from './sign-carriers.js';
import { type SignCarrier, Signs } from './signs.js';
import { leaveInChunks, MessageLimit } from './ws-internals.js';

/** Pieces shorter than this on average are sent as one buffer: a copy is cheaper than the fragments. */
const SMALL_PIECE_BYTES = 4096;
/** The other side has this long to take what is queued and to answer a close. */
export const CLOSE_TIMEOUT_MS = 3000;

export class WebSocketChannel implements Channel {
  readonly address: string;
  readonly isLocal = false;
  readonly staysInMemory = false;
  readonly #ws: WebSocket;
  readonly #socket: Socket;
  readonly #messageLimit: MessageLimit;
  readonly #reading: Reading;
  readonly #carrier: SignCarrier;
  #limitBytes = PRE_AUTH_BYTES;
  #handlers: ChannelHandlers | undefined;
  #signs: Signs | undefined;
  #socketError: Error | undefined;
  /** How it ended while nobody was attached. */
  #untold: ((handlers: ChannelHandlers) => void) | undefined;

  /**
   * @param ws just opened, with the limits of PRE_AUTH_BYTES and without `autoPong`
   * @param socket below it, net or TLS
   */
  constructor(ws: WebSocket, socket: Socket) {
    this.#ws = ws;
    this.#socket = socket;
    this.address = addressOf(socket);
    ws.binaryType = 'fragments';
    this.#messageLimit = new MessageLimit(ws, PRE_AUTH_BYTES);
    leaveInChunks(ws);
    const isPage = ws.protocol === PAGE_PROTOCOL;
    this.#carrier = isPage ? words(ws) : pings(ws);
    ws.on('message', (data, isBinary) => {
      if (isBinary) this.#handlers?.message(data as Buffer[]);
      else if (!isPage || !isWord(String(data))) this.#handlers?.message([]);
    });
    ws.on('error', (error) => this.#tell((handlers) => handlers.failed(this.#explain(error))));
    ws.on('close', (status, bytes) => {
      const reason = this.#whyClosed(status, bytes);
      this.#tell((handlers) => handlers.closed(reason, status === REASON_STATUS));
    });
    socket.once('error', (error) => {
      this.#socketError = error;
    });
    // After ws has parsed a chunk, of 64 KiB at most.
    socket.on('data', (chunk: Buffer) => this.#handlers?.arrived(chunk.length));
    this.#reading = new Reading(ws, socket, this.#messageLimit);
  }

  get isOpen(): boolean {
    return this.#ws.readyState === this.#ws.OPEN;
  }

  get queuedBytes(): number {
    return this.#ws.bufferedAmount;
  }

  attach(handlers: ChannelHandlers): void {
    this.#handlers = handlers;
    if (handlers.sign) {
      this.#signs ??= new Signs(
        this.#carrier,
        (isAnswer) => this.#handlers?.sign?.(isAnswer),
        (message) => {
          this.close({ code: 'protocol', message }, true);
          this.#tell((told) => told.failed(message));
        },
      );
    }
    const untold = this.#untold;
    this.#untold = undefined;
    if (untold) setImmediate(() => untold(handlers));
  }

  #tell(end: (handlers: ChannelHandlers) => void): void {
    if (this.#handlers) end(this.#handlers);
    else this.#untold ??= end;
  }

  send(pieces: readonly Uint8Array[], left?: () => void): void {
    const sent = left && ((error?: Error) => !error && left());
    const last = pieces.length - 1;
    let bytes = 0;
    for (let i = 1; i <= last; i++) bytes += pieces[i]!.length;
    if (bytes < SMALL_PIECE_BYTES * last || last === 0) {
      this.#ws.send(last === 0 ? pieces[0]! : Buffer.concat(pieces), sent);
      return;
    }
    // Corked, the fragments leave in one writev.
    this.#socket.cork();
    for (let i = 0; i < last; i++) this.#ws.send(pieces[i]!, { fin: false });
    this.#ws.send(pieces[last]!, { fin: true }, sent);
    this.#socket.uncork();
  }

  ping(): void {
    this.#signs?.look();
    this.#carrier.ask();
  }

  limit(messageBytes: number): void {
    this.#limitBytes = messageBytes;
    this.#messageLimit.set(messageBytes);
  }

  pause(): void {
    this.#reading.pause();
  }

  resume(): void {
    this.#reading.resume();
  }

  close(reason: CloseReason, atOnce: boolean): void {
    this.#ws.close(REASON_STATUS, Buffer.from(encodeReason(reason)));
    if (atOnce) setImmediate(() => this.#ws.terminate());
    else {
      letGo({
        queuedBytes: this.queuedBytes,
        cut: () => this.cut(),
        onClosed: (closed) => this.#ws.once('close', closed),
      });
    }
  }

  cut(): void {
    this.#ws.terminate();
  }

  #explain(error: Error & { code?: string }): string {
    return error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH'
      ? `message: too large; expected at most ${this.#limitBytes} bytes`
      : `WebSocket: ${error.message}`;
  }

  #whyClosed(status: number, bytes: Buffer): CloseReason {
    const reason = decodeStatus(status, bytes);
    return reason.code === 'lost' && this.#socketError !== undefined
      ? { code: 'lost', message: `${reason.message} (${this.#socketError.message})` }
      : reason;
  }
}

export function addressOf(socket: Socket): string {
  return `${socket.remoteAddress}:${socket.remotePort}`;
}
