// What a listener answers that serves a page beside its WebSockets: files that it was given, by name, and nothing of the disk.
// Invariant: what a browser may load and reach from them is this listener alone, and the page may share memory between threads
// where it came by HTTPS or from this machine.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ConfigError, describeValue } from '@lockstep/errors';
import { checkHost } from './gate.js';
import type { PageFile, PageFiles } from './page-files.js';
import { LINK_PATH } from './target.js';

const INDEX = 'index.html';

const POLICY = [
  "default-src 'none'",
  // The kernels are WebAssembly.
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  "connect-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const HEADERS = {
  Connection: 'close',
  'Content-Security-Policy': POLICY,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};

/** @throws ConfigError if they are no files of a page */
export function checkPage(page: PageFiles, operation: string): void {
  const isMap = page instanceof Map;
  const isWhole = isMap && [...page.values()].every((file) => file?.bytes instanceof Uint8Array);
  if (isWhole && page.has(INDEX)) return;
  throw new ConfigError(
    `${operation}: page must be a map of files by name, each { type, bytes }, with one of the name "${INDEX}", got ${describeValue(page)}`,
  );
}

/** @param names of this listener, as `checkHost` takes them */
export function answerPage(
  request: IncomingMessage,
  response: ServerResponse,
  page: PageFiles,
  names: ReadonlySet<string>,
): void {
  const say = (status: number, message: string, headers: Record<string, string> = {}): void => {
    response.writeHead(status, { ...HEADERS, 'Content-Type': 'text/plain', ...headers });
    response.end(`${message}\n`);
  };
  const { method, url = '' } = request;
  if (method !== 'GET' && method !== 'HEAD') {
    say(405, `${method} is not answered here; expected GET`, { Allow: 'GET, HEAD' });
    return;
  }
  const refusal = checkHost(request.headers.host, names);
  if (refusal) {
    say(refusal.status, refusal.message);
    return;
  }
  const path = url.replace(/[?#].*/s, '');
  if (path.endsWith(LINK_PATH)) {
    say(426, `${LINK_PATH} speaks WebSocket only; the page is at /`, { Upgrade: 'websocket' });
    return;
  }
  // A proxy may have routed by what stands before the name.
  const name = path.slice(path.lastIndexOf('/') + 1) || INDEX;
  const file = page.get(name);
  if (!file) {
    say(404, 'there is no such file; the page is at /');
    return;
  }
  send(request, response, name, file);
}

function send(
  { method, headers }: IncomingMessage,
  response: ServerResponse,
  name: string,
  { type, bytes, gzip }: PageFile,
): void {
  const takesGzip = /\bgzip\b/.test(String(headers['accept-encoding'] ?? ''));
  const body = takesGzip && gzip ? gzip : bytes;
  response.writeHead(200, {
    ...HEADERS,
    'Content-Type': type,
    'Content-Length': String(body.length),
    Vary: 'Accept-Encoding',
    'Cache-Control': name === INDEX ? 'no-cache' : 'public, max-age=31536000, immutable',
    ...(body === gzip && { 'Content-Encoding': 'gzip' }),
  });
  response.end(method === 'HEAD' ? undefined : body);
}
