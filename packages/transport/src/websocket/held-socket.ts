// A socket that another thread holds: so it gives signs of life while the thread that computes does nothing else for as long as a
// step takes. Bytes are handed over between the two, not copied.
// Invariant: what is sent and what comes keeps its order, and `closed` is the last that is told.

import { OPEN, type OpenSocket, openSocket, type PageSocket } from './page-socket.js';
import { PING, PONG } from './page-words.js';

/** What the two threads say to each other by; a Web Worker, its own scope and a MessagePort have it. */
export interface Wire {
  /** Of a browser's MessageEvent; it is not named, since not every project has its type. */
  onmessage: ((event: never) => void) | null;
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
}

type Order =
  | { readonly type: 'open'; readonly url: string; readonly protocol: string }
  | { readonly type: 'send'; readonly data: string | Uint8Array<ArrayBuffer> }
  | {
      readonly type: 'close';
      readonly code: number | undefined;
      readonly reason: string | undefined;
    };

type News =
  | { readonly type: 'opened' }
  | { readonly type: 'message'; readonly data: unknown }
  /** So many bytes have left since it was opened. */
  | { readonly type: 'left'; readonly bytes: number }
  | { readonly type: 'closed'; readonly code: number; readonly reason: string };

/** How often it is looked whether what was sent has left. */
const LOOK_MS = 5;
const CLOSED = 3;

/** In the thread that computes: opens a socket in the one at the other end of the wire, which has nothing else to do. */
export function socketBehind(wire: Wire): OpenSocket {
  return (url, protocol) => new SocketBehind(wire, url, protocol);
}

class SocketBehind implements PageSocket {
  readonly url: string;
  readyState = 0;
  binaryType: PageSocket['binaryType'] = 'arraybuffer';
  onopen: PageSocket['onopen'] = null;
  onmessage: PageSocket['onmessage'] = null;
  onerror: PageSocket['onerror'] = null;
  onclose: PageSocket['onclose'] = null;
  readonly #wire: Wire;
  #handedOver = 0;
  #left = 0;

  constructor(wire: Wire, url: string, protocol: string) {
    this.url = url;
    this.#wire = wire;
    wire.onmessage = ({ data }: MessageEvent<News>) => this.#hear(data);
    this.#order({ type: 'open', url, protocol });
  }

  get bufferedAmount(): number {
    return this.#handedOver - this.#left;
  }

  send(data: string | Uint8Array<ArrayBuffer>): void {
    this.#handedOver += data.length;
    this.#order({ type: 'send', data }, typeof data === 'string' ? [] : [data.buffer]);
  }

  close(code?: number, reason?: string): void {
    this.readyState = CLOSED - 1;
    this.#order({ type: 'close', code, reason });
  }

  #order(order: Order, transfer: ArrayBuffer[] = []): void {
    this.#wire.postMessage(order, transfer);
  }

  #hear(news: News): void {
    switch (news.type) {
      case 'opened':
        this.readyState = OPEN;
        this.onopen?.();
        return;
      case 'message':
        this.onmessage?.(news);
        return;
      case 'left':
        this.#left = news.bytes;
        return;
      case 'closed':
        this.readyState = CLOSED;
        this.onclose?.(news);
    }
  }
}

/** In the thread that holds sockets: one after the other, as it is ordered to. */
export function holdSockets(wire: Wire, open: OpenSocket = openSocket): void {
  let held: HeldSocket | undefined;
  wire.onmessage = ({ data }: MessageEvent<Order>) => {
    if (data.type === 'open') held = new HeldSocket(wire, open(data.url, data.protocol));
    else if (data.type === 'send') held?.send(data.data);
    else held?.close(data.code, data.reason);
  };
}

class HeldSocket {
  readonly #wire: Wire;
  readonly #socket: PageSocket;
  #handedOver = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(wire: Wire, socket: PageSocket) {
    this.#wire = wire;
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => this.#tell({ type: 'opened' });
    socket.onmessage = ({ data }) => this.#hear(data);
    socket.onerror = () => {};
    socket.onclose = ({ code, reason }) => {
      clearTimeout(this.#timer);
      this.#tell({ type: 'closed', code, reason });
    };
  }

  send(data: string | Uint8Array<ArrayBuffer>): void {
    this.#handedOver += data.length;
    if (this.#socket.readyState === OPEN) this.#socket.send(data);
    this.#timer ??= setTimeout(() => this.#look(), LOOK_MS);
  }

  close(code: number | undefined, reason: string | undefined): void {
    this.#socket.close(code, reason);
  }

  #hear(data: unknown): void {
    if (data !== PING) {
      this.#tell({ type: 'message', data }, data instanceof ArrayBuffer ? [data] : []);
      return;
    }
    if (this.#socket.readyState === OPEN) this.#socket.send(PONG);
    // A sign is a sign, and this one is answered.
    this.#tell({ type: 'message', data: PONG });
  }

  #look(): void {
    const bytes = this.#handedOver - this.#socket.bufferedAmount;
    this.#tell({ type: 'left', bytes });
    const isAllGone = bytes >= this.#handedOver;
    this.#timer = isAllGone ? undefined : setTimeout(() => this.#look(), LOOK_MS);
  }

  #tell(news: News, transfer: ArrayBuffer[] = []): void {
    this.#wire.postMessage(news, transfer);
  }
}
