// Serves the built page as a strict server would, and streams what a test wants it to hear. What the page asks for is noted.
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Message } from '@lockstep/dashboard';

export const PAGE = fileURLToPath(new URL('../../apps/dashboard/dist/page', import.meta.url));

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Nothing inline, nothing of others, no eval. */
const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; " +
  "worker-src 'self'; base-uri 'none'; form-action 'none'";

export const TOKEN = 'a-token';

export class PageServer {
  readonly #server: Server;
  /** 0 takes a free one. */
  #port = 0;
  readonly #streams = new Set<ServerResponse>();
  readonly #first: readonly Message[];
  /** What was asked for beside files and the stream: `POST /api/runs/a/stop`. */
  readonly asked: string[] = [];
  /** Answers to what is asked, by what `asked` calls it. */
  readonly answers = new Map<string, (response: ServerResponse) => void>();

  /** As one that another command serves at the same address would. */
  hasOtherToken = false;

  /** @param first what each stream begins with */
  constructor(first: readonly Message[]) {
    this.#first = first;
    this.#server = createServer((request, response) => {
      const path = (request.url ?? '/').replace(/^\/$/, '/index.html');
      if (path.startsWith('/api/')) {
        this.#answer(`${request.method} ${path}`, request.headers.authorization, response);
      } else serveFile(path, response);
    });
  }

  /**
   * At the same address as before, where it was closed.
   *
   * @returns its URL, with the token in the fragment
   */
  async listen(): Promise<string> {
    await new Promise<void>((done) => this.#server.listen(this.#port, '127.0.0.1', done));
    this.#port = (this.#server.address() as AddressInfo).port;
    return `http://127.0.0.1:${this.#port}/#token=${TOKEN}`;
  }

  tell(message: Message): void {
    for (const stream of this.#streams) stream.write(`${JSON.stringify(message)}\n`);
  }

  /** As a server that ends. */
  endStreams(): void {
    for (const stream of this.#streams) stream.end();
  }

  /** As if the network did. */
  breakStreams(): void {
    for (const stream of this.#streams) stream.destroy();
  }

  /** As one that is killed. */
  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #answer(asked: string, authorization: string | undefined, response: ServerResponse): void {
    if (this.hasOtherToken || authorization !== `Bearer ${TOKEN}`) {
      response.writeHead(401).end();
    } else if (asked === 'GET /api/stream') {
      response.writeHead(200, { 'content-type': 'application/x-ndjson' });
      for (const message of this.#first) response.write(`${JSON.stringify(message)}\n`);
      this.#streams.add(response);
      response.on('close', () => this.#streams.delete(response));
    } else {
      this.asked.push(asked);
      const answer = this.answers.get(asked);
      if (answer) answer(response);
      else response.writeHead(404).end();
    }
  }
}

function serveFile(path: string, response: ServerResponse): void {
  const file = join(PAGE, path);
  if (!existsSync(file)) {
    response.writeHead(404).end();
    return;
  }
  const type = TYPES[extname(file)] ?? 'application/octet-stream';
  response
    .writeHead(200, { 'content-type': type, 'content-security-policy': POLICY })
    .end(readFileSync(file));
}
