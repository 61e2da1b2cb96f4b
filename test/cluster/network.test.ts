// Bad networks: workers reach their coordinator through a proxy that delays, cuts, stalls and corrupts. A damaged link
// is closed and made again; what arrived damaged is never used, so that the end is that of the undisturbed run.
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { type Direction, type FaultProxy, startProxy } from '@lockstep/transport/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { writeTinyDataset } from '../cli/idx.js';
import { dice } from '../dice.js';
import { some } from '../long.js';
import { type Cluster, clusters, outcomeOf, TOKEN, toldBy } from './cluster.js';

const EPOCHS = 16;
const { cluster, expected, path } = clusters(EPOCHS);
/** Of one partial gradient: 784·24 + 24 + 24·10 + 10 floats. */
const FRAME_BYTES = 4 * 19_090;

const proxies: FaultProxy[] = [];
afterEach(async () => {
  await Promise.all(proxies.splice(0).map((proxy) => proxy.close()));
});

async function proxied(it: Cluster): Promise<FaultProxy> {
  const proxy = await startProxy(Number(new URL(it.url).port));
  proxies.push(proxy);
  return proxy;
}

const urlOf = ({ port }: FaultProxy): string => `ws://127.0.0.1:${port}`;

/** w1's link is `proxy`, and w0's is good; both are at work when it resolves. */
async function underWay(...more: readonly string[]) {
  const it = cluster('--min-workers', '2', ...more);
  await it.startCoordinator();
  const proxy = await proxied(it);
  const good = await proxied(it);
  it.startWorkerAt(urlOf(good), 'w0', 1);
  it.startWorkerAt(urlOf(proxy), 'w1', 1);
  await it.tells('epoch-end');
  /** Strikes, and waits until w1 was lost and has come back; meanwhile w0 is slow, or it would end the run alone. */
  const loses = async (strike: () => void): Promise<void> => {
    const lost = it.log().filter(({ event }) => event === 'worker-lost').length;
    good.delay(100);
    strike();
    const { name } = await it.tells('worker-lost', lost + 1);
    expect(name).toBe('w1');
    await it.tells('worker-joined', lost + 3);
    good.delay(0);
  };
  return { it, proxy, loses };
}

async function endsWell(it: Cluster): Promise<void> {
  expect(outcomeOf(await it.finish())).toEqual(expected());
}

describe.each(some(1, ['star', 'mesh']))('in a %s', (topology) => {
  it('a link that takes 5 ms each way changes nothing but the time', async () => {
    const { it, proxy } = await underWay('--topology', topology);
    proxy.delay(5);
    await it.tells('epoch-end', 4);
    proxy.delay(0);
    await endsWell(it);
    expect(it.log().some(({ event }) => event === 'worker-lost')).toBe(false);
  });

  it('a link that is cut again and again is made anew, and the worker keeps its state', async () => {
    const { it, proxy, loses } = await underWay('--topology', topology);
    for (let cut = 0; cut < 3; cut++) {
      await loses(() => proxy.connections.at(-1)!.cut());
      await it.tells('recovered', 1 + cut);
    }
    await endsWell(it);
    const joined = toldBy(it.workers.get('w1')!).filter(({ event }) => event === 'joined');
    expect(joined.map(({ step }) => step)).toEqual([null, ...Array(3).fill(expect.any(Number))]);
  });

  it('a coordinator that cannot be reached for a while is found when it can', async () => {
    const { it, proxy, loses } = await underWay('--topology', topology);
    await loses(() => {
      proxy.refuse(true);
      proxy.connections.at(-1)!.cut();
      void it.tells('recovered').then(() => proxy.refuse(false));
    });
    await endsWell(it);
  });
});

describe('a joiner far from the coordinator', () => {
  it.each(some(1, ['mesh', 'star']))(
    'is waited for by nobody while it takes the state (%s)',
    async (topology) => {
      const it = cluster('--topology', topology);
      await it.startCoordinator();
      const near = await proxied(it);
      const far = await proxied(it);
      // Each epoch's end takes it a while, so that the run is there when the other is; and the other longer, so that
      // taking the state outlasts an epoch's end.
      near.delay(50);
      far.delay(150);
      it.startWorkerAt(urlOf(near), 'w0', 1);
      await it.tells('epoch-end');
      it.startWorkerAt(urlOf(far), 'w1', 1);
      await it.tells('generation', 3);
      near.delay(0);
      far.delay(0);
      await endsWell(it);
      const log = it.log();
      const joined = log.findIndex(({ event, name }) => event === 'worker-joined' && name === 'w1');
      const [behind, dealtIn] = log.slice(joined).filter(({ event }) => event === 'generation');
      expect(behind!.members).toEqual(['w0', 'w1']);
      expect(dealtIn!.members).toEqual(['w0', 'w1']);
      expect(dealtIn!.step).toBeGreaterThan(behind!.step as number);
      const own = toldBy(it.workers.get('w1')!).filter(({ event }) => event === 'generation');
      const shards = own.map(({ first, end }) => (end as number) - (first as number));
      expect(shards[0]).toBe(0);
      expect(shards[1]).toBeGreaterThan(0);
    },
  );
});

describe('silence is noticed, and the link made anew', () => {
  const impatient = ['--heartbeat-timeout-ms', '2000'];

  it.each(some<Direction>(1, ['to-server', 'to-client']))(
    'where nothing comes through any more %s',
    async (direction) => {
      const { it, proxy, loses } = await underWay('--topology', 'mesh', ...impatient);
      await loses(() => proxy.connections.at(-1)!.stall(direction));
      await endsWell(it);
    },
  );

  it.each(some<Direction>(1, ['to-server', 'to-client']))(
    'after half a gradient that went %s',
    async (direction) => {
      const { it, proxy, loses } = await underWay('--topology', 'star', ...impatient);
      const connection = proxy.connections.at(-1)!;
      const at = connection.bytes(direction) + FRAME_BYTES / 2;
      await loses(() => connection.fault(direction, { kind: 'stall', at }));
      await endsWell(it);
    },
  );
});

describe('a flipped bit', () => {
  const SEED = 7;
  it.each(some<Direction>(1, ['to-server', 'to-client']))(
    'in a tensor frame of a star %s closes the link and never changes the result',
    async (direction) => {
      const roll = dice(SEED);
      const { it, proxy, loses } = await underWay('--topology', 'star');
      for (let flip = 0; flip < 5; flip++) {
        // Behind the data, and then there is hardly anything but gradients.
        await it.tells('epoch-end', 2 + flip);
        const connection = proxy.connections.at(-1)!;
        const at = connection.bytes(direction) + FRAME_BYTES + roll(2 * FRAME_BYTES);
        await loses(() => connection.fault(direction, { kind: 'corrupt', at }));
      }
      await endsWell(it);
      const reasons = it.log().filter(({ event }) => event === 'worker-lost');
      const told = toldBy(it.workers.get('w1')!).filter(({ event }) => event === 'disconnected');
      const words = [...reasons, ...told].map(({ reason }) => String(reason)).join('\n');
      expect(words).toMatch(/checksum|crc/i);
    },
  );

  it.each(some<Direction>(1, ['to-server', 'to-client']))(
    'in a control message of a mesh %s closes the link and never changes the result',
    async (direction) => {
      const roll = dice(SEED);
      const { it, proxy } = await underWay('--topology', 'mesh');
      let heard = 0;
      for (let flip = 0; flip < 5; flip++) {
        const connection = proxy.connections.at(-1)!;
        connection.fault(direction, {
          kind: 'corrupt',
          at: connection.bytes(direction) + roll(300),
        });
        // A ping may be what it meets, which says nothing and can be anything.
        const before = it.log().length;
        await it.until(() => {
          const since = it.log().slice(before);
          if (since.some(({ event }) => event === 'worker-joined')) heard++;
          else if (since.filter(({ event }) => event === 'epoch-end').length < 3) return false;
          return true;
        });
      }
      await endsWell(it);
      expect(heard).toBeGreaterThan(0);
    },
  );
});

describe('a dataset that the worker has not got', () => {
  it('is fetched once, and what had come before the link was cut is not fetched again', async () => {
    const samples = { train: 700_000, test: 64 };
    writeTinyDataset(path('tiny'), samples);
    const it = cluster();
    const coordinator = it.run([
      ...['coordinator', '--json', '--port', '0', '--data-dir', path('tiny'), '--dataset', 'tiny'],
      ...['--epochs', '1', '--limit-train', String(samples.train), '--batch-size', '16384'],
      ...['--hidden', '4', '--shards', '2', '--out', path('tiny-run')],
    ]);
    it.coordinators.push(coordinator);
    it.url = (await it.tells('listening')).url as string;
    const proxy = await proxied(it);
    const env = { LOCKSTEP_TOKEN: TOKEN, LOCKSTEP_CACHE: path('cache') };
    const worker = it.run(
      ['worker', urlOf(proxy), '--json', '--name', 'w0', '--threads', '1'],
      env,
    );
    it.workers.set('w0', worker);
    const first = await proxy.connection(0);
    first.fault('to-client', { kind: 'cut', at: 2_500_000 });
    await it.finish();
    expect(first.open).toBe(false);
    const second = proxy.connections.at(-1)!.bytes('to-client');
    // Four values an image and a label of four bytes. Pieces are of 1 MiB; two of them were whole.
    expect(second).toBeLessThan(8 * samples.train - 2 ** 21 + 500_000);
    expect(second).toBeGreaterThan(8 * samples.train - 2_500_000);
    const found = toldBy(worker).filter(({ event }) => event === 'dataset');
    expect(found.map(({ source }) => source)).toContain('coordinator');
    // Another worker on the same machine finds them there.
    const again = cluster();
    again.coordinators.push(
      again.run([
        ...['coordinator', '--json', '--port', '0', '--data-dir', path('tiny')],
        ...['--dataset', 'tiny', '--epochs', '1', '--batch-size', '16384', '--hidden', '4'],
        ...['--out', path('tiny-again')],
      ]),
    );
    again.url = (await again.tells('listening')).url as string;
    const other = again.run(['worker', again.url, '--json', '--threads', '1'], env);
    again.workers.set('other', other);
    await again.finish();
    const sources = toldBy(other).filter(({ event }) => event === 'dataset');
    expect(sources.map(({ source }) => source)).toEqual(['cache', 'cache']);
  });
});

it('a port on which somebody else listens is refused in words', async () => {
  const server = createServer((socket) => socket.end('220 mail.example.org ESMTP\r\n'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const it = cluster();
  const out = path('never');
  const args = ['coordinator', '--offline', '--port', String(port), '--out', out];
  // Without a token of the user's, so that one would be made and kept.
  const taken = await it.run(args, {}).finished;
  expect(existsSync(out)).toBe(false);
  expect(taken.status).toBe(2);
  expect(taken.stderr).toMatch(/^error: coordinate: .*EADDRINUSE/m);
  const worker = await it.run(['worker', `ws://127.0.0.1:${port}`]).finished;
  expect(worker.status).toBe(1);
  expect(worker.stderr).toMatch(/error: worker: dial ws:/);
  server.close();
});
