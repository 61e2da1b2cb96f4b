// Another transport is one file, given in a list: it keeps the contract of links, and a run over it has its bits.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { coordinate } from '@lockstep/coordinator';
import { adam, crossEntropy, flatten, linear, relu, sequential } from '@lockstep/core';
import { firstSamples, loadMnist } from '@lockstep/data';
import { type NewRunOptions, train } from '@lockstep/trainer';
import { memory, type Transport, webSockets } from '@lockstep/transport';
import { work } from '@lockstep/worker';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  dialOver,
  endServed,
  type Served,
  serveOver,
} from '../../packages/transport/src/testing/harness.js';
import { linkContract } from '../../packages/transport/src/testing/link-contract.js';
import { unixSockets } from './unix-sockets.js';

const folder = mkdtempSync(join(tmpdir(), 'lockstep-unix-'));
const servers: Served[] = [];
afterEach(() => endServed(servers));

linkContract('a Unix socket', async () => {
  const served = await serveOver(unixSockets(folder));
  servers.push(served);
  const worker = await dialOver(unixSockets(folder), served.listener.url);
  return [await served.next(), worker];
});

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

  it.each<[string, 'star' | 'mesh', () => Transport[]]>([
    ['Unix sockets', 'star', () => [unixSockets(folder)]],
    ['Unix sockets', 'mesh', () => [unixSockets(folder)]],
    ['memory', 'mesh', () => [memory()]],
    [
      'Unix sockets before WebSockets',
      'mesh',
      () => [unixSockets(folder), webSockets({ port: 0 })],
    ],
  ])('%s, a %s of two workers: the bits of one thread', async (_, topology, transports) => {
    const workers: Promise<unknown>[] = [];
    const topologies: string[] = [];
    const cluster = coordinate({
      ...run,
      ...{ token, topology, minWorkers: 2, transports: transports() },
    });
    for await (const event of cluster) {
      if (event.event === 'generation') topologies.push(event.topology);
      if (event.event !== 'listening') continue;
      // Each over an address of its own: of several transports, both are in use.
      for (const url of [event.urls[0]!, event.urls.at(-1)!]) {
        const options = { token, threads: 1, cacheDir: folder, transports: transports() };
        workers.push(work(url, options).result());
      }
    }
    await Promise.all(workers);
    expect((await cluster.result()).weightsHash).toBe(hash);
    expect(topologies).toContain(topology);
  });

  it('an address that no transport dials is refused by the schemes that there are', () => {
    const transports = [unixSockets(folder), webSockets()];
    expect(() => work('http://127.0.0.1:7070', { token, transports })).toThrow(
      /"http:\/\/127.0.0.1:7070" is not an address to dial; expected one .* unix:, ws:, wss:$/,
    );
    const alone = [unixSockets(folder)];
    expect(() => work('ws://127.0.0.1:7070', { token, transports: alone })).toThrow(/unix:\/PATH$/);
  });

  it('what belongs to WebSockets does not stand beside a list, and a list has transports', () => {
    const transports = [unixSockets(folder)];
    expect(() => coordinate({ ...run, token, transports, port: 0 })).toThrow(
      /port is a setting of WebSockets; .*webSockets/,
    );
    expect(() => work('unix:/x', { token, transports, insecure: true })).toThrow(
      /insecure is a setting of WebSockets/,
    );
    expect(() => work('unix:/x', { token, transports: [] })).toThrow(/at least one transport/);
  });
});
