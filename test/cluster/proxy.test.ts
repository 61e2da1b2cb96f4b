// Workers behind a reverse proxy, which answers for the coordinator while that is away; and workers whose coordinator does
// not come back.
import { HttpProxy, type HttpProxyOptions } from '@lockstep/transport/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { lastEvent } from '../cli/lockstep.js';
import { type Cluster, clusters, outcomeOf, recordedOutcome, toldBy } from './cluster.js';

const { cluster, expected, path } = clusters(30);

const proxies: HttpProxy[] = [];
afterEach(async () => {
  await Promise.all(proxies.splice(0).map((proxy) => proxy.close()));
});

/** A proxy before a coordinator that listens, and its URL. */
async function proxied(it: Cluster, options?: HttpProxyOptions) {
  const proxy = new HttpProxy(options);
  proxies.push(proxy);
  return { proxy, url: await proxy.before(Number(new URL(it.url).port)) };
}

describe('a worker behind a proxy', () => {
  it('waits while the proxy says that nobody is behind it, and goes on; the path leads the way', async () => {
    const out = path('restarted');
    const it = cluster();
    await it.startCoordinator('--out', out);
    const { proxy, url } = await proxied(it);
    const worker = it.startWorkerAt(`${url}/team/one`, 'w0', 1);
    await it.tells('epoch-end');
    it.coordinator.child.kill('SIGKILL');
    await it.coordinator.finished;
    await worker.holds('HTTP status 502');
    await it.startCoordinator('--resume', out);
    await it.finish();
    expect(recordedOutcome(out)).toEqual(expected());
    expect([...new Set(proxy.paths)]).toEqual(['/team/one/lockstep']);
    const told = toldBy(worker).map(({ event }) => event);
    const lost = told.indexOf('disconnected');
    expect(told.slice(lost, lost + 3)).toEqual(['disconnected', 'dialling', 'not-connected']);
  });

  it('that goes by its own name is told which flag makes that known, and it does', async () => {
    const headers: HttpProxyOptions['headers'] = (own) => ({ ...own, host: 'train.example' });
    const refusing = cluster();
    await refusing.startCoordinator();
    const refused = await proxied(refusing, { headers });
    const { status, stderr } = await refusing.startWorkerAt(refused.url, 'w0', 1).finished;
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /^error: worker: dial ws:.*HTTP status 421: .*--reachable-as train\.example/m,
    );

    const it = cluster('--reachable-as', 'train.example');
    await it.startCoordinator();
    it.startWorkerAt((await proxied(it, { headers })).url, 'w0', 1);
    expect(outcomeOf(await it.finish())).toEqual(expected());
  });
});

describe('a worker whose coordinator does not come back', () => {
  it.each(['--json', '--insecure'])(
    'gives up after the time that it announced, and says what it tried (%s)',
    async (form) => {
      const it = cluster();
      await it.startCoordinator();
      const args = ['worker', it.url, '--threads', '1', '--give-up-after', '1', form];
      const worker = it.run(args);
      await it.tells('epoch-end');
      it.coordinator.child.kill('SIGKILL');
      const { status, stdout, stderr } = await worker.finished;
      expect(status).toBe(1);
      expect(stderr).toMatch(
        /^error: worker: gave up after 1 s without a coordinator: dialled ws:.* times, and at last dial ws:.*ECONNREFUSED.*The run may have ended meanwhile/m,
      );
      if (form === '--json') {
        expect(
          toldBy({ text: stdout }).find(({ event }) => event === 'not-connected'),
        ).toMatchObject({
          code: 'unreachable',
          reason: expect.any(String),
          giveUpMs: expect.any(Number),
        });
        expect(lastEvent(stdout)).toMatchObject({ event: 'error', code: 'unreachable' });
      } else expect(stderr).toMatch(/; trying again in .*, giving up in/);
    },
  );
});
