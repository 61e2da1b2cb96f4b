// A channel over a browser's WebSocket, in a page. What a page cannot do is done as well as it can: it is told of messages only
// when they are whole, so that a limit is looked at then; it cannot stop reading, so that what comes meanwhile is kept here; and
// it is not told when something has left, so that it looks. The other side is the coordinator that the page came from.
// Invariant: what came is told in order, never before `attach`, while paused, or from inside a call.
import { joinBytes, PRE_AUTH_BYTES } from '@lockstep/wire';
import type { CloseReason } from '../link.js';
import { nextTurn } from '../next-turn.js';
import { encodeReason } from '../reason.js';
import type { Channel, ChannelHandlers } from '../transport.js';
import { decodeStatus, REASON_STATUS } from './close-status.js';
import { OPEN, type PageSocket } from './page-socket.js';
import { PING, PONG } from './page-words.js';

/** How often it is looked whether what was sent has left, while somebody waits for that. */
const LOOK_MS = 5;

type Told = (handlers: ChannelHandlers) => void;

interface Leaving {
  /** Bytes that were handed over up to its end. */
  readonly end: number;
  readonly left: () => void;
}

export class PageChannel implements Channel {
  readonly address: string;
  readonly isLocal = false;
  readonly staysInMemory = false;
  readonly #ws: PageSocket;
  #handlers: ChannelHandlers | undefined;
  #limitBytes = PRE_AUTH_BYTES;
  #isPaused = true;
  #isScheduled = false;
  readonly #untold: Told[] = [];
  /** Bytes that were handed over since it was opened. */
  #handedOver = 0;
  readonly #leaving: Leaving[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param ws just opened */
  constructor(ws: PageSocket) {
    this.#ws = ws;
    this.address = ws.url;
    ws.binaryType = 'arraybuffer';
    ws.onmessage = ({ data }) => {
      if (typeof data === 'string') this.#hearText(data);
      else this.#hear(new Uint8Array(data as ArrayBuffer));
    };
    // What breaks a connection is not told to a page; the closing that follows is.
    ws.onerror = () => {};
    ws.onclose = ({ code, reason }) => {
      clearTimeout(this.#timer);
      const bytes = new TextEncoder().encode(reason);
      this.#tell((handlers) => handlers.closed(decodeStatus(code, bytes), code === REASON_STATUS));
    };
  }

  get isOpen(): boolean {
    return this.#ws.readyState === OPEN;
  }

  get queuedBytes(): number {
    return this.#ws.bufferedAmount;
  }

  attach(handlers: ChannelHandlers): void {
    this.#handlers = handlers;
    this.#tellSoon();
  }

  send(pieces: readonly Uint8Array[], left?: () => void): void {
    if (!this.isOpen) return;
    // A copy: the pieces may lie in shared memory, which browsers do not send from.
    const message = joinBytes(pieces);
    this.#ws.send(message);
    this.#handedOver += message.length;
    if (!left) return;
    this.#leaving.push({ end: this.#handedOver, left });
    this.#timer ??= setTimeout(() => this.#look(), LOOK_MS);
  }

  ping(): void {
    this.#say(PING);
  }

  limit(messageBytes: number): void {
    this.#limitBytes = messageBytes;
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#tellSoon();
  }

  close(reason: CloseReason): void {
    const text = new TextDecoder().decode(encodeReason(reason));
    this.#ws.close(REASON_STATUS, text);
  }

  /** A page can end a connection with a word only. */
  cut(): void {
    this.#ws.close();
  }

  #hear(bytes: Uint8Array): void {
    const most = this.#limitBytes;
    if (bytes.length > most) {
      this.close({ code: 'protocol', message: 'a message that is too large' });
      const message = `message: too large; expected at most ${most} bytes`;
      this.#tell((handlers) => handlers.failed(message));
      return;
    }
    this.#tell((handlers) => {
      handlers.message([bytes]);
      handlers.arrived(bytes.length);
    });
  }

  #hearText(text: string): void {
    if (text === PING) this.#say(PONG);
    this.#tell((handlers) => {
      if (text !== PING && text !== PONG) handlers.message([]);
      else handlers.sign?.(text === PONG);
      handlers.arrived(text.length);
    });
  }

  #say(word: string): void {
    if (!this.isOpen) return;
    this.#ws.send(word);
    this.#handedOver += word.length;
  }

  #tell(told: Told): void {
    if (this.#handlers && !this.#isPaused && this.#untold.length === 0) told(this.#handlers);
    else this.#untold.push(told);
  }

  #tellSoon(): void {
    if (this.#isScheduled || this.#untold.length === 0 || !this.#handlers) return;
    this.#isScheduled = true;
    nextTurn(() => {
      this.#isScheduled = false;
      while (this.#handlers && !this.#isPaused && this.#untold.length > 0) {
        this.#untold.shift()!(this.#handlers);
      }
    });
  }

  #look(): void {
    const gone = this.#handedOver - this.queuedBytes;
    while (this.#leaving.length > 0 && this.#leaving[0]!.end <= gone) {
      this.#leaving.shift()!.left();
    }
    this.#timer = this.#leaving.length > 0 ? setTimeout(() => this.#look(), LOOK_MS) : undefined;
  }
}
