// A server on the loopback interface for the download tests; never part of the build.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface TestServer {
  /** Ends in `/`. */
  readonly url: string;
  /** Every request so far: `METHOD path range`. */
  readonly requests: string[];
}

export type Answer = (request: IncomingMessage, response: ServerResponse, count: number) => void;

/** Answers until the test ends; `count` is the number of the request, from 1. */
export async function serve(answer: Answer): Promise<TestServer> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const { method, url, headers } = request;
    requests.push([method, url, headers.range, headers['if-range']].filter(Boolean).join(' '));
    answer(request, response, requests.length);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, requests };
}

/** The whole body, or what a Range header asks for, as a correct server sends it. */
export function sendRange(
  request: IncomingMessage,
  response: ServerResponse,
  body: Uint8Array,
  etag: string,
): void {
  const { range, 'if-range': ifRange } = request.headers;
  const from = /^bytes=(\d+)-$/.exec(range ?? '')?.[1];
  if (from === undefined || (ifRange !== undefined && ifRange !== etag)) {
    response.writeHead(200, { 'content-length': body.length, etag }).end(body);
    return;
  }
  if (Number(from) >= body.length) {
    response.writeHead(416, { 'content-range': `bytes */${body.length}` }).end();
    return;
  }
  const rest = body.subarray(Number(from));
  response
    .writeHead(206, {
      'content-length': rest.length,
      'content-range': `bytes ${from}-${body.length - 1}/${body.length}`,
      etag,
    })
    .end(rest);
}

/** Announces the whole body, sends its first `bytes` and breaks the connection. */
export function breakAfter(
  response: ServerResponse,
  body: Uint8Array,
  bytes: number,
  etag?: string,
): void {
  response.writeHead(200, { 'content-length': body.length, ...(etag && { etag }) });
  response.write(body.subarray(0, bytes), () => {
    setTimeout(() => response.destroy(), 50);
  });
}
