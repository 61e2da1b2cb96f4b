// The server by real requests on a free port of this machine, over feeds that are made up.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, LockstepError } from '@lockstep/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Action, Message, RunInfo } from '../contract.js';
import { DashboardServer } from './dashboard-server.js';
import type { Feed } from './feed.js';
import { History } from './history.js';
import { toldLines } from './told-lines.fixture.js';

let folder: string;
let server: DashboardServer;
let origin: string;
let token: string;
const acted: Action[] = [];
const tell = new Map<string, (message: Message) => void>();

function feed(id: string, more: Partial<Feed> = {}): Feed {
  const info: RunInfo = {
    ...{ id, name: id, folder: null, command: 'train', isLive: true, config: {}, datasets: [] },
    can: { stop: true, checkpoint: false, dropWorker: false },
  };
  return {
    info,
    history: new History(),
    model: async () => ({ step: 7, bytes: Uint8Array.of(1, 2, 3) }),
    gradients: async () => undefined,
    samples: async (dataset, first, count) => {
      if (dataset !== 'test') return undefined;
      if (first + count > 10) throw new ConfigError('there are not so many');
      return Uint8Array.of(first, count);
    },
    act: async (action) => {
      if (action.do === 'checkpoint') throw new LockstepError('refused', 'it cannot');
      acted.push(action);
    },
    listen: ({ hear }) => {
      tell.set(id, hear);
      return () => tell.delete(id);
    },
    ...more,
  };
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dashboard-page-'));
  await mkdir(join(folder, 'assets'));
  await writeFile(join(folder, 'index.html'), '<!doctype html>');
  await writeFile(join(folder, 'assets', 'page.js'), 'export {};');
  await writeFile(join(folder, 'notes.txt'), 'not of the page');
  server = await DashboardServer.start({ host: '127.0.0.1', port: 0, pageFolder: folder });
  const url = new URL(server.url);
  origin = url.origin;
  token = url.hash.replace('#token=', '');
  server.add(feed('one'));
});

afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

const authorized = (): HeadersInit => ({ authorization: `Bearer ${token}` });
const get = (path: string): Promise<Response> => fetch(origin + path, { headers: authorized() });
const post = (path: string): Promise<Response> =>
  fetch(origin + path, { method: 'POST', headers: authorized() });

/** With headers that `fetch` does not let anybody set, and a path as it stands. */
function raw(path: string, headers: Record<string, string>): Promise<number> {
  const { hostname, port } = new URL(origin);
  return new Promise((resolve, reject) => {
    request({ hostname, port, path, headers }, (response) => {
      response.resume();
      resolve(response.statusCode!);
    })
      .on('error', reject)
      .end();
  });
}

test('a page that was just fetched is waited for until it listens, and nobody else is', async () => {
  const own = await DashboardServer.start({ host: '127.0.0.1', port: 0, pageFolder: folder });
  const { origin: place, hash } = new URL(own.url);
  await own.arrived();
  await fetch(`${place}/`);
  const arrived = own.arrived();
  const headers = { authorization: `Bearer ${hash.replace('#token=', '')}` };
  const stream = await fetch(`${place}/api/stream`, { headers });
  await arrived;
  expect(own.hasPages).toBe(true);
  const closed = own.close();
  expect(await stream.text()).toContain('"runs"');
  await closed;
});

test('a page on which nothing happens hears empty lines, by which it knows that somebody is there', async () => {
  const stream = (await get('/api/stream')).body!.getReader();
  const decoder = new TextDecoder();
  let text = '';
  while (!text.endsWith('\n\n\n')) text += decoder.decode((await stream.read()).value);
  await stream.cancel();
});

describe('the page', () => {
  test('needs no token, which stands in the part of the URL that is sent to nobody', async () => {
    expect(token).toMatch(/^[\w-]{24}$/);
    const page = await fetch(`${origin}/`);
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(await (await fetch(`${origin}/assets/page.js`)).text()).toBe('export {};');
  });

  test('is under a policy that lets nothing in from elsewhere', async () => {
    const { headers } = await fetch(`${origin}/`);
    const policy = headers.get('content-security-policy')!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe-inline');
    expect(headers.get('set-cookie')).toBeNull();
    expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
  });

  test.each([
    '/notes.txt',
    '/../dashboard-server.ts',
    '/%2e%2e%2findex.html',
    '/assets/',
    '/nothing',
  ])('has nothing at %s', async (path) => {
    expect(await raw(path, {})).toBe(404);
  });

  test('is only read', async () => {
    expect((await fetch(`${origin}/`, { method: 'POST' })).status).toBe(405);
    expect((await fetch(`${origin}/`, { method: 'HEAD' })).status).toBe(200);
  });
});

describe('who is answered', () => {
  test.each([
    ['no token', {}],
    ['another token', { authorization: 'Bearer something' }],
    ['a token in another scheme', { authorization: 'Basic something' }],
  ])('with %s: nobody, of the interface', async (_, headers) => {
    for (const path of ['/api/stream', '/api/runs/one/model', '/api/nothing']) {
      expect((await fetch(origin + path, { headers })).status).toBe(401);
    }
    const stop = await fetch(`${origin}/api/runs/one/stop`, { method: 'POST', headers });
    expect(stop.status).toBe(401);
    expect(acted).toEqual([]);
  });

  test('under names of this machine, and under no other', async () => {
    const { port } = new URL(origin);
    expect(await raw('/', { host: `localhost:${port}` })).toBe(200);
    expect(await raw('/', { host: `[::1]:${port}` })).toBe(200);
    expect(await raw('/', { host: `evil.example:${port}` })).toBe(403);
    expect(await raw('/', { host: `127.evil.example:${port}` })).toBe(403);
  });

  test('pages of its own, and of nobody else', async () => {
    const { host } = new URL(origin);
    expect(await raw('/', { host, origin })).toBe(200);
    expect(await raw('/', { host, origin: 'https://evil.example' })).toBe(403);
    expect(await raw('/', { host, origin: 'null' })).toBe(403);
  });
});

describe('what is asked for', () => {
  test('a model comes with its step', async () => {
    const model = await get('/api/runs/one/model');
    expect(model.headers.get('x-step')).toBe('7');
    expect([...new Uint8Array(await model.arrayBuffer())]).toEqual([1, 2, 3]);
  });

  test('samples come from where they are asked for', async () => {
    const samples = await get('/api/runs/one/samples?dataset=test&first=3&count=4');
    expect([...new Uint8Array(await samples.arrayBuffer())]).toEqual([3, 4]);
  });

  test.each([
    ['a run that is not there', '/api/runs/two/model', 404],
    ['something that no run has', '/api/runs/one/secrets', 404],
    ['more samples than there are', '/api/runs/one/samples?first=9&count=5', 400],
    ['too many at once', '/api/runs/one/samples?count=10001', 400],
    ['no number', '/api/runs/one/samples?first=-1', 400],
    ['a name that is no URL', '/api/runs/%E0%A4%A/model', 400],
  ])('%s is refused in words', async (_, path, status) => {
    const answer = await get(path);
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ code: expect.any(String), message: /./ });
  });

  test.each(['gradients', 'samples?dataset=other'])(
    '%s that are not there are no error',
    async (what) => {
      const answer = await get(`/api/runs/one/${what}`);
      expect(answer.status).toBe(204);
      expect(await answer.text()).toBe('');
    },
  );

  test('a run is stopped, a worker sent away, and what cannot be done is refused with its reason', async () => {
    expect((await post('/api/runs/one/stop')).status).toBe(200);
    expect((await post('/api/runs/one/drop-worker?name=a%20b')).status).toBe(200);
    expect(acted).toEqual([{ do: 'stop' }, { do: 'drop-worker', name: 'a b' }]);
    const refused = await post('/api/runs/one/checkpoint');
    expect(refused.status).toBe(409);
    expect(await refused.json()).toEqual({ code: 'refused', message: 'it cannot' });
    expect((await post('/api/runs/one/drop-worker')).status).toBe(404);
    expect((await post('/api/runs/one/explode')).status).toBe(404);
  });
});

test('a stream begins with what was, and goes on with what comes', async () => {
  const stop = new AbortController();
  const { body } = await fetch(`${origin}/api/stream`, {
    headers: authorized(),
    signal: stop.signal,
  });
  const messages = toldLines<unknown>(body!);
  const next = async (): Promise<Message> => (await messages.next()).value as Message;
  expect(await next()).toMatchObject({ type: 'runs', runs: [{ id: 'one' }] });
  expect(await next()).toEqual({ type: 'history', run: 'one', events: [], samples: [] });
  tell.get('one')!({ type: 'model', run: 'one', step: 8 });
  expect(await next()).toEqual({ type: 'model', run: 'one', step: 8 });
  server.add(feed('later'));
  expect(await next()).toMatchObject({ type: 'runs', runs: [{ id: 'one' }, { id: 'later' }] });
  expect(await next()).toMatchObject({ type: 'history', run: 'later' });
  tell.get('later')!({ type: 'model', run: 'later', step: 1 });
  expect(await next()).toEqual({ type: 'model', run: 'later', step: 1 });
  stop.abort();
});
