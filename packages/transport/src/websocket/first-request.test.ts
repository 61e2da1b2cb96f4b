// What of a connection's bytes the HTTP parser is given.
import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { FirstRequest } from './first-request.js';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A client, and the parser that its connection is given to. */
async function connected(): Promise<{ client: Socket; http: Server; first: FirstRequest }> {
  const http = createHttpServer();
  const first = new FirstRequest(http);
  const server = createServer({ allowHalfOpen: true }, (socket) => first.await(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.on('error', () => {});
  closers.push(() => {
    client.destroy();
    server.close();
  });
  return { client, http, first };
}

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const UPGRADE = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';

it('is one request, however many come at once', async () => {
  const { client, http } = await connected();
  let requests = 0;
  http.on('request', (_, response) => {
    requests++;
    response.writeHead(426, { Connection: 'close' });
    response.end();
  });
  client.write(GET.repeat(2000));
  client.resume();
  await once(client, 'close');
  expect(requests).toBe(1);
});

it.each([1, 3, 1000])(
  'is the request whole, in parts of %i bytes, and what follows an upgrade is kept',
  async (size) => {
    const { client, http, first } = await connected();
    const upgraded = once(http, 'upgrade') as Promise<[IncomingMessage, Socket, Buffer]>;
    const bytes = Buffer.from(UPGRADE);
    for (let at = 0; at < bytes.length - size; at += size) {
      await new Promise((resolve) => client.write(bytes.subarray(at, at + size), resolve));
    }
    const lastAt = Math.max(0, Math.ceil((bytes.length - size) / size) * size);
    client.write(Buffer.concat([bytes.subarray(lastAt), Buffer.from('and more')]));
    const [request, socket, head] = await upgraded;
    expect(request.headers).toMatchObject({ upgrade: 'websocket', host: 'a' });
    expect(Buffer.concat([first.rest(socket), head]).toString()).toBe('and more');
  },
);

it.each([
  ['is no HTTP', Buffer.from([0x16, 3, 1, 0, 200, 1])],
  ['never ends', Buffer.from(`GET / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}`)],
])('of what %s is all there is, and is refused without waiting', async (_, bytes) => {
  const { client, http } = await connected();
  const refused = once(http, 'clientError');
  client.write(bytes);
  const [, socket] = (await refused) as [Error, Socket];
  socket.destroy();
});
