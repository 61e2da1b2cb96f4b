// A store in memory that does what it is told to do wrong: it answers late or never, refuses, loses parts, and knows conditions, or
// does not. As much of S3 as a mirror takes.
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Asked {
  readonly method: string;
  /** Below the bucket. */
  readonly key: string;
  readonly query: URLSearchParams;
}

/**
 * A status instead; half of it is lost; the connection is cut before, or after; it is never answered; the answer has no end, and
 * comes byte by byte; undefined lets it be.
 */
type Told = number | 'lost' | 'cut' | 'unanswered' | 'silent' | 'trickle' | undefined;

/** What becomes of a request instead of what it asks for. */
export type Fault = (asked: Asked) => Promise<Told> | Told;

export interface StubStore {
  readonly env: Readonly<Record<string, string>>;
  readonly objects: Map<string, Buffer>;
  readonly asked: Asked[];
  /** How many bytes the largest body had. */
  readonly largest: () => number;
  /** From now on. */
  fault: Fault;
  knowsConditions: boolean;
  close(): Promise<void>;
}

export const BUCKET = 'models';

export async function stubStore(): Promise<StubStore> {
  const objects = new Map<string, Buffer>();
  const uploads = new Map<string, Map<number, Buffer>>();
  const asked: Asked[] = [];
  let largest = 0;
  let nextUpload = 1;

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname, searchParams: query } = new URL(request.url!, 'http://stub');
    const key = pathname.slice(`/${BUCKET}/`.length);
    const method = request.method!;
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece);
    const body = Buffer.concat(pieces);
    largest = Math.max(largest, body.byteLength);
    const what = { method, key, query };
    asked.push(what);
    const fault = await store.fault(what);
    if (fault === 'cut') {
      request.socket.destroy();
      return;
    }
    if (fault === 'silent') return;
    if (fault === 'trickle') {
      response.writeHead(200, { etag: '"x"' });
      const timer = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(timer));
      return;
    }
    if (typeof fault === 'number') {
      fail(response, fault, 'Told', 'as it was told to');
      return;
    }
    const signed = request.headers['x-amz-content-sha256'];
    const isSigned = request.headers.authorization?.includes('Signature=') ?? false;
    if (!isSigned || signed !== createHash('sha256').update(body).digest('hex')) {
      fail(response, 403, 'SignatureDoesNotMatch', '');
      return;
    }
    if (method === 'POST' && query.has('uploads')) {
      const id = `upload-${nextUpload++}`;
      uploads.set(id, new Map());
      response.end(`<Result><UploadId>${id}</UploadId></Result>`);
      return;
    }
    const id = query.get('uploadId');
    if (id !== null) {
      answerPart(method, key, id, query, body, response, fault === 'lost');
      return;
    }
    const there = objects.get(key);
    switch (method) {
      case 'PUT': {
        const { 'if-none-match': absent, 'if-match': tag } = request.headers;
        const isMet =
          (absent === undefined || !there) &&
          (tag === undefined || (there && tag === tagOf(there)));
        if (store.knowsConditions && !isMet) {
          fail(response, 412, 'PreconditionFailed', '');
          return;
        }
        const kept = fault === 'lost' ? body.subarray(0, body.byteLength >> 1) : body;
        objects.set(key, kept);
        if (fault === 'unanswered') {
          request.socket.destroy();
          return;
        }
        response.setHeader('etag', tagOf(kept)).end();
        return;
      }
      case 'GET':
      case 'HEAD': {
        if (!there) {
          fail(response, 404, 'NoSuchKey', '');
          return;
        }
        const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
        const isPart = first !== undefined;
        const bytes = isPart ? there.subarray(Number(first), Number(last) + 1) : there;
        response.writeHead(isPart ? 206 : 200, {
          'content-length': bytes.byteLength,
          etag: tagOf(there),
        });
        response.end(method === 'HEAD' ? undefined : bytes);
        return;
      }
      case 'DELETE':
        objects.delete(key);
        response.writeHead(204).end();
        return;
      default:
        fail(response, 405, 'MethodNotAllowed', '');
    }
  };

  const answerPart = (
    method: string,
    key: string,
    id: string,
    query: URLSearchParams,
    body: Buffer,
    response: ServerResponse,
    isLost: boolean,
  ): void => {
    const parts = uploads.get(id);
    if (!parts) {
      fail(response, 404, 'NoSuchUpload', '');
      return;
    }
    if (method === 'DELETE') {
      uploads.delete(id);
      response.writeHead(204).end();
    } else if (method === 'PUT') {
      if (!isLost) parts.set(Number(query.get('partNumber')), body);
      response.setHeader('etag', tagOf(body)).end();
    } else {
      const wanted = [...body.toString().matchAll(/<PartNumber>(\d+)</g)].map(([, n]) => Number(n));
      // As some do: what is not there is left out without a word.
      objects.set(key, Buffer.concat(wanted.flatMap((number) => parts.get(number) ?? [])));
      uploads.delete(id);
      response.end('<CompleteMultipartUploadResult/>');
    }
  };

  const server: Server = createServer((request, response) => {
    answer(request, response).catch(() => request.socket.destroy());
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  const store: StubStore = {
    env: storeEnv(`http://127.0.0.1:${port}`),
    objects,
    asked,
    largest: () => largest,
    fault: () => undefined,
    knowsConditions: true,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
  return store;
}

/** What the command needs in its environment to find a store. */
export function storeEnv(
  endpoint: string,
  [id, secret] = ['a key', 'a secret'],
): Readonly<Record<string, string>> {
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: id!,
    AWS_SECRET_ACCESS_KEY: secret!,
    AWS_REGION: 'us-east-1',
  };
}

function tagOf(bytes: Buffer): string {
  return `"${createHash('md5').update(bytes).digest('hex')}"`;
}

function fail(response: ServerResponse, status: number, code: string, message: string): void {
  response.writeHead(status, { 'content-type': 'application/xml' });
  response.end(
    `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`,
  );
}
