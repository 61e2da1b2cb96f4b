// Against an etcd that is made up here, so that it can say anything; `test/etcd` has a real one.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { LinkError } from '../errors.js';
import type { Acceptor, Channel, Transport } from '../transport.js';
import { leaderSockets } from './leader-sockets.js';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** @param value what stands under any key each time that somebody looks; undefined or '' for nothing */
async function etcdWith(value: string | undefined | (() => string)): Promise<string> {
  const server = createServer((_, response) => {
    const text = typeof value === 'function' ? value() : value;
    const kvs = text ? [{ value: btoa(text), create_revision: '7' }] : [];
    response.end(JSON.stringify({ header: { revision: '7' }, kvs }));
  });
  servers.push(server);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return `etcd://127.0.0.1:${(server.address() as AddressInfo).port}/run`;
}

// The first request of a process loads what makes requests, for which etcd does not get the time.
beforeAll(async () => {
  await fetch((await etcdWith(undefined)).replace('etcd:', 'http:'));
});

/** One that remembers what it was asked, and gives no channels. */
function over(...dead: readonly string[]) {
  const dialled: string[] = [];
  const towards: (string | undefined)[] = [];
  const transport: Transport = {
    schemes: ['ws'],
    urlProblem: (url) => (url.startsWith('ws://') ? undefined : 'no'),
    async dial(url): Promise<Channel> {
      dialled.push(url);
      if (dead.includes(url)) throw new LinkError('unreachable', `dial ${url}`);
      return {} as Channel;
    },
    async listen(acceptor) {
      towards.push(acceptor.towards);
      return { urls: ['ws://door'], close: async () => {} };
    },
  };
  return { dialled, towards, below: transport, transport: leaderSockets([transport], 0) };
}

const setting = { role: 'worker', signal: new AbortController().signal } as const;

describe('who dials an URL of etcd', () => {
  it('comes to who leads, by the first address that answers', async () => {
    const note = { who: 'a', urls: ['wss://unknown', 'ws://one', 'ws://two', 'ws://three'] };
    const { transport, dialled } = over('ws://one');
    await transport.dial(await etcdWith(JSON.stringify(note)), setting);
    expect(dialled).toEqual(['ws://one', 'ws://two']);
  });

  it.each([
    ['nobody leads', undefined, 'unreachable', /nobody leads now/],
    ['who leads does not listen yet', '{"who":"a","urls":[]}', 'unreachable', /nobody leads now/],
    [
      'no address can be dialled',
      '{"who":"a","urls":["unix:/x"]}',
      'unreachable',
      /reached by unix:\/x/,
    ],
    ['something else stands there', 'what', 'protocol', /no coordinator's/],
  ])('is told if %s', async (_, value, code, message) => {
    const { transport, dialled } = over();
    await expect(transport.dial(await etcdWith(value), setting)).rejects.toMatchObject({
      ...{ code, message: expect.stringMatching(message) },
    });
    expect(dialled).toEqual([]);
  });

  it('may try again where etcd does not answer', async () => {
    const { transport } = over();
    await expect(transport.dial('etcd://127.0.0.1:1/run', setting)).rejects.toMatchObject({
      ...{ code: 'unreachable', reason: 'etcd' },
    });
  });
});

it('who takes over is met as soon as it says where it is, and the one before is not asked twice', async () => {
  const notes = ['{"who":"a","urls":["ws://one"]}', '{"who":"a","urls":["ws://one"]}', ''];
  const last = '{"who":"b","urls":["ws://two"]}';
  const { below, dialled } = over('ws://one');
  const url = await etcdWith(() => notes.shift() ?? last);
  const patient = leaderSockets([below], 60_000);
  await patient.dial(url, setting);
  expect(dialled).toEqual(['ws://one', 'ws://two']);
});

it('other URLs are those of the transport below', async () => {
  const { transport, dialled } = over();
  await transport.dial('ws://peer', setting);
  expect(dialled).toEqual(['ws://peer']);
  expect(transport.urlProblem('ws://peer')).toBeUndefined();
  expect(transport.urlProblem('etcd://a/run')).toBeUndefined();
  expect(transport.urlProblem('etcd://a')).toMatch(/expected etcd:\/\/HOST:PORT\/NAME/);
});

it('who listens for others does it as towards etcd, whoever leads', async () => {
  const { transport, towards } = over();
  const door = await transport.listen({ towards: 'etcd://10.0.0.1:5/run' } as Acceptor);
  expect(door?.urls).toEqual(['ws://door']);
  expect(towards).toEqual(['ws://10.0.0.1:5']);
});

it('who examines the way hears who leads, or why that is not known', async () => {
  const { transport } = over();
  const findings = [];
  for await (const finding of transport.examine!('etcd://127.0.0.1:1/run', 1000)) {
    findings.push(finding);
  }
  expect(findings).toMatchObject([{ id: 'leader', status: 'problem' }]);
});
