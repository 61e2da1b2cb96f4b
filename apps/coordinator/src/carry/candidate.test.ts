// A candidate, by what stands in etcd. Against one that is made up here; `test/etcd` has a real one.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConfigError } from '@lockstep/core';
import { encodeNote } from '@lockstep/transport';
import { afterEach, beforeAll, expect, it, vi } from 'vitest';
import { Candidate } from './candidate.js';

const servers: Server[] = [];
afterEach(() => {
  vi.restoreAllMocks();
  for (const server of servers.splice(0)) server.close();
});

// The first request of a process loads what makes requests, for which etcd does not get the time.
beforeAll(async () => {
  await fetch('data:,');
});

/** By the clock here each look takes so long. */
const LOOK_MS = 10_000;
const AWAY = Symbol('nobody leads etcd');

/** @param notes what stands under any key, one after the other, and the last for ever; undefined is a page */
async function candidate(...notes: readonly (string | typeof AWAY | undefined)[]) {
  let looks = 0;
  const now = performance.now.bind(performance);
  vi.spyOn(performance, 'now').mockImplementation(() => now() + looks * LOOK_MS);
  const server = createServer((_, response) => {
    const note = notes[Math.min(looks++, notes.length - 1)];
    if (note === AWAY) {
      response.writeHead(503).end();
      return;
    }
    const kvs = [{ value: btoa(note ?? ''), create_revision: '7' }];
    response.end(note === undefined ? '<html>' : JSON.stringify({ header: {}, kvs }));
  });
  servers.push(server);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const told: string[] = [];
  const one = new Candidate({
    ...{ etcd: [url], name: 'run', who: 'this one' },
    onFollow: ({ who }) => told.push(who),
    onTrouble: (why) => told.push(why),
  });
  return { told, leads: one.lead(new AbortController().signal) };
}

it('ends with whoever stands by when the run has failed for everybody, with the reason', async () => {
  const leading = encodeNote({ who: 'process 1 on a', urls: ['ws://a:1'] });
  const failed = encodeNote({ who: 'process 1 on a', urls: [], failed: 'the loss is NaN' });
  const { told, leads } = await candidate(leading, failed);
  await expect(leads).rejects.toMatchObject({
    code: 'run-failed',
    message: 'coordinator: process 1 on a led, and the run has failed: the loss is NaN',
  });
  expect(told).toEqual(['process 1 on a']);
});

it('does not wait for an etcd where there is none', async () => {
  const { told, leads } = await candidate(undefined);
  await expect(leads).rejects.toThrow(ConfigError);
  await expect(leads).rejects.toThrow(/what is there is no etcd/);
  expect(told).toEqual([]);
});

it('ends where no etcd has ever answered, after half a minute and one warning', async () => {
  const { told, leads } = await candidate(AWAY);
  await expect(leads).rejects.toMatchObject({
    code: 'etcd',
    message: expect.stringMatching(
      /^coordinator: etcd does not answer: .*503\. It has not once, for 30 s: look whether etcd runs there/,
    ),
  });
  expect(told).toEqual([expect.stringMatching(/^etcd does not answer: /)]);
});

it('waits on where etcd has answered once', async () => {
  const leading = encodeNote({ who: 'process 1 on a', urls: [] });
  const failed = encodeNote({ who: 'process 1 on a', urls: [], failed: 'the loss is NaN' });
  const away = Array.from({ length: 6 }, (): typeof AWAY => AWAY);
  const { told, leads } = await candidate(leading, ...away, failed);
  await expect(leads).rejects.toMatchObject({ code: 'run-failed' });
  expect(told.filter((text) => text.includes('503')).length).toBeLessThan(away.length / 2);
});
