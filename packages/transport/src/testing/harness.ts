// What the tests of links share: both ends of a link over each implementation, and a recorder of what one end sees.
import type { ControlMessage, FrameHeader } from '@lockstep/wire';
import { type DialOptions, dial } from '../dial.js';
import type { CloseReason, Link } from '../link.js';
import { type Listener, type ListenOptions, listen } from '../listen.js';
import type { Transport } from '../transport.js';
import type { DialTls } from '../websocket/connect.js';
import { type WebSocketSettings, webSockets } from '../websocket/web-sockets.js';

export const KEY = new TextEncoder().encode('the token of these tests');
export const ARITHMETIC = 'numbers-1';
export const RUN = '0123456789abcdef'.repeat(2);

export interface Served {
  readonly listener: Listener & { readonly port: number };
  /** Links accepted so far, and a promise of the next. */
  readonly accepted: Link[];
  readonly refusals: string[];
  next(): Promise<Link>;
}

/** Closes them, with the links that they accepted, and forgets them. */
export async function endServed(servers: Served[]): Promise<void> {
  for (const { accepted, listener } of servers.splice(0)) {
    for (const link of accepted) link.close('test', 'the test is over');
    await listener.close();
  }
}

type ServeOptions = Partial<ListenOptions> & WebSocketSettings;

/** A WebSocket listener for workers that know KEY, with the options changed as given. */
export function serve(options: ServeOptions = {}): Promise<Served> {
  const { host = '127.0.0.1', port = 0, tls, insecure, names, page, ...rest } = options;
  return serveOver(webSockets({ host, port, tls, insecure, names, page }), rest);
}

export async function serveOver(
  transport: Transport,
  options: Partial<ListenOptions> = {},
): Promise<Served> {
  const accepted: Link[] = [];
  const refusals: string[] = [];
  let taken = 0;
  const waiting: (() => void)[] = [];
  const listener = await listen(transport, {
    arithmetic: ARITHMETIC,
    identify: () => ({ key: KEY, run: RUN, incarnation: 3 }),
    onLink: (link) => {
      accepted.push(link);
      for (const wake of waiting.splice(0)) wake();
    },
    onRefused: (_address, message) => refusals.push(message),
    ...options,
  });
  const port = Number(/:(\d+)$/.exec(listener!.url)?.[1]);
  return {
    listener: { ...listener!, port },
    accepted,
    refusals,
    async next() {
      const index = taken++;
      while (accepted.length <= index) await new Promise<void>((wake) => waiting.push(wake));
      return accepted[index]!;
    },
  };
}

export function dialWorker(
  url: string,
  { tls, ...options }: Partial<DialOptions> & { readonly tls?: DialTls } = {},
): Promise<Link> {
  return dialOver(webSockets({ tls }), url, options);
}

export function dialOver(
  transport: Transport,
  url: string,
  options: Partial<DialOptions> = {},
): Promise<Link> {
  return dial([transport], url, { key: KEY, role: 'worker', arithmetic: ARITHMETIC, ...options });
}

export type Seen =
  | { readonly kind: 'control'; readonly message: ControlMessage }
  | { readonly kind: 'frame'; readonly header: FrameHeader; readonly payload: Buffer }
  | { readonly kind: 'closed'; readonly reason: CloseReason };

/** Starts a link and writes down, in order, what it delivers. Payloads are copied, as owners must. */
export class Recorder {
  readonly seen: Seen[] = [];
  #wake: (() => void)[] = [];

  constructor(link: Link, react: (seen: Seen) => void = () => {}) {
    const note = (seen: Seen) => {
      this.seen.push(seen);
      react(seen);
      for (const wake of this.#wake.splice(0)) wake();
    };
    link.start({
      control: (message) => note({ kind: 'control', message }),
      frame: (header, payload) => note({ kind: 'frame', header, payload: Buffer.concat(payload) }),
      closed: (reason) => note({ kind: 'closed', reason }),
    });
  }

  get closed(): CloseReason | undefined {
    for (const seen of this.seen) if (seen.kind === 'closed') return seen.reason;
    return undefined;
  }

  /** Waits until so many were seen. */
  async count(count: number): Promise<void> {
    while (this.seen.length < count) await new Promise<void>((wake) => this.#wake.push(wake));
  }

  async untilClosed(): Promise<CloseReason> {
    while (this.closed === undefined) await new Promise<void>((wake) => this.#wake.push(wake));
    return this.closed;
  }
}

export function frameHeader(step: number, bytes: number): FrameHeader {
  return { kind: 'partial', generation: 5, step, rank: 1, offset: 0, bytes };
}

/** Bytes that differ everywhere and from seed to seed. */
export function pattern(bytes: number, seed: number): Uint8Array {
  const data = new Uint8Array(bytes);
  let state = seed | 1;
  for (let i = 0; i < bytes; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    data[i] = state >>> 24;
  }
  return data;
}

export function pause(generation: number): ControlMessage {
  return { type: 'pause', generation };
}

export function leave(reason: string): ControlMessage {
  return { type: 'leave', reason };
}
