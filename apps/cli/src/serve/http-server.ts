// The sockets of `serve`: requests come in by HTTP, and answers go out.
// Invariant: whatever a peer can make grow has a limit: heads, bodies, connections, the time it takes to send.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Bodies } from './bodies.js';
import { type Handler, refusal } from './handler.js';

export interface ServerOptions {
  readonly host: string;
  readonly port: number;
  /** Most bytes of a body. */
  readonly bodyBytes: number;
  /** A request that has not come whole by then is ended. */
  readonly timeoutMs: number;
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
}

const MAX_HEAD_BYTES = 16_384;
const MAX_CONNECTIONS = 1024;

export interface RunningServer {
  readonly url: string;
  /** Takes no more, answers what has come, and ends. */
  stop(): Promise<void>;
  /** Rejects if the server fails. */
  readonly failed: Promise<never>;
}

/** @throws the system's error if it cannot listen */
export async function startServer(
  handler: Handler,
  options: ServerOptions,
): Promise<RunningServer> {
  const { host, port, timeoutMs, tls } = options;
  const limits = {
    maxHeaderSize: MAX_HEAD_BYTES,
    requestTimeout: timeoutMs,
    headersTimeout: timeoutMs,
    connectionsCheckingInterval: Math.min(timeoutMs, 1000),
  };
  const bodies = new Bodies(options.bodyBytes);
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    void serveOne(handler, bodies, request, response);
  };
  const server: Server = tls
    ? (createSecureServer({ ...limits, ...tls }, answer) as unknown as Server)
    : createServer(limits, answer);
  server.maxConnections = MAX_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const failed = new Promise<never>((_, reject) => server.once('error', reject));
  failed.catch(() => {});
  return {
    url: urlOf(server.address() as AddressInfo, tls !== undefined),
    failed,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}

function urlOf({ address, family, port }: AddressInfo, isSecure: boolean): string {
  const host = family === 'IPv6' ? `[${address}]` : address;
  return `${isSecure ? 'https' : 'http'}://${host}:${port}`;
}

async function serveOne(
  handler: Handler,
  bodies: Bodies,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // A peer that goes away is no fault of the server's.
  request.on('error', () => {});
  response.on('error', () => {});
  const { method = 'GET', url = '/', headers } = request;
  const body = (): Promise<Uint8Array> => bodies.read(request);
  const answered = await handler.answer({ method, url, headers, body }).catch(refusal);
  bodies.forget(request);
  const text = Buffer.from(`${JSON.stringify(answered.body)}\n`);
  response.writeHead(answered.status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': text.length,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...answered.headers,
    // What is left of a body that was not read would be taken for the next request.
    ...(!request.complete && { connection: 'close' }),
  });
  response.end(method === 'HEAD' ? undefined : text);
}
