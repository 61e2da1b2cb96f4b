// The port that is asked from outside how a process does: `GET /metrics` by Prometheus, `/livez` and `/readyz` by whoever starts
// it anew where it does not live, such as Kubernetes. It has no token, so on loopback it answers only requests that name this
// machine as their host.
// Invariant: whatever a peer can make grow has a limit: heads, connections, the time that it takes to ask and to read, and what
// is asked before an answer has left. However many ask, values are looked up ten times a second at most.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { UsageError } from '../errors.js';
import { isLoopback, localNames } from '../loopback.js';

/** What it serves. */
export interface Exposition {
  readonly contentType: string;
  /** Undefined while there are none yet. */
  metrics(): Promise<string | undefined>;
}

/** What probes are told: undefined where it is so, else why not, in words that give nothing away. */
export interface Health {
  live(): string | undefined;
  ready(): string | undefined;
}

export interface MetricsServer {
  /** Of the metrics. */
  readonly url: string;
  close(): Promise<void>;
}

const METRICS = '/metrics';
const MAX_CONNECTIONS = 32;
const MAX_HEAD_BYTES = 8192;
/** Whoever asks, or reads, takes no longer. */
const PEER_LIMIT_MS = 10_000;
/** An answer is given again for so long. */
const FRESH_MS = 100;
const LIMITS = {
  maxHeaderSize: MAX_HEAD_BYTES,
  requestTimeout: PEER_LIMIT_MS,
  headersTimeout: PEER_LIMIT_MS,
  connectionsCheckingInterval: 1000,
};

const WHY: Readonly<Record<string, string>> = {
  EADDRINUSE: 'something listens there already; choose another port, or 0 for a free one',
  EADDRNOTAVAIL: 'this machine has no such address',
  EACCES: 'it may not be listened on by this user; choose a port from 1024 on',
  ENOTFOUND: 'there is no such host',
};

/**
 * Listens at once, so that a port that is taken is told before anything begins.
 *
 * @param flag for errors: `--prometheus`
 * @throws UsageError if it cannot listen there
 */
export async function serveMetrics(
  flag: string,
  { host, port }: { readonly host: string; readonly port: number },
  exposition: Exposition,
  health: Health,
): Promise<MetricsServer> {
  const hosts = isLoopback(host) ? localNames(host) : undefined;
  const { contentType } = exposition;
  const metrics = keptFresh(() => exposition.metrics());
  const pages: Pages = new Map([
    [METRICS, async () => scraped(await metrics(), contentType)],
    // That it answers at all says that its main thread goes on.
    ['/livez', async () => probed(health.live())],
    ['/readyz', async () => probed(health.ready())],
  ]);
  /** Whose answer has not left. */
  const waiting = new WeakSet<Socket>();
  const server = createServer(LIMITS, (request, response) => {
    const { socket } = request;
    if (waiting.has(socket)) return void socket.destroy();
    waiting.add(socket);
    response.on('close', () => waiting.delete(socket));
    // No fault here is one of the run's.
    return void answer(request, response, pages, hosts).catch(() => socket.destroy());
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.setTimeout(PEER_LIMIT_MS);
  await listening(server, host, port).catch((cause: NodeJS.ErrnoException) => {
    const why = WHY[cause.code ?? ''] ?? cause.message;
    throw new UsageError(`${flag} ${host}:${port}: ${why}`, { cause });
  });
  // A fault of the server's is no fault of the run's.
  server.on('error', () => {});
  server.unref();
  return {
    url: `http://${authority(server.address() as AddressInfo)}${METRICS}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** What it gave last, while that is fresh. */
function keptFresh(metrics: Exposition['metrics']): Exposition['metrics'] {
  let last: ReturnType<Exposition['metrics']> | undefined;
  let asked = Number.NEGATIVE_INFINITY;
  return () => {
    const now = performance.now();
    if (last && now - asked < FRESH_MS) return last;
    asked = now;
    last = metrics();
    return last;
  };
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function authority({ address, family, port }: AddressInfo): string {
  return `${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  pages: Pages,
  hosts: readonly string[] | undefined,
): Promise<void> {
  // A peer that goes away is no fault of anybody's.
  request.on('error', () => {});
  response.on('error', () => {});
  const { status, text, headers } = await answerTo(request, pages, hosts).catch(() =>
    told(500, 'the metrics cannot be told\n'),
  );
  const bytes = Buffer.from(text);
  const isWhole = request.headers['content-length'] === undefined && request.complete;
  response.writeHead(status, {
    'content-length': bytes.length,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...headers,
    ...(!isWhole && { connection: 'close' }),
  });
  response.end(request.method === 'HEAD' ? undefined : bytes);
}

type Pages = ReadonlyMap<string, () => Promise<Answered>>;

interface Answered {
  readonly status: number;
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
}

async function answerTo(
  { method, url = '/', headers }: IncomingMessage,
  pages: Pages,
  hosts: readonly string[] | undefined,
): Promise<Answered> {
  const host = headers.host?.replace(/:\d+$/, '').toLowerCase();
  if (hosts && (host === undefined || !hosts.includes(host))) {
    const expected = hosts.join(' or ');
    return told(403, `the request is for the host ${host ?? '(none)'}; expected ${expected}\n`);
  }
  const path = url.replace(/\?.*$/s, '');
  const page = pages.get(path);
  if (!page) return told(404, `there are ${[...pages.keys()].join(', ')}, and nothing else\n`);
  if (method !== 'GET' && method !== 'HEAD') {
    const refused = told(405, `${path} takes GET, got ${method}\n`);
    return { ...refused, headers: { ...refused.headers, allow: 'GET' } };
  }
  return page();
}

function scraped(metrics: string | undefined, contentType: string): Answered {
  if (metrics !== undefined) return told(200, metrics, contentType);
  return told(503, 'there are no metrics yet: the run is being made\n');
}

function probed(fault: string | undefined): Answered {
  return fault === undefined ? told(200, 'ok\n') : told(503, `${fault}\n`);
}

function told(status: number, text: string, contentType = 'text/plain; charset=utf-8'): Answered {
  return { status, text, headers: { 'content-type': contentType } };
}
