// IPv6, and nothing else: addresses are shown and dialled in brackets, and a mesh needs no flag.
import { networkInterfaces } from 'node:os';
import { describe, expect, it } from 'vitest';
import { clusters, outcomeOf, toldBy } from './cluster.js';

const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
const hasIPv6 = addresses.some(({ address }) => address === '::1');
const { cluster, expected } = clusters(10);

describe.skipIf(!hasIPv6)('over IPv6 (skipped where this machine has no ::1)', () => {
  it('workers of a mesh reach each other without being told where to listen', async () => {
    const it = cluster('--host', '::1', '--topology', 'mesh', '--min-workers', '2');
    await it.startCoordinator();
    expect(it.url).toMatch(/^ws:\/\/\[::1\]:\d+$/);
    for (const name of ['w0', 'w1']) it.startWorker(name, 1);
    expect(outcomeOf(await it.finish())).toEqual(expected());
    const meshes = it.log().filter(({ topology }) => topology === 'mesh');
    expect((meshes[0]!.members as string[]).toSorted()).toEqual(['w0', 'w1']);
  });

  it('a coordinator at all addresses shows those that others can use', async () => {
    const it = cluster('--host', '::', '--insecure');
    await it.startCoordinator();
    const { url, urls } = it.log().find(({ event }) => event === 'listening')!;
    expect((urls as string[])[0]).toBe(url);
    for (const one of urls as string[]) {
      expect(URL.canParse(one), one).toBe(true);
      expect(one).not.toMatch(/\[::\]|\[fe80|0\.0\.0\.0/);
    }
    it.startWorkerAt(`ws://[::1]:${new URL(it.url).port}`, 'w0', 1);
    expect(outcomeOf(await it.finish())).toEqual(expected());
    expect(toldBy(it.workers.get('w0')!).at(-1)).toMatchObject({ event: 'run-end' });
  });
});
