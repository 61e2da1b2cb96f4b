// A reverse proxy as operators have them, for tests: it reads an upgrade's head, may change its Host, passes it on and
// then only carries bytes; and answers with a status of its own while nobody is behind it.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

export interface HttpProxyOptions {
  /** Changes the headers on their way; they stay as they are if left out. */
  readonly headers?: (headers: IncomingMessage['headers']) => IncomingMessage['headers'];
  /** What is answered while nobody listens behind it. */
  readonly whileAway?: string;
}

export class HttpProxy {
  /** That were asked for, in order. */
  readonly paths: string[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  #port = 0;

  constructor({ headers = (same) => same, whileAway = BAD_GATEWAY }: HttpProxyOptions = {}) {
    this.#server = createServer();
    this.#server.on('upgrade', (request, socket: Socket) => {
      this.paths.push(request.url!);
      const upstream = connect(this.#port, '127.0.0.1');
      for (const one of [socket, upstream]) {
        this.#sockets.add(one);
        one.on('error', () => {});
        one.on('close', () => this.#sockets.delete(one));
      }
      upstream.on('connect', () => {
        const lines = Object.entries(headers(request.headers)).map(
          ([name, value]) => `${name}: ${value}`,
        );
        upstream.write([`GET ${request.url} HTTP/1.1`, ...lines, '', ''].join('\r\n'));
        upstream.pipe(socket).pipe(upstream);
      });
      upstream.on('error', () => socket.end(whileAway));
    });
  }

  /** Listens, for whoever listens at a port. @returns the URL to dial */
  async before(port: number): Promise<string> {
    this.#port = port;
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, 'close');
  }
}

const BAD_GATEWAY = 'HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n';
