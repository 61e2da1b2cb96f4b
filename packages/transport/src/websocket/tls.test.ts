// TLS: 1.3 only, trust in both directions, and the names of the ways in which it fails.
import { once } from 'node:events';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { connect, type TlsOptions } from 'node:tls';
import { afterEach, expect, it } from 'vitest';
import type { LinkError } from '../errors.js';
import { testCertificates } from '../testing/certificates.js';
import { dialWorker, endServed, leave, Recorder, type Served, serve } from '../testing/harness.js';
import type { DialTls } from './connect.js';
import type { ListenTls } from './door.js';

const { ca, server, client, stranger, otherName, expired } = testCertificates();
const servers: Served[] = [];
const others: Server[] = [];
afterEach(async () => {
  for (const other of others.splice(0)) other.close();
  await endServed(servers);
});

async function secure(tls: Partial<ListenTls> = {}): Promise<Served> {
  const served = await serve({ tls: { ...server, ...tls } });
  servers.push(served);
  return served;
}

it('a round trip over wss://, by address and by name', async () => {
  const served = await secure();
  expect(served.listener.url).toMatch(/^wss:\/\/127\.0\.0\.1:\d+$/);
  for (const host of ['127.0.0.1', 'localhost']) {
    const link = await dialWorker(`wss://${host}:${served.listener.port}`, { tls: { ca } });
    const recorder = new Recorder(await served.next());
    link.sendControl(leave('hello'));
    await recorder.count(1);
    expect(recorder.seen).toMatchObject([{ message: { reason: 'hello' } }]);
  }
});

it('a server whose certificate is not trusted is refused by the client', async () => {
  const { listener, accepted } = await secure();
  await expect(dialWorker(listener.url)).rejects.toMatchObject({
    code: 'refused',
    reason: 'certificate',
  });
  expect(accepted).toEqual([]);
});

it('with a CA, a client must show a certificate of it', async () => {
  const served = await secure({ ca });
  await expect(dialWorker(served.listener.url, { tls: { ca } })).rejects.toMatchObject({
    code: 'refused',
    reason: 'certificate',
  });
  await expect(dialWorker(served.listener.url, { tls: { ca, ...stranger } })).rejects.toMatchObject(
    {
      code: 'unreachable',
      message: expect.stringMatching(/may not accept this certificate/),
    },
  );
  expect(served.accepted).toEqual([]);
  const link = await dialWorker(served.listener.url, { tls: { ca, ...client } });
  expect(link.remote.role).toBe('coordinator');
});

it('TLS 1.2 is not spoken', async () => {
  const { listener } = await secure();
  const socket = connect({ port: listener.port, host: '127.0.0.1', ca, maxVersion: 'TLSv1.2' });
  const [error] = await once(socket, 'error');
  expect(error.code).toMatch(/PROTOCOL_VERSION/);
});

/** What dialling a server, which is not ours, as wss:// fails with. */
async function failure(other: Server, tls: DialTls = {}): Promise<LinkError> {
  others.push(other);
  other.listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  return dialWorker(`wss://127.0.0.1:${port}`, { tls }).then(
    () => expect.fail('it was let in'),
    (error: unknown) => error as LinkError,
  );
}

it.each<[string, TlsOptions, DialTls, string, RegExp]>([
  [
    'speaks TLS 1.2 only',
    { ...server, maxVersion: 'TLSv1.2' },
    { ca },
    'tls',
    /does not speak TLS 1\.3, which is needed/,
  ],
  ['signed itself', otherName, {}, 'certificate', /signed by itself; give .* with --tls-ca FILE$/],
  ['has an authority that is not known', server, {}, 'certificate', /with --tls-ca FILE$/],
  [
    'has another authority than the given one',
    server,
    { ca: otherName.cert },
    'certificate',
    /not of the authority in --tls-ca/,
  ],
  [
    'has another name',
    otherName,
    { ca: otherName.cert },
    'certificate',
    /not for 127\.0\.0\.1 but for DNS:other\.example; dial a name that it has/,
  ],
  ['has expired', expired, { ca: expired.cert }, 'certificate', /has expired; it must be renewed/],
  ['is none of a server', client, { ca }, 'certificate', /extendedKeyUsage must have serverAuth/],
  [
    'wants a certificate and is shown none',
    { ...server, ca, requestCert: true, rejectUnauthorized: true },
    { ca },
    'certificate',
    /wants to see a certificate; .*--tls-cert FILE and --tls-key FILE$/,
  ],
])(
  'a server that %s is refused in words that say what is needed',
  async (_, options, tls, reason, words) => {
    const error = await failure(createHttpsServer(options), tls);
    expect({ ...error }).toMatchObject({ code: 'refused', reason });
    expect(error.message).toMatch(words);
    expect(error.message).not.toMatch(/routines|openssl|:error:/i);
  },
);

it.each([
  ['answers HTTP', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
  ['speaks another protocol', 'SSH-2.0-OpenSSH_9.2\r\n'],
])('a server without TLS that %s is not taken for one with it', async (_, answer) => {
  const plain = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end(answer));
  });
  const error = await failure(plain);
  expect(error).toMatchObject({ code: 'protocol', reason: 'tls' });
  expect(error.message).toMatch(/does not speak TLS; .*ws:\/\/127\.0\.0\.1:\d+$/);
});

it('the listener says of clients why they were turned away, without words of OpenSSL', async () => {
  const served = await secure({ ca });
  const { port } = served.listener;
  const old = connect({ port, host: '127.0.0.1', ca, maxVersion: 'TLSv1.2' });
  await once(old, 'error');
  await dialWorker(`ws://127.0.0.1:${port}`).catch(() => {});
  await dialWorker(served.listener.url, { tls: { ca } }).catch(() => {});
  expect(served.refusals).toEqual([
    expect.stringMatching(/does not speak TLS 1\.3/),
    expect.stringMatching(/must dial wss:/),
    expect.stringMatching(/showed no certificate/),
  ]);
});

it('speaking ws:// to a wss:// listener, and the other way round, fails in words', async () => {
  const { listener } = await secure();
  const plain = await serve();
  servers.push(plain);
  await expect(dialWorker(`ws://127.0.0.1:${listener.port}`)).rejects.toThrow(
    /dial ws:.*expect TLS: wss:/,
  );
  await expect(
    dialWorker(`wss://127.0.0.1:${plain.listener.port}`, { tls: { ca } }),
  ).rejects.toMatchObject({ code: 'protocol' });
});
