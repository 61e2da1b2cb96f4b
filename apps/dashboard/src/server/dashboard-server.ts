// The dashboard's server: the page's files, the stream of what happens, and what a page asks for by itself. What a run is, its
// feed knows.
// Invariant: whatever pages do, they cost the runs nothing but what their feeds allow: bodies are not read, connections are
// limited, a page that does not read gets less.
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConfigError, LockstepError } from '@lockstep/core';
import { isLoopback, listenerNames } from '@lockstep/transport';
import type { Action, Message } from '../contract.js';
import type { AtStep, Feed } from './feed.js';
import { type PageFile, readPageFiles } from './page-files.js';
import { Gatekeeper, SECURITY_HEADERS } from './security.js';
import { Subscriber } from './subscriber.js';

const MAX_CONNECTIONS = 128;
const MAX_HEAD_BYTES = 16_384;
const HEAD_TIMEOUT_MS = 10_000;
/** Pages are told something as often: who hears nothing for long takes it that nobody is there. */
const BEAT_MS = 2000;
/** A page that does not read has so long for what was last told. */
const FAREWELL_MS = 500;
/** Who has just fetched the page is given so long to begin listening. */
const ARRIVAL_MS = 2000;
/** Samples that are asked for at once. */
const MOST_SAMPLES = 10_000;

export interface DashboardOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** For tests: where the page's files are. */
  readonly pageFolder?: string | undefined;
}

/** A request that is not answered as it was meant. */
class Refusal extends LockstepError {
  readonly status: number;
  /** What the answer says as its code. */
  readonly reason: string;

  constructor(status: number, reason: string, message: string) {
    super('wire', message);
    this.status = status;
    this.reason = reason;
  }
}

export class DashboardServer {
  readonly #server: Server;
  readonly #feeds = new Map<string, Feed>();
  /** Each ends listening to a feed. */
  readonly #ends: (() => void)[] = [];
  readonly #files: ReadonlyMap<string, PageFile>;
  readonly #gate: Gatekeeper;
  readonly #token: string;
  /** When the page was last fetched by somebody who does not listen yet; undefined for nobody. */
  #fetchedAt: number | undefined;
  #onArrival = (): void => {};
  /** Whether nobody on another machine reaches it. */
  readonly isOfThisMachine: boolean;
  readonly #subscribers = new Set<Subscriber>();
  readonly #beat = setInterval(() => {
    for (const subscriber of this.#subscribers) subscriber.beat();
  }, BEAT_MS).unref();

  private constructor(host: string, files: ReadonlyMap<string, PageFile>) {
    this.#files = files;
    this.#token = randomBytes(18).toString('base64url');
    // Elsewhere whoever has the token may call it as they like.
    this.isOfThisMachine = isLoopback(host);
    const names = this.isOfThisMachine ? listenerNames(host) : undefined;
    this.#gate = new Gatekeeper(this.#token, names);
    const limits = {
      maxHeaderSize: MAX_HEAD_BYTES,
      headersTimeout: HEAD_TIMEOUT_MS,
      requestTimeout: HEAD_TIMEOUT_MS,
    };
    this.#server = createServer(limits, (request, response) => {
      request.on('error', () => {});
      response.on('error', () => {});
      void this.#answer(request, response).catch((error: unknown) => refuse(response, error));
    });
    this.#server.maxConnections = MAX_CONNECTIONS;
  }

  /** @throws the system's error if it cannot listen */
  static async start({ host, port, pageFolder }: DashboardOptions): Promise<DashboardServer> {
    const started = new DashboardServer(host, await readPageFiles(pageFolder));
    const server = started.#server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, () => {
        server.off('error', reject);
        resolve();
      });
    });
    // What a connection of a page does wrong is that page's trouble.
    server.on('error', () => {});
    return started;
  }

  /** Whether a page listens now. */
  get hasPages(): boolean {
    return this.#subscribers.size > 0;
  }

  /** Resolves when a page that is just being opened listens, or does not come to it. */
  async arrived(): Promise<void> {
    if (this.#fetchedAt === undefined) return;
    const leftMs = this.#fetchedAt + ARRIVAL_MS - performance.now();
    if (leftMs <= 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, leftMs);
      this.#onArrival = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** What is opened in a browser: with the token, which browsers send to nobody. */
  get url(): string {
    const { address, family, port } = this.#server.address() as AddressInfo;
    const host = family === 'IPv6' ? `[${address}]` : address;
    return `http://${host}:${port}/#token=${this.#token}`;
  }

  add(feed: Feed): void {
    this.#feeds.set(feed.info.id, feed);
    this.#tellRuns();
    for (const subscriber of this.#subscribers) begin(subscriber, feed);
    const end = feed.listen({
      hear: (message) => {
        for (const subscriber of this.#subscribers) subscriber.send(message);
      },
      onInfo: () => this.#tellRuns(),
    });
    this.#ends.push(end);
  }

  /** Pages hear what was last told, and that this is the end, those that read in time. */
  async close(): Promise<void> {
    clearInterval(this.#beat);
    for (const end of this.#ends) end();
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    for (const subscriber of this.#subscribers) subscriber.finish({ type: 'bye' });
    const timer = setTimeout(() => this.#server.closeAllConnections(), FAREWELL_MS);
    this.#server.closeIdleConnections();
    await closed;
    clearTimeout(timer);
  }

  /** A run has begun, or is over. */
  #tellRuns(): void {
    for (const subscriber of this.#subscribers) subscriber.send(this.#runs());
  }

  #runs(): Message {
    return { type: 'runs', runs: [...this.#feeds.values()].map(({ info }) => info) };
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', headers } = request;
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
    const refused = this.#gate.refuses(headers);
    if (refused !== undefined) throw new Refusal(403, 'host', refused);
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    if (!pathname.startsWith('/api/')) {
      if (method !== 'GET' && method !== 'HEAD') throw notAllowed(method);
      this.#sendFile(pathname, response, method === 'HEAD');
      return;
    }
    if (!this.#gate.holdsToken(headers)) {
      throw new Refusal(
        401,
        'token',
        'the token is missing or wrong; open the URL that was printed',
      );
    }
    response.setHeader('cache-control', 'no-store');
    const [, , part, id, what = ''] = pathname.split('/').map(plain);
    if (part === 'stream' && method === 'GET') {
      this.#stream(response);
      return;
    }
    const feed = part === 'runs' ? this.#feeds.get(id ?? '') : undefined;
    if (!feed) throw new Refusal(404, 'not-found', `there is nothing at ${pathname}`);
    if (method === 'GET') await sendOf(feed, what, searchParams, response);
    else if (method === 'POST') {
      await feed.act(actionOf(what, searchParams));
      sendJson(response, 200, {});
    } else throw notAllowed(method);
  }

  #sendFile(path: string, response: ServerResponse, isHead: boolean): void {
    const file = this.#files.get(path);
    if (path === '/' && !isHead) this.#fetchedAt = performance.now();
    if (!file) throw new Refusal(404, 'not-found', `there is nothing at ${path}`);
    const { type, bytes } = file;
    response.writeHead(200, {
      'content-type': type,
      'content-length': bytes.length,
      'cache-control': 'no-cache',
    });
    response.end(isHead ? undefined : bytes);
  }

  #stream(response: ServerResponse): void {
    response.writeHead(200, {
      'content-type': 'application/x-ndjson; charset=utf-8',
      // When it ends, nobody waits for another request.
      connection: 'close',
    });
    const subscriber = new Subscriber({
      write: (text) => response.write(text),
      giveUp: () => response.destroy(),
      end: () => response.end(),
    });
    response.on('drain', () => subscriber.drained());
    response.on('close', () => this.#subscribers.delete(subscriber));
    this.#subscribers.add(subscriber);
    subscriber.send(this.#runs());
    for (const feed of this.#feeds.values()) begin(subscriber, feed);
    this.#fetchedAt = undefined;
    this.#onArrival();
  }
}

function begin(subscriber: Subscriber, { info, history }: Feed): void {
  const { events, samples } = history;
  subscriber.send({ type: 'history', run: info.id, events, samples });
}

async function sendOf(
  feed: Feed,
  what: string,
  query: URLSearchParams,
  response: ServerResponse,
): Promise<void> {
  if (what === 'model') sendBytes(response, await feed.model());
  else if (what === 'gradients') sendBytes(response, await feed.gradients());
  else if (what === 'samples') {
    const [first, count] = [wholeNumber(query, 'first', 0), wholeNumber(query, 'count', 100)];
    if (count > MOST_SAMPLES) {
      throw new Refusal(400, 'count', `count is ${count}; at most ${MOST_SAMPLES} at once`);
    }
    const bytes = await feed.samples(query.get('dataset') ?? 'test', first, count);
    sendBytes(response, bytes && { step: undefined, bytes });
  } else throw new Refusal(404, 'not-found', `a run has no ${what || 'such thing'}`);
}

function sendBytes(
  response: ServerResponse,
  found: AtStep | { readonly step: undefined; readonly bytes: Uint8Array } | undefined,
): void {
  // No error: a page that asks for what is not there yet has done nothing wrong.
  if (!found) {
    response.writeHead(204).end();
    return;
  }
  response.writeHead(200, {
    'content-type': 'application/octet-stream',
    'content-length': found.bytes.length,
    ...(found.step !== undefined && { 'x-step': String(found.step) }),
  });
  response.end(found.bytes);
}

function actionOf(what: string, query: URLSearchParams): Action {
  if (what === 'stop' || what === 'checkpoint') return { do: what };
  const name = query.get('name');
  if (what === 'drop-worker' && name !== null) return { do: what, name };
  throw new Refusal(404, 'not-found', `a run cannot be asked to ${what || 'do nothing'}`);
}

function wholeNumber(query: URLSearchParams, name: string, usual: number): number {
  const text = query.get(name) ?? String(usual);
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new Refusal(400, name, `${name} is "${text}"; expected a whole number`);
}

function plain(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new Refusal(400, 'url', `"${part}" is not as URLs are written`);
  }
}

function notAllowed(method: string): Refusal {
  return new Refusal(405, 'method', `${method} is not answered here`);
}

function refuse(response: ServerResponse, error: unknown): void {
  if (response.headersSent) response.destroy();
  else sendJson(response, ...refusalOf(error));
}

function refusalOf(error: unknown): [status: number, body: object] {
  const { message } = error as Error;
  if (error instanceof Refusal) return [error.status, { code: error.reason, message }];
  if (!(error instanceof LockstepError)) return [500, { code: 'internal', message }];
  return [error instanceof ConfigError ? 400 : 409, { code: error.code, message }];
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  const text = Buffer.from(`${JSON.stringify(body)}\n`);
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': text.length,
  });
  response.end(text);
}
