// Transports that are given in a list, and workers of one machine by Unix sockets beside others: a run over any has its bits.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { coordinate } from '@lockstep/coordinator';
import { adam, crossEntropy, flatten, linear, relu, sequential } from '@lockstep/core';
import { firstSamples, loadMnist } from '@lockstep/data';
import { type NewRunOptions, train } from '@lockstep/trainer';
import { memory, type Transport, unixSockets, webSockets } from '@lockstep/transport';
import { type WorkOptions, work } from '@lockstep/worker';
import { beforeAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'lockstep-'));
const path = join(folder, 'coordinator');

describe('a run over a transport that was given', () => {
  const token = 'only these tests know it';
  let run: NewRunOptions;
  let hash: string;

  beforeAll(async () => {
    const mnist = await loadMnist({ name: 'mnist', offline: true });
    run = {
      name: 'digits',
      model: sequential(flatten(), linear(784, 16), relu(), linear(16, 10)),
      data: { train: firstSamples(mnist.train, 640), test: firstSamples(mnist.test, 100) },
      loss: crossEntropy(),
      optimizer: adam(),
      batchSize: 64,
      shards: 4,
      epochs: 3,
    };
    hash = (await train({ ...run, workers: 1 }).result()).weightsHash;
    return () => rmSync(folder, { recursive: true });
  });

  interface Given {
    readonly topology: 'auto' | 'star' | 'mesh';
    /** The coordinator's. */
    readonly transports: readonly Transport[];
    /** One worker's for each. */
    readonly workers: readonly WorkOptions[];
  }

  /** One worker at each address of the coordinator, in turn. @returns how they were linked, the last time */
  async function train2({ topology, transports, workers }: Given): Promise<string | undefined> {
    const ends: Promise<unknown>[] = [];
    let urls: readonly string[] = [];
    let linked: string | undefined;
    const cluster = coordinate({ ...run, ...{ token, topology, minWorkers: 2, transports } });
    for await (const event of cluster) {
      if (event.event === 'generation') linked = event.topology;
      if (event.event === 'listening') urls = event.urls;
      // One after the other, since the later one dials the earlier one.
      const i = ends.length;
      const isNext = event.event === 'listening' || event.event === 'worker-joined';
      if (!isNext || i === workers.length) continue;
      const options = { token, threads: 1, cacheDir: folder, ...workers[i] };
      ends.push(work(urls[i % urls.length]!, options).result());
    }
    await Promise.all(ends);
    expect((await cluster.result()).weightsHash).toBe(hash);
    return linked;
  }

  it.each(['star', 'mesh'] as const)(
    'Unix sockets, a %s of two workers: the bits of one thread',
    async (topology) => {
      const transports = [unixSockets({ path })];
      expect(await train2({ topology, transports, workers: [{}, {}] })).toBe(topology);
    },
  );

  it('memory, a mesh of two workers: the bits of one thread', async () => {
    const transports = [memory()];
    const workers = [{ transports }, { transports }];
    expect(await train2({ topology: 'mesh', transports, workers })).toBe('mesh');
  });

  describe('one worker by each of two, Unix sockets and WebSockets', () => {
    const transports = [unixSockets({ path }), webSockets({ port: 0 })];

    it('a mesh, where the one that came by a Unix socket listens on a port', async () => {
      const workers = [{ listen: { host: '127.0.0.1', port: 0 } }, {}];
      expect(await train2({ topology: 'mesh', transports, workers })).toBe('mesh');
    });

    it('a star, where it does not: over the network nobody dials a Unix socket', async () => {
      expect(await train2({ topology: 'auto', transports, workers: [{}, {}] })).toBe('star');
    });
  });

  it('an address that no transport dials is refused by the schemes that there are', () => {
    const transports = [unixSockets(), webSockets()];
    expect(() => work('http://127.0.0.1:7070', { token, transports })).toThrow(
      /"http:\/\/127.0.0.1:7070" is not an address to dial; .* of unix:, ws:, wss:, as ws:\/\/127/,
    );
    const alone = [unixSockets()];
    expect(() => work('ws://127.0.0.1:7070', { token, transports: alone })).toThrow(/unix:\/PATH$/);
  });

  it('what belongs to WebSockets does not stand beside a list, and a list has transports', () => {
    const transports = [unixSockets()];
    expect(() => coordinate({ ...run, token, transports, port: 0 })).toThrow(
      /port is a setting of WebSockets; .*webSockets/,
    );
    expect(() => work('unix:/x', { token, transports, insecure: true })).toThrow(
      /insecure is a setting of WebSockets/,
    );
    expect(() => work('unix:/x', { token, transports: [] })).toThrow(/at least one transport/);
  });
});
