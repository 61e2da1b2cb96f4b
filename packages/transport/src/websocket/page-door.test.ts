// What a listener with a page answers over plain HTTP, and which pages may connect.
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { endServed, type Served, serve } from '../testing/harness.js';
import { PAGE } from '../testing/page.js';

const servers: Served[] = [];
afterEach(() => endServed(servers));

async function served(page: typeof PAGE | undefined): Promise<Served> {
  const one = await serve({ page });
  servers.push(one);
  return one;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

function ask(
  { listener }: Served,
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<Answer> {
  const { port } = listener;
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, method, headers }, (response) => {
      text(response).then(
        (body) => resolve({ status: response.statusCode!, headers: response.headers, body }),
        reject,
      );
    })
      .on('error', reject)
      .end();
  });
}

/** @returns the HTTP status of a refusal, or "open" */
function upgrade({ listener }: Served, origin?: string, path = '/lockstep'): Promise<string> {
  const url = `ws://127.0.0.1:${listener.port}${path}`;
  const ws = new WebSocket(url, 'lockstep-page', { ...(origin && { origin }) });
  return new Promise((resolve, reject) => {
    ws.on('open', () => {
      resolve('open');
      ws.terminate();
    });
    ws.on('unexpected-response', (_, response) => {
      resolve(String(response.statusCode));
      response.destroy();
    });
    ws.on('error', reject);
  });
}

describe('a listener with a page', () => {
  it('gives it at / and below any path, under a policy that lets nothing in from elsewhere', async () => {
    const one = await served(PAGE);
    for (const path of ['/', '/?a=1', '/team/', '/index.html']) {
      const { status, headers, body } = await ask(one, path);
      expect([status, body, headers['cache-control']]).toEqual([
        200,
        '<!doctype html>',
        'no-cache',
      ]);
      const policy = String(headers['content-security-policy']);
      expect(policy).toContain("default-src 'none'");
      expect(policy).not.toMatch(/'unsafe-(inline|eval)'|\*|https?:/);
      expect(headers['cross-origin-opener-policy']).toBe('same-origin');
      expect(headers['cross-origin-embedder-policy']).toBe('require-corp');
    }
  });

  it('gives files by name, compressed to whom it may be, and to be kept', async () => {
    const one = await served(PAGE);
    const plain = await ask(one, '/main-1a2b.js');
    expect([plain.body, plain.headers['content-encoding']]).toEqual(['run()', undefined]);
    expect(plain.headers['cache-control']).toContain('immutable');
    const packed = await ask(one, '/team/main-1a2b.js', { 'accept-encoding': 'br, gzip' });
    expect([packed.body, packed.headers['content-encoding']]).toEqual(['packed', 'gzip']);
    const head = await ask(one, '/main-1a2b.js', {}, 'HEAD');
    expect([head.status, head.headers['content-length'], head.body]).toEqual([200, '5', '']);
  });

  it.each<[string, string, Record<string, string>, string, number]>([
    ['a file that is not there', '/../package.json', {}, 'GET', 404],
    ['a property that maps are born with', '/constructor', {}, 'GET', 404],
    ['another method', '/', {}, 'POST', 405],
    ['another host, whose name leads here', '/', { host: 'evil.example' }, 'GET', 421],
    ['the link, without an upgrade', '/lockstep', {}, 'GET', 426],
  ])('refuses %s', async (_, path, headers, method, status) => {
    expect((await ask(await served(PAGE), path, headers, method)).status).toBe(status);
  });

  it('lets its own page connect, over TLS before a proxy too, and none of elsewhere', async () => {
    const one = await served(PAGE);
    const own = `127.0.0.1:${one.listener.port}`;
    expect(await upgrade(one)).toBe('open');
    expect(await upgrade(one, `http://${own}`)).toBe('open');
    expect(await upgrade(one, `https://${own}`, '/team/lockstep')).toBe('open');
    for (const origin of ['http://evil.example', 'http://127.0.0.1:1', 'null', `ftp://${own}`]) {
      expect(await upgrade(one, origin), origin).toBe('403');
    }
  });
});

it('a listener without a page gives none, and lets no page connect', async () => {
  const one = await served(undefined);
  expect((await ask(one, '/')).status).toBe(426);
  expect(await upgrade(one, `http://127.0.0.1:${one.listener.port}`)).toBe('403');
});

it.each([
  ['no map', { 'index.html': { type: 'a', bytes: new Uint8Array() } }],
  ['a map without the page', new Map()],
  ['a file that is no bytes', new Map([['index.html', { type: 'a', bytes: 'text' }]])],
])('%s is refused as a page', (_, page) => {
  expect(() => serve({ page: page as never })).toThrow('page must be a map of files');
});
