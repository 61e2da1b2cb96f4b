// The whole way to a coordinator, and where it breaks: real listeners on loopback, and what is there in place of one.
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { PROTOCOL_VERSION } from '@lockstep/wire';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { LinkError } from './errors.js';
import { examine } from './examine.js';
import type { Link } from './link.js';
import { memory } from './memory.js';
import { testCertificates } from './testing/certificates.js';
import {
  ARITHMETIC,
  endServed,
  KEY,
  Recorder,
  type Served,
  serve,
  serveOver,
} from './testing/harness.js';
import type { Finding, Transport } from './transport.js';
import { unixSockets } from './unix/unix-sockets.js';
import type { DialTls } from './websocket/connect.js';
import { webSockets } from './websocket/web-sockets.js';

const { ca, server, client, otherName, expired } = testCertificates();

const servers: Served[] = [];
const others: Server[] = [];
const sockets = new Set<Socket>();
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  arrived.length = 0;
  for (const other of others.splice(0)) other.close();
  await endServed(servers);
});
const folder = mkdtempSync(join(tmpdir(), 'lockstep-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What each that was let in came to, as its owner sees it. */
const arrived: Recorder[] = [];
/** As a coordinator, which hears at once whoever is let in. */
const onLink = (link: Link): void => void arrived.push(new Recorder(link));

async function serving(options: Parameters<typeof serve>[0] = {}): Promise<Served> {
  const served = await serve({ onLink, ...options });
  servers.push(served);
  return served;
}

/** @returns the port of a server that is not ours */
async function listening(other: Server): Promise<number> {
  others.push(other);
  other.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
  });
  other.listen(0, '127.0.0.1');
  await once(other, 'listening');
  return (other.address() as AddressInfo).port;
}

interface Given {
  readonly transport?: Transport;
  readonly tls?: DialTls;
  readonly key?: Uint8Array | undefined;
  readonly arithmetic?: string;
  readonly partMs?: number;
}

async function found(url: string, given: Given = {}): Promise<Finding[]> {
  const { tls, transport = webSockets({ tls }), arithmetic = ARITHMETIC, partMs } = given;
  const key = 'key' in given ? given.key : KEY;
  const all: Finding[] = [];
  for await (const one of examine([transport], url, { arithmetic, key, partMs })) all.push(one);
  return all;
}

const outline = (findings: readonly Finding[]): string[] =>
  findings.map(({ id, status }) => `${id} ${status}`);

const THROUGH = ['name ok', 'connect ok', 'upgrade ok', 'clocks ok'];

describe('a coordinator that lets us in', () => {
  it('over ws://: every part is told, and the token is proven', async () => {
    const { listener, refusals } = await serving();
    const all = await found(listener.url);
    expect(outline(all)).toEqual([...THROUGH, 'protocol ok', 'token ok']);
    expect(all[0]!.found).toBe('127.0.0.1 is an address');
    expect(all[1]!.found).toMatch(/^127\.0\.0\.1:\d+ answers in [\d.]+ ms$/);
    expect(all[4]!.found).toBe(
      `version ${PROTOCOL_VERSION}, arithmetic ${ARITHMETIC}, there and here`,
    );
    expect(all[5]!.found).toMatch(/^right, and known there: run (0123456789abcdef){2}$/);
    expect(refusals).toEqual([]);
    expect(arrived).toHaveLength(1);
  });

  it('sees a worker go that said why and nothing else', async () => {
    const { listener } = await serving();
    await found(listener.url);
    await arrived[0]!.untilClosed();
    const reason = { code: 'left', message: 'it only looked at the way' };
    expect(arrived[0]!.seen).toEqual([{ kind: 'closed', reason }]);
  });

  it('over wss://: the certificate is told', async () => {
    const { listener } = await serving({ tls: server });
    const all = await found(`wss://localhost:${listener.port}`, { tls: { ca } });
    expect(outline(all)).toEqual([
      ...['name ok', 'connect ok', 'tls ok', 'upgrade ok', 'clocks ok', 'protocol ok', 'token ok'],
    ]);
    expect(all[0]!.found).toMatch(/^localhost is .*127\.0\.0\.1/);
    expect(all[2]!.found).toMatch(
      /^for localhost, 127\.0\.0\.1, .*, of Lockstep test ca, \d+ days left, TLSv1\.3$/,
    );
  });

  it('without a token: nothing is proven, nobody has joined, and that is told', async () => {
    const { listener, refusals } = await serving();
    const all = await found(listener.url, { key: undefined });
    expect(outline(all)).toEqual([...THROUGH, 'protocol ok', 'token note']);
    expect(all.at(-1)).toMatchObject({
      found: 'not checked: there is none here',
      advice: expect.stringMatching(/--token-file or LOCKSTEP_TOKEN/),
    });
    expect(arrived).toEqual([]);
    expect(refusals).toEqual(['it only looked at the way']);
  });

  it('by a Unix socket', async () => {
    const path = join(folder, 'coordinator');
    servers.push(await serveOver(unixSockets({ path }), { onLink }));
    const all = await found(`unix:${path}`, { transport: unixSockets() });
    const parts = all.filter(({ id }) => id !== 'buffer');
    expect(outline(parts)).toEqual(['connect ok', 'protocol ok', 'token ok']);
  });

  it('over a transport that tells no parts', async () => {
    const served = await serveOver(memory(), { onLink });
    servers.push(served);
    const all = await found(served.listener.url, { transport: memory() });
    expect(outline(all)).toEqual(['connect ok', 'protocol ok', 'token ok']);
  });
});

describe('the handshake breaks', () => {
  it('at another token', async () => {
    const { listener } = await serving();
    const all = await found(listener.url, { key: Buffer.from('another token') });
    expect(outline(all).slice(-2)).toEqual(['protocol ok', 'token problem']);
    expect(all.at(-1)).toMatchObject({
      found: 'the token is wrong',
      advice: expect.stringMatching(/--token-file/),
    });
    expect(arrived).toEqual([]);
  });

  it('at another arithmetic, which both sides name', async () => {
    const { listener } = await serving();
    const [last] = (await found(listener.url, { arithmetic: 'numbers-2' })).slice(-1);
    expect(last).toMatchObject({
      ...{ id: 'protocol', status: 'problem' },
      found: expect.stringMatching(/^arithmetic numbers-2 dialled numbers-1/),
      advice: expect.stringMatching(/same version of Lockstep/),
    });
  });

  it('at a worker of a mesh, which listens for others of its run', async () => {
    const identify = () => ({ code: 'stale', message: 'this worker expects no such peer now' });
    const { listener } = await serving({ identify });
    const [last] = (await found(listener.url)).slice(-1);
    expect(last).toMatchObject({
      ...{ id: 'protocol', status: 'problem' },
      found: 'this worker expects no such peer now',
      advice: expect.stringMatching(/dial the coordinator/),
    });
  });

  /** A WebSocket that answers each message. */
  async function answering(answer: (message: Buffer) => Buffer | undefined): Promise<string> {
    const http = createHttpServer((_, response) => response.end());
    new WebSocketServer({ server: http }).on('connection', (ws) => {
      ws.on('message', (message: Buffer) => {
        const bytes = answer(message);
        if (bytes) ws.send(bytes);
        else ws.close(1011);
      });
    });
    return `ws://127.0.0.1:${await listening(http)}`;
  }

  it('at an older version, which is named', async () => {
    const old = await answering((hello) => {
      const challenge = Buffer.from(hello);
      challenge.set([0x11, 0]);
      challenge.writeUInt16LE(PROTOCOL_VERSION - 1, 2);
      return challenge;
    });
    const [last] = (await found(old)).slice(-1);
    expect(last).toMatchObject({
      ...{ id: 'protocol', status: 'problem' },
      found: `protocol version ${PROTOCOL_VERSION} dialled ${PROTOCOL_VERSION - 1}`,
      advice: 'install the same version of Lockstep on both sides',
    });
  });

  it.each<[string, (message: Buffer) => Buffer | undefined]>([
    ['says the same again', (hello) => hello],
    ['says something else', () => Buffer.from('{"hello":"world"}')],
    ['closes', () => undefined],
  ])('at a WebSocket that %s', async (_, answer) => {
    const [last] = (await found(await answering(answer))).slice(-1);
    expect(last).toMatchObject({
      ...{ id: 'protocol', status: 'problem' },
      advice: expect.stringMatching(/whether a coordinator of Lockstep listens there/),
    });
  });
});

describe('the way breaks, and what comes after is not looked at', () => {
  it('at a name that nobody knows', async () => {
    const all = await found('ws://no-such-name.invalid:7070');
    expect(outline(all)).toEqual(['name problem']);
  });

  it('at a port that nobody listens on', async () => {
    const { listener } = await serving();
    await listener.close();
    const all = await found(listener.url);
    expect(outline(all)).toEqual(['name ok', 'connect problem']);
    expect(all[1]).toMatchObject({
      found: expect.stringMatching(/refuses \(ECONNREFUSED\)$/),
      advice: expect.stringMatching(/^nobody listens there: .*--host/),
    });
  });

  it('at something that takes connections and never answers', async () => {
    const port = await listening(createServer());
    const plain = await found(`ws://127.0.0.1:${port}`, { partMs: 700 });
    expect(outline(plain)).toEqual(['name ok', 'connect ok', 'upgrade problem']);
    const secure = await found(`wss://127.0.0.1:${port}`, { partMs: 700 });
    expect(outline(secure)).toEqual(['name ok', 'connect ok', 'tls problem']);
    for (const all of [plain, secure]) {
      expect(all.at(-1)).toMatchObject({
        found: 'no answer after 700 ms',
        advice: expect.stringMatching(/says nothing: .*firewall/),
      });
    }
  });

  it.each<[string, string, RegExp, RegExp]>([
    [
      'another web server',
      'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n',
      /^HTTP status 404$/,
      /is this the coordinator's address/,
    ],
    ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n', /does not speak HTTP: it says "SSH/, /./],
  ])('at %s', async (_, answer, words, advice) => {
    const other = createServer((socket) => socket.once('data', () => socket.end(answer)));
    const all = await found(`ws://127.0.0.1:${await listening(other)}`);
    expect(outline(all)).toEqual(['name ok', 'connect ok', 'upgrade problem']);
    expect(all[2]!.found).toMatch(words);
    expect(all[2]!.advice ?? '-').toMatch(advice);
  });

  it.each<[string, { cert: string; key: string }, DialTls, RegExp, RegExp]>([
    ['of an authority that is not known', server, {}, /authority that this machine/, /--tls-ca/],
    [
      'for another name',
      otherName,
      { ca: otherName.cert },
      /not for 127\.0\.0\.1 but for DNS:other\.example; for other\.example, of /,
      /dial a name that it has/,
    ],
    [
      'that has expired',
      expired,
      { ca: expired.cert },
      /has expired; .*expired \d+ days ago/,
      /must be renewed/,
    ],
    [
      'with two things wrong',
      otherName,
      {},
      /signed by itself; the server's certificate is not for 127\.0\.0\.1/,
      /--tls-ca FILE; dial a name/,
    ],
  ])('at a certificate %s', async (_, shown, tls, words, advice) => {
    const port = await listening(createTlsServer(shown));
    const all = await found(`wss://127.0.0.1:${port}`, { tls });
    expect(outline(all)).toEqual(['name ok', 'connect ok', 'tls problem']);
    expect(all[2]!.found).toMatch(words);
    expect(all[2]!.advice).toMatch(advice);
  });

  it('at TLS 1.2', async () => {
    const port = await listening(createTlsServer({ ...server, maxVersion: 'TLSv1.2' }));
    const all = await found(`wss://127.0.0.1:${port}`, { tls: { ca } });
    expect(all.at(-1)!.found).toMatch(/does not speak TLS 1\.3/);
  });

  it('at a coordinator that wants a certificate', async () => {
    const { listener } = await serving({ tls: { ...server, ca } });
    const without = await found(listener.url, { tls: { ca } });
    expect(outline(without)).toEqual(['name ok', 'connect ok', 'tls ok', 'upgrade problem']);
    expect(without[3]!.advice).toMatch(/--tls-cert FILE and --tls-key FILE/);
    const shown = await found(listener.url, { tls: { ca, ...client } });
    expect(outline(shown).at(-1)).toBe('token ok');
    // Of a client's alone it is told that nobody can dial it.
    expect(outline(shown)).toContain('own-tls note');
  });

  it('at ws:// where TLS is spoken, and at wss:// where it is not', async () => {
    const secure = await serving({ tls: server });
    const plain = await serving();
    const [one] = (await found(`ws://127.0.0.1:${secure.listener.port}`)).slice(-1);
    const [other] = (await found(`wss://127.0.0.1:${plain.listener.port}`)).slice(-1);
    expect(one).toMatchObject({ id: 'upgrade', advice: expect.stringMatching(/TLS.*wss:/) });
    expect(other).toMatchObject({ id: 'tls', advice: expect.stringMatching(/address is ws:/) });
  });

  it('at a Unix socket that is not there', async () => {
    const all = await found(`unix:${join(folder, 'none')}`, { transport: unixSockets() });
    expect(outline(all)).toEqual(['connect problem']);
    expect(all[0]).toMatchObject({
      found: expect.stringMatching(/^there is no such socket on this machine \(ENOENT\)$/),
      advice: expect.stringMatching(/--listen-unix/),
    });
  });
});

it('who stops listening half way leaves no connection behind', async () => {
  const { listener, refusals } = await serving();
  for await (const { id } of examine([webSockets()], listener.url, { arithmetic: ARITHMETIC })) {
    if (id === 'upgrade') break;
  }
  while (refusals.length === 0) await new Promise((resolve) => setImmediate(resolve));
  expect(refusals).toEqual([expect.stringMatching(/hung up/)]);
});

it('an address that cannot be dialled is refused at once', () => {
  expect(() => examine([webSockets()], 'http://127.0.0.1', { arithmetic: ARITHMETIC })).toThrow(
    LinkError,
  );
});
