// Several coordinators of one run, as users run them: one leads, and whatever becomes of it another goes on, to the same bytes.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lastEvent, type Running } from '../cli/lockstep.js';
import { type Cluster, clusters, RUN, recordedOutcome, toldBy } from '../cluster/cluster.js';
import { type StubStore, stubStore } from '../storage/stub-store.js';
import { ETCD, EtcdProcess } from './etcd-process.js';

const EPOCHS = 40;
const { cluster, expected, path, says } = clusters(EPOCHS);

describe.skipIf(ETCD === undefined)('with etcd (skipped where it is not installed)', () => {
  let etcd: EtcdProcess;
  beforeAll(async () => {
    etcd = await EtcdProcess.start();
  });
  afterAll(() => etcd.end());

  function coordinator(it: Cluster, out: string, env = {}, ...more: readonly string[]): Running {
    const flags = [...RUN, '--epochs', String(EPOCHS), '--heartbeat-timeout-ms', '1000'];
    const election = ['--etcd', etcd.url, '--lease-seconds', '3', '--out', out];
    const args = ['coordinator', '--json', '--port', '0', ...flags, ...election, ...more];
    return it.run(args, { LOCKSTEP_TOKEN: 'a token for tests, and for nothing else', ...env });
  }

  /** One that leads, one that stands by, and two workers, in the middle of the run. */
  async function underWay(name: string) {
    const it = cluster();
    const out = path(name);
    const first = coordinator(it, out);
    await first.holds('"event":"listening"');
    const second = coordinator(it, out);
    await second.holds('standing by');
    for (const worker of ['w0', 'w1']) it.startWorkerAt(etcd.workerUrl(name), worker, 1);
    await tells(first, 'epoch-end', 3);
    return { it, out, first, second };
  }

  async function finish(it: Cluster, out: string, last: Running): Promise<void> {
    const { status, stderr } = await last.finished;
    expect(status, stderr).toBe(0);
    for (const worker of it.workers.values()) {
      const finished = await worker.finished;
      expect(finished.status, finished.stderr).toBe(0);
    }
    expect(recordedOutcome(out)).toEqual(expected());
  }

  it('who leads is killed: who stands by takes over, workers find it, and the run ends as ever', async () => {
    const { it, out, first, second } = await underWay('killed');
    first.child.kill('SIGKILL');
    await second.holds('"event":"listening"');
    const { step } = await tells(second, 'run-start');
    expect(step).toBeGreaterThanOrEqual(75);
    await finish(it, out, second);
  });

  it('who leads freezes: when it wakes it does nothing more, and says why', async () => {
    const { it, out, first, second } = await underWay('frozen');
    first.child.kill('SIGSTOP');
    await tells(second, 'epoch-end', 1);
    const [said, journal] = [first.text, readFileSync(join(out, 'journal'), 'latin1')];
    first.child.kill('SIGCONT');
    const { status, stdout, stderr } = await first.finished;
    expect(status, stderr).toBe(1);
    expect(stderr).toMatch(/error: coordinator: it leads no longer: /);
    expect(lastEvent(stdout)).toMatchObject({ event: 'error', code: 'fenced' });
    // What was told before is the last that it did.
    expect(stdout.slice(said.length)).not.toMatch(/"event":"(?:generation|checkpoint|digest)"/);
    await finish(it, out, second);
    // What it had under way when it froze went to a journal that nobody reads.
    const records = readFileSync(join(out, 'journal'), 'latin1');
    expect(records.startsWith(journal)).toBe(true);
    const incarnations = [...records.matchAll(/"incarnation":(\d+)/g)].map(([, n]) => Number(n));
    expect(incarnations).toHaveLength(2);
    expect(incarnations[1]).toBeGreaterThan(incarnations[0]!);
    const generations = [...records.matchAll(/"generation":(\d+)/g)].map(([, n]) => Number(n));
    expect(generations).toEqual([...new Set(generations)].sort((a, b) => a - b));
  });

  it('who leads is stopped, and hands over at once; when the run is over, all who stand by end with it', async () => {
    const { it, out, first, second } = await underWay('stopped');
    const third = coordinator(it, out);
    await third.holds('standing by');
    first.child.kill('SIGTERM');
    expect((await first.finished).status).toBe(130);
    await finish(it, out, second);
    for (const one of [second, third]) {
      const { status, stdout, stderr } = await one.finished;
      expect(status, stderr).toBe(0);
      const { weightsHash } = expected();
      expect(lastEvent(stdout)).toMatchObject({ event: 'run-end', weightsHash });
    }
  });

  it('etcd is gone: nobody leads, and when it is back who stands by goes on', async () => {
    const { it, out, first, second } = await underWay('alone');
    await etcd.kill();
    const { status, stderr } = await first.finished;
    expect(status, stderr).toBe(1);
    expect(toldBy(first).at(-1)).toMatchObject({ event: 'error', code: 'fenced' });
    expect(second.text).not.toContain('"event":"listening"');
    await etcd.start();
    await finish(it, out, second);
  });

  it('the run fails for everybody: nobody takes over, and who stands by ends with the reason', async () => {
    const it = cluster();
    const out = path('failed');
    // No step of it is a number.
    const absurd = ['--optimizer', 'sgd', '--learning-rate', '1e30'];
    const first = coordinator(it, out, {}, ...absurd);
    await first.holds('"event":"listening"');
    const second = coordinator(it, out, {}, ...absurd);
    await second.holds('standing by');
    const worker = it.startWorkerAt(etcd.workerUrl('failed'), 'w0', 1);
    const ended = await first.finished;
    expect(ended.status, ended.stderr).toBe(1);
    expect(lastEvent(ended.stdout)).toMatchObject({ event: 'error', code: 'non-finite' });
    const { status, stdout, stderr } = await second.finished;
    expect(status, stderr).toBe(1);
    expect(stdout).not.toContain('"event":"listening"');
    expect(lastEvent(stdout)).toMatchObject({ event: 'error', code: 'run-failed' });
    const { message } = lastEvent(stdout);
    expect(message).toMatch(/^coordinator: process \d+ on .* led, and the run has failed: /);
    expect(message).toContain(lastEvent(ended.stdout).message);
    expect((await worker.finished).status).toBe(1);
  });

  describe('without a common folder', () => {
    let store: StubStore;
    beforeAll(async () => {
      store = await stubStore();
    });
    afterAll(() => store.close());

    it('who takes over goes on from the object store, and the run ends as ever', async () => {
      const it = cluster();
      const more = ['--election', 'apart', '--mirror', 's3://models/apart'];
      const first = coordinator(it, path('machine-1', 'run'), store.env, ...more);
      await first.holds('"event":"listening"');
      const out = path('machine-2', 'run');
      const second = coordinator(it, out, store.env, ...more);
      await second.holds('standing by');
      for (const worker of ['w0', 'w1']) it.startWorkerAt(etcd.workerUrl('apart'), worker, 1);
      await tells(first, 'epoch-end', 10);
      await expect.poll(() => store.objects.has('apart/manifest.json')).toBe(true);
      first.child.kill('SIGKILL');
      await finish(it, out, second);
      const manifest = JSON.parse(store.objects.get('apart/manifest.json')!.toString());
      expect(manifest).toMatchObject({ ended: true, step: 25 * EPOCHS });
    });
  });
});

it('flags that go with --etcd are looked at first', async () => {
  for (const [flags, message] of [
    [['--etcd', 'http://127.0.0.1:1'], /--etcd needs --out DIR/],
    [['--etcd', '127.0.0.1:2379', '--out', 'x'], /Expected http:\/\/HOST:2379/],
  ] as const) {
    const { status, stderr } = await says(['coordinator', ...flags]);
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
  }
});

it('an --etcd that is none is told as such, and not asked again', async () => {
  const store = await stubStore();
  const args = [
    'coordinator',
    ...RUN,
    '--etcd',
    store.env.AWS_ENDPOINT_URL!,
    '--out',
    path('none'),
  ];
  const { status, stderr } = await says(args);
  expect(status, stderr).toBe(2);
  expect(stderr).toMatch(/what is there is no etcd: it answered 40\d with application\/xml\. Give/);
  expect(stderr).not.toContain('<');
  expect(store.asked).toHaveLength(1);
  await store.close();
});

/** Waits until one tells of an event so often. */
async function tells(who: Running, event: string, count = 1) {
  for (;;) {
    const found = toldBy(who).filter((told) => told.event === event);
    if (found.length >= count) return found[count - 1]!;
    await who.changes();
  }
}
