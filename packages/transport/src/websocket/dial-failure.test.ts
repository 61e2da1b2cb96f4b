// What proxies and other servers answer in place of a coordinator: what may pass, what will not, and the words for it.
import { once } from 'node:events';
import { createServer } from 'node:http';
import {
  type AddressInfo,
  createServer as createTcpServer,
  type Server,
  type Socket,
} from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { LinkError } from '../errors.js';
import { dialWorker } from '../testing/harness.js';
import { httpFailure } from './dial-failure.js';

const url = new URL('ws://proxy.example/team/lockstep');
const failure = (status: number, headers = {}, body = '') =>
  httpFailure(status, headers, body, { url, tls: {} });

const open: Server[] = [];
const sockets = new Set<Socket>();
afterEach(() => {
  for (const server of open.splice(0)) server.close();
  for (const socket of sockets) socket.destroy();
  sockets.clear();
});

async function listening(server: Server): Promise<string> {
  open.push(server);
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Dials something that is no coordinator. */
async function dialled(server: Server): Promise<LinkError> {
  const error = await dialWorker(await listening(server)).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(LinkError);
  return error as LinkError;
}

describe('an HTTP status in place of the upgrade', () => {
  it.each([408, 425, 429, 500, 502, 503, 504, 507, 511, 520, 521, 522, 523, 524, 525, 530, 598])(
    '%i means that nobody is there yet',
    (status) => {
      expect(failure(status)).toMatchObject({ code: 'unreachable', reason: 'http' });
    },
  );

  it.each([200, 301, 400, 401, 403, 404, 410, 421, 426, 501, 505])(
    '%i will not pass by itself',
    (status) => {
      expect(failure(status)).toMatchObject({ code: 'refused', reason: 'http' });
    },
  );

  it.each<[number, object, string, RegExp]>([
    [301, { location: 'https://proxy.example/team/lockstep' }, '', /dial that$/],
    [308, { location: 'https://other.example/' }, '', /leads to wss:\/\/other\.example: dial that/],
    [307, { location: '/new/lockstep' }, '', /leads to ws:\/\/proxy\.example\/new: dial that/],
    [404, {}, '<html>', /404; nothing is at \/team\/lockstep there/],
    [426, {}, '', /must pass on the headers Upgrade and Connection/],
    [200, {}, '', /must pass on the headers Upgrade and Connection/],
    [400, {}, 'The plain HTTP request was sent to HTTPS port', /TLS: wss:\/\/proxy\.example\/team/],
    [403, {}, 'forbidden\u001b[2J here', /403: forbidden \[2J here$/],
  ])('%i with %j says what to do', (status, headers, body, words) => {
    const { message } = failure(status, headers, body);
    expect(message).toMatch(/^dial ws:\/\/proxy\.example\/team: HTTP status/);
    expect(message).toMatch(words);
  });

  it.each([
    ['30', 30_000],
    ['Wed, 21 Oct 2026 07:28:00 GMT', undefined],
    ['-1', undefined],
    [undefined, undefined],
  ])('with Retry-After %j says when to come again: %j ms', (header, ms) => {
    const headers = header === undefined ? {} : { 'retry-after': header };
    expect(failure(429, headers).retryAfterMs).toBe(ms);
  });

  it('of a server that was reached is told in that way', async () => {
    const server = createServer();
    server.on('upgrade', (_, socket) => socket.end('HTTP/1.1 504 Gateway Timeout\r\n\r\n'));
    expect(await dialled(server)).toMatchObject({
      code: 'unreachable',
      message: expect.stringMatching(/HTTP status 504/),
    });
  });
});

describe('in place of HTTP', () => {
  it.each([1001, 1011, 1012, 1013, 1014])(
    'a WebSocket of a proxy that is closed with %i before the proof means that nobody is there yet',
    async (status) => {
      const server = createServer();
      const upgrader = new WebSocketServer({ server });
      upgrader.on('connection', (ws) => ws.close(status));
      const { code, message } = await dialled(server);
      expect({ code, message }).toEqual({
        code: 'unreachable',
        message: expect.stringContaining(`WebSocket status ${status}`),
      });
    },
  );

  it('a connection that is closed or reset means that nobody is there yet', async () => {
    const closes = createTcpServer((socket) => socket.on('data', () => socket.end()));
    const resets = createTcpServer((socket) => socket.on('data', () => socket.resetAndDestroy()));
    for (const server of [closes, resets]) {
      expect(await dialled(server)).toMatchObject({
        code: 'unreachable',
        message: expect.stringMatching(/the server may expect TLS: wss:\/\/127\.0\.0\.1:\d+$/),
      });
    }
  });

  it('an alert of TLS says that TLS is expected', async () => {
    const alert = Buffer.of(0x15, 3, 1, 0, 2, 2, 70);
    const server = createTcpServer((socket) => socket.on('data', () => socket.end(alert)));
    expect(await dialled(server)).toMatchObject({
      code: 'protocol',
      message: expect.stringMatching(/expects TLS; the address is wss:\/\/127\.0\.0\.1:\d+$/),
    });
  });

  it('another protocol is shown by how it begins', async () => {
    const server = createTcpServer((socket) => socket.write('SSH-2.0-OpenSSH_9.2\r\n'));
    expect(await dialled(server)).toMatchObject({
      code: 'protocol',
      message: expect.stringMatching(/does not speak HTTP: it says "SSH-2\.0-OpenSSH/),
    });
  });

  it('a name that nobody knows is named', async () => {
    await expect(dialWorker('ws://no-such-name.invalid:7070')).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.stringMatching(/the name "no-such-name\.invalid" cannot be resolved/),
    });
  });
});
