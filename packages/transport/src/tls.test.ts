// TLS: 1.3 only, trust in both directions, and the names of the ways in which it fails.
import { once } from 'node:events';
import { connect } from 'node:tls';
import { afterEach, expect, it } from 'vitest';
import type { ListenTls } from './listen.js';
import { testCertificates } from './testing/certificates.js';
import { dialWorker, leave, Recorder, type Served, serve } from './testing/harness.js';

const { ca, server, client, stranger } = testCertificates();
const servers: Served[] = [];
afterEach(async () => {
  for (const served of servers.splice(0)) {
    for (const link of served.accepted) link.close('test', 'the test is over');
    await served.listener.close();
  }
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
