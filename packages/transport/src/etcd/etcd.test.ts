// What answers may be no etcd. Against servers that are made up here; `test/etcd` has a real one.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ConfigError } from '@lockstep/errors';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { Etcd, EtcdError } from './etcd.js';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

const PAGE = { status: 200, type: 'text/html; charset=utf-8', text: '<html>Welcome</html>' };
const BAD_GATEWAY = { ...PAGE, status: 502 };
const GOOD = { status: 200, type: 'application/json', text: '{"header":{"revision":"1"}}' };

/** A server that answers one after the other, and the last for ever; undefined is no answer. */
async function server(...answers: readonly (Answer | undefined)[]): Promise<string> {
  let asked = 0;
  const one = createServer((request, response) => {
    request.resume();
    const answer = answers[Math.min(asked++, answers.length - 1)];
    if (!answer) return;
    response.writeHead(answer.status, { 'content-type': answer.type }).end(answer.text);
  });
  servers.push(one);
  await new Promise<void>((listening) => one.listen(0, '127.0.0.1', listening));
  return `http://127.0.0.1:${(one.address() as AddressInfo).port}`;
}

// The first request of a process loads what makes requests, for which etcd does not get the time.
beforeAll(async () => {
  await fetch(await server(GOOD));
});

it.each<[string, Answer, string]>([
  ['a page', PAGE, '200 with text/html'],
  [
    'a store',
    { status: 405, type: 'application/xml', text: '<Error><Code>MethodNotAllowed</Code></Error>' },
    '405 with application/xml',
  ],
  [
    'an older etcd',
    { status: 404, type: 'text/plain', text: '404 page not found\n' },
    '404 with text/plain: 404 page not found',
  ],
  ['another API', { ...GOOD, text: '{"ok":true}' }, '200 with application/json'],
  [
    'errors of another API',
    { status: 404, type: 'application/json', text: '{"code":404,"message":"no"}' },
    '404 with application/json',
  ],
  [
    'a server of files, which takes no questions,',
    { status: 501, type: 'text/html', text: '<p>Unsupported method</p>' },
    '501 with text/html',
  ],
])('%s is no etcd, and does not become one', async (_, answer, words) => {
  const url = await server(answer);
  const asked = new Etcd([url]).read('a');
  await expect(asked).rejects.toThrow(ConfigError);
  await expect(asked).rejects.toThrow(
    `etcd: ${url}: what is there is no etcd: it answered ${words}. Give addresses at which clients`,
  );
});

it('what stands before an etcd says that it is away, which may pass', async () => {
  const url = await server(BAD_GATEWAY, GOOD);
  const etcd = new Etcd([url]);
  await expect(etcd.read('a')).rejects.toThrow(EtcdError);
  expect(await etcd.read('a')).toBeUndefined();
});

it('errors of etcd are told in its words', async () => {
  const text = '{"error":"no leader","code":14,"message":"no leader"}';
  const url = await server({ status: 400, type: 'application/json', text });
  const asked = new Etcd([url]).read('a');
  await expect(asked).rejects.toThrow(`etcd does not answer: ${url}: it answered 400: no leader`);
  await expect(asked).rejects.toThrow(EtcdError);
});

it('what has answered as etcd does is one, whatever stands before it now', async () => {
  const etcd = new Etcd([await server(GOOD, PAGE)]);
  expect(await etcd.read('a')).toBeUndefined();
  await expect(etcd.read('a')).rejects.toThrow(EtcdError);
});

it('of several members one that is none may be a mistake, and others may yet answer', async () => {
  const page = await server(PAGE);
  await expect(new Etcd([page, 'http://127.0.0.1:1']).read('a')).rejects.toThrow(EtcdError);
  expect(await new Etcd([page, await server(GOOD)]).read('a')).toBeUndefined();
  await expect(new Etcd([page, await server(PAGE)]).read('a')).rejects.toThrow(ConfigError);
});

it('one that never answers is passed over, in time, also after a garbage collection', async () => {
  const silent = await server(undefined);
  const asked = new Etcd([silent, await server(GOOD)]).read('a', new AbortController().signal);
  const alone = new Etcd([silent]).read('a', new AbortController().signal);
  const refused = expect(alone).rejects.toThrow(`${silent}: no answer in 1000 ms`);
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  for (let i = 0; i < 3; i++) {
    await new Promise(setImmediate);
    collectGarbage();
  }
  expect(await asked).toBeUndefined();
  await refused;
});
