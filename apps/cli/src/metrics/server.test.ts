import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from 'vitest';
import { UsageError } from '../errors.js';
import { type Exposition, type Health, type MetricsServer, serveMetrics } from './server.js';

const exposition: Exposition = {
  contentType: 'text/plain; version=0.0.4; charset=utf-8',
  metrics: async () => 'lockstep_step 3\n',
};
const HEALTHY: Health = { live: () => undefined, ready: () => undefined };
const AT = { host: '127.0.0.1', port: 0 };

let server: MetricsServer | undefined;
afterEach(() => server?.close());

async function ask(
  path = '/metrics',
  { method = 'GET', headers = {} }: { method?: string; headers?: Record<string, string> } = {},
) {
  const { hostname, port } = new URL(server!.url);
  const asked = request({ hostname, port, path, method, headers }).end();
  const [response] = await once(asked, 'response');
  return { status: response.statusCode, headers: response.headers, text: await text(response) };
}

describe('the port for Prometheus', () => {
  test('has the metrics at /metrics', async () => {
    server = await serveMetrics('--prometheus', AT, exposition, HEALTHY);
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
    const { status, headers, text } = await ask();
    expect({ status, text }).toEqual({ status: 200, text: 'lockstep_step 3\n' });
    expect(headers['content-type']).toBe(exposition.contentType);
    expect(await ask('/metrics?x=1', { method: 'HEAD' })).toMatchObject({ status: 200, text: '' });
  });

  test('tells probes whether the process lives and is ready, and if not, why', async () => {
    let health = HEALTHY;
    const asked = { live: () => health.live(), ready: () => health.ready() };
    server = await serveMetrics('--prometheus', AT, exposition, asked);
    expect(await ask('/livez')).toMatchObject({ status: 200, text: 'ok\n' });
    expect(await ask('/readyz')).toMatchObject({ status: 200, text: 'ok\n' });
    health = { live: () => 'the disk hangs', ready: () => 'nobody is there' };
    expect(await ask('/livez')).toMatchObject({ status: 503, text: 'the disk hangs\n' });
    const { status, text, headers } = await ask('/readyz?verbose', { method: 'HEAD' });
    expect({ status, text }).toEqual({ status: 503, text: '' });
    expect(headers['cache-control']).toBe('no-store');
  });

  test('answers probes while the metrics do not come', async () => {
    const metrics = (): Promise<string> => new Promise(() => {});
    server = await serveMetrics('--prometheus', AT, { ...exposition, metrics }, HEALTHY);
    const { port } = new URL(server.url);
    const scraped = request({ port, host: '127.0.0.1', path: '/metrics' }).end();
    scraped.on('error', () => {});
    await once(scraped, 'finish');
    expect((await ask('/livez')).status).toBe(200);
    scraped.destroy();
  });

  test('says that there are none yet, and to ask again', async () => {
    server = await serveMetrics(
      '--prometheus',
      AT,
      {
        ...exposition,
        metrics: async () => undefined,
      },
      HEALTHY,
    );
    const { status, text } = await ask();
    expect(status).toBe(503);
    expect(text).toMatch(/^there are no metrics yet/);
  });

  test.each<[string, string, object, number]>([
    ['another path', '/', {}, 404],
    ['what stands in the page of all objects', '/constructor', {}, 404],
    ['another method of a probe', '/livez', { method: 'DELETE' }, 405],
    ['another method', '/metrics', { method: 'POST' }, 405],
    ['the name of another site', '/metrics', { headers: { host: 'example.org:9464' } }, 403],
    ['a name of this machine', '/metrics', { headers: { host: 'localhost:9464' } }, 200],
  ])('asked for %s', async (_, path, how, status) => {
    server = await serveMetrics('--prometheus', AT, exposition, HEALTHY);
    expect((await ask(path, how)).status).toBe(status);
  });

  test('beyond loopback answers whatever name it is asked by', async () => {
    server = await serveMetrics('--prometheus', { host: '0.0.0.0', port: 0 }, exposition, HEALTHY);
    const { port } = new URL(server.url);
    const asked = request({ port, path: '/metrics', headers: { host: 'trainer.example.org' } });
    const [response] = await once(asked.end(), 'response');
    response.resume();
    expect(response.statusCode).toBe(200);
  });

  test('that is taken is refused in words, at once', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const taken = serveMetrics('--prometheus', { host: '127.0.0.1', port }, exposition, HEALTHY);
    await expect(taken).rejects.toThrow(
      `--prometheus 127.0.0.1:${port}: something listens there already; choose another port`,
    );
    await expect(taken).rejects.toBeInstanceOf(UsageError);
    other.close();
  });

  test('of an address that this machine lacks is refused', async () => {
    await expect(
      serveMetrics('--prometheus', { host: '192.0.2.1', port: 0 }, exposition, HEALTHY),
    ).rejects.toThrow('--prometheus 192.0.2.1:0: this machine has no such address');
  });

  test('lets nobody in beyond its places, and gives a place back', async () => {
    server = await serveMetrics('--prometheus', AT, exposition, HEALTHY);
    const { port } = new URL(server.url);
    const idle = Array.from({ length: 32 }, () => connect(Number(port), '127.0.0.1'));
    await Promise.all(idle.map((socket) => once(socket, 'connect')));
    const one = connect(Number(port), '127.0.0.1');
    one.on('error', () => {});
    await new Promise((resolve) => one.on('close', resolve));
    idle[0]!.destroy();
    let answered: unknown;
    while (!answered) answered = await ask().catch(() => undefined);
    expect(answered).toMatchObject({ status: 200 });
    for (const socket of idle) socket.destroy();
  });

  test('takes no second request before it has answered the first, so that nothing heaps up', async () => {
    let asked = 0;
    const metrics = (): Promise<string> => {
      asked++;
      return new Promise(() => {});
    };
    server = await serveMetrics('--prometheus', AT, { ...exposition, metrics }, HEALTHY);
    const { port } = new URL(server.url);
    const socket = connect(Number(port), '127.0.0.1');
    socket.on('error', () => {});
    socket.write('GET /metrics HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n'.repeat(100));
    await new Promise((resolve) => socket.on('close', resolve));
    expect(asked).toBe(1);
  });

  test('looks values up once for all who ask at a time', async () => {
    let asked = 0;
    const metrics = async (): Promise<string> => `lockstep_step ${++asked}\n`;
    server = await serveMetrics('--prometheus', AT, { ...exposition, metrics }, HEALTHY);
    const texts = await Promise.all(Array.from({ length: 20 }, async () => (await ask()).text));
    expect(new Set(texts).size).toBeLessThan(20);
    expect(asked).toBe(new Set(texts).size);
  });

  test('closes, whoever still holds a connection', async () => {
    server = await serveMetrics('--prometheus', AT, exposition, HEALTHY);
    const { port } = new URL(server.url);
    const socket = connect(Number(port), '127.0.0.1');
    await once(socket, 'connect');
    socket.write('GET /metrics HTTP/1.1\r\n');
    socket.resume();
    socket.on('error', () => {});
    const closed = new Promise((resolve) => socket.on('close', resolve));
    await server.close();
    await closed;
    server = undefined;
  });

  test('says so where the metrics fail, and nothing of why', async () => {
    const metrics = () => Promise.reject(new Error('a path'));
    server = await serveMetrics('--prometheus', AT, { ...exposition, metrics }, HEALTHY);
    expect(await ask()).toMatchObject({ status: 500, text: 'the metrics cannot be told\n' });
  });
});
