// Runs that outlive their machine, as users run them: what is in the store is enough to go on elsewhere, to the same bytes; and
// a store that is of no use costs a run nothing.
import { existsSync, rmSync } from 'node:fs';
import S3rver from 's3rver';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readManifest } from '../../apps/cli/src/mirror/mirror.js';
import { ObjectStore } from '../../apps/cli/src/mirror/object-store.js';
import { events, lastEvent } from '../cli/lockstep.js';
import { clusters, RUN, recordedOutcome, TOKEN } from '../cluster/cluster.js';
import { BUCKET, type StubStore, storeEnv, stubStore } from './stub-store.js';

const EPOCHS = 30;
const { cluster, expected, path, says } = clusters(EPOCHS);
const FLAGS = [...RUN, '--epochs', String(EPOCHS)];

describe('in a store as it is elsewhere', () => {
  let server: S3rver;
  let env: Readonly<Record<string, string>>;
  beforeAll(async () => {
    const configureBuckets = [{ name: BUCKET, configs: [] }];
    const place = { address: '127.0.0.1', port: 0, directory: path('store') };
    server = new S3rver({ ...place, silent: true, configureBuckets });
    const { port } = await server.run();
    env = { ...storeEnv(`http://127.0.0.1:${port}`, ['S3RVER', 'S3RVER']), LOCKSTEP_TOKEN: TOKEN };
  });
  afterAll(() => server.close());

  it('a bucket that is not there is found before a run begins', async () => {
    const flags = [...RUN, '--epochs', '1', '--mirror', 's3://no-bucket/a', '--out', path('none')];
    const it = cluster();
    for (const command of ['train', 'coordinator']) {
      const { status, stderr } = await it.run([command, ...flags], env).finished;
      expect(status, stderr).toBe(2);
      expect(stderr).toMatch(
        /error: --mirror: s3:\/\/no-bucket.*NoSuchBucket.*make the bucket first/,
      );
      expect(existsSync(path('none'))).toBe(false);
    }
  });

  it('a machine is gone in the middle of a run: another one goes on with it, and others read it', async () => {
    const it = cluster();
    const out = path('train');
    const url = `s3://${BUCKET}/runs/train`;
    const train = it.run(['train', '--json', '--out', out, '--mirror', url, ...FLAGS], env);
    await stored(url, 100, env);
    train.child.kill('SIGKILL');
    await train.finished;
    rmSync(out, { recursive: true });
    const there = path('elsewhere');
    const again = await it.run(['train', '--json', '--resume', url, '--out', there], env).finished;
    expect(again.status, again.stderr).toBe(0);
    expect(events(again.stdout)[0]!.event).toBe('run-start');
    expect(events(again.stdout)[0]!.step).toBeGreaterThanOrEqual(100);
    expect(recordedOutcome(there)).toEqual(expected());
    // What it came to is there, too, for whoever has no folder of it.
    rmSync(there, { recursive: true });
    const reading = { ...env, LOCKSTEP_CACHE: path('cache'), HOME: process.env.HOME! };
    const evaluated = await it.run(['evaluate', '--json', '--offline', url], reading).finished;
    expect(evaluated.status, evaluated.stderr).toBe(0);
    const [told] = events(evaluated.stdout);
    expect(told!.loss).toBe((expected().epochs.at(-1) as { testLoss: number }).testLoss);
    const pulled = await it.run(['pull', url, path('pulled')], env).finished;
    expect(pulled.status, pulled.stderr).toBe(0);
    expect(recordedOutcome(path('pulled'))).toEqual(expected());
    // One command for all machines: it begins what is nowhere, and this is somewhere.
    const flags = ['--continue', '--mirror', url, '--out', path('continued'), ...FLAGS];
    const continued = await it.run(['train', '--json', ...flags], env).finished;
    expect(continued.status, continued.stderr).toBe(0);
    expect(continued.stderr).toMatch(/step 750 was fetched from s3:/);
    expect(recordedOutcome(path('continued'))).toEqual(expected());
  });

  it("a coordinator's machine is gone: it goes on elsewhere, with the workers that are left", async () => {
    const it = cluster('--min-workers', '2');
    const url = `s3://${BUCKET}/runs/cluster`;
    const out = path('cluster');
    await it.startCoordinatorIn(env, '--out', out, '--mirror', url);
    for (const name of ['w0', 'w1']) it.startWorker(name, 1);
    await stored(url, 100, env);
    it.coordinator.child.kill('SIGKILL');
    await it.coordinator.finished;
    rmSync(out, { recursive: true });
    const there = path('cluster-elsewhere');
    await it.startCoordinatorIn(env, '--resume', url, '--out', there);
    await it.finish();
    expect(recordedOutcome(there)).toEqual(expected());
  });

  it('a new run does not take the place of one that is there', async () => {
    const it = cluster();
    const flags = ['train', '--json', ...RUN, '--mirror', `s3://${BUCKET}/runs/one`];
    const first = await it.run([...flags, '--epochs', '1', '--out', path('one')], env).finished;
    expect(first.status, first.stderr).toBe(0);
    const second = await it.run([...flags, '--epochs', '2', '--out', path('two')], env).finished;
    expect(second.status).toBe(2);
    expect(second.stderr).toMatch(/it holds a run already, at step 25\. Use --resume s3:/);
    expect(existsSync(path('two'))).toBe(false);
    const nothing = await it.run(['pull', `s3://${BUCKET}/runs/nothing`], env).finished;
    expect(nothing.status).toBe(2);
    expect(nothing.stderr).toMatch(/holds no run/);
  });
});

describe('a store that is of no use', () => {
  let stub: StubStore;
  beforeAll(async () => {
    stub = await stubStore();
  });
  afterAll(() => stub.close());

  it.each([403, 'cut'] as const)(
    'since it answers %s costs a run nothing, and what is missing is told with how to send it',
    async (fault) => {
      stub.fault = () => fault;
      const it = cluster();
      const out = path(`useless-${fault}`);
      const url = `s3://${BUCKET}/useless-${fault}`;
      const flags = ['--json', '--out', out, '--mirror', url, ...FLAGS];
      const { status, stdout, stderr } = await it.run(['train', ...flags], stub.env).finished;
      expect(status, stderr).toBe(0);
      expect(lastEvent(stdout).weightsHash).toBe(expected().weightsHash);
      expect(recordedOutcome(out)).toEqual(expected());
      expect(stderr).toMatch(/--mirror: step \d+ did not get there, and is tried again: /);
      expect(stderr).toMatch(
        new RegExp(
          `--mirror: step \\d+ is not in ${url}, which got nothing of this run: .*Send it`,
        ),
      );
      // As it says.
      stub.fault = () => undefined;
      const again = ['train', '--json', '--offline', '--resume', out, '--mirror', url];
      const sent = await it.run(again, stub.env).finished;
      expect(sent.status, sent.stderr).toBe(0);
      const manifest = stub.objects.get(`useless-${fault}/manifest.json`)!.toString();
      expect(JSON.parse(manifest)).toMatchObject({ ended: true });
    },
  );

  it('for a while gets the newest, when it is back, and not all that it has missed', async () => {
    const url = `s3://${BUCKET}/back`;
    stub.fault = () => 503;
    const it = cluster();
    const train = it.run(
      ['train', '--json', '--out', path('back'), '--mirror', url, ...FLAGS],
      stub.env,
    );
    await train.holds('did not get there');
    while (!train.text.includes('"epoch":5')) await train.changes();
    stub.fault = () => undefined;
    const { status, stderr } = await train.finished;
    expect(status, stderr).toBe(0);
    const manifest = JSON.parse(stub.objects.get('back/manifest.json')!.toString());
    expect(manifest).toMatchObject({ ended: true, step: 25 * EPOCHS });
    const sent = stub.asked.filter(
      ({ method, key }) => method === 'PUT' && /back.*step-/.test(key),
    );
    expect(sent.length).toBeLessThan(EPOCHS);
  });

  it('is found before a run begins if there is nothing to sign with, or it is no place', async () => {
    const it = cluster();
    for (const [url, message] of [
      ['s3://models/a', /set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY/],
      ['s3://models', /Expected s3:\/\/BUCKET\/PREFIX/],
      ['https://models/a', /Expected s3:\/\/BUCKET\/PREFIX/],
      ['s3://models/../a', /Expected s3:\/\/BUCKET\/PREFIX/],
    ] as const) {
      const train = it.run(['train', '--offline', '--mirror', url, '--out', path('none')], {});
      const { status, stderr } = await train.finished;
      expect(status).toBe(2);
      expect(stderr).toMatch(message);
    }
    expect(existsSync(path('none'))).toBe(false);
  });
});

describe('a store that is needed', () => {
  /** Nobody listens there. */
  const DOWN = 'http://127.0.0.1:1';
  const url = 's3://models/needed';
  const fresh = ['--mirror', url, '--continue', '--out'];
  const ranks = { RANK: '0', WORLD_SIZE: '1', LOCAL_RANK: '0', LOCAL_WORLD_SIZE: '1' };
  const COMMANDS: readonly (readonly [string, readonly string[]])[] = [
    ['train --continue', ['train', ...RUN, ...fresh]],
    ['coordinator --continue', ['coordinator', ...RUN, ...fresh]],
    ['launch --continue', ['launch', ...RUN, ...fresh]],
    ['train --resume', ['train', '--resume', url, '--out']],
    ['pull', ['pull', url]],
  ];

  it.each(COMMANDS)('and is down: %s may be started again', async (name, args) => {
    const out = path(`down-${name}`);
    const { status, stderr } = await says([...args, out], { ...storeEnv(DOWN), ...ranks });
    expect(status, stderr).toBe(1);
    expect(stderr).toMatch(
      /s3:.*the store at http:\/\/127\.0\.0\.1:1 cannot be reached: .* nothing was begun: .*AWS_ENDPOINT_URL/,
    );
    expect(existsSync(out)).toBe(false);
  });

  it.each(COMMANDS)('and refuses: %s may not', async (name, args) => {
    const stub = await stubStore();
    stub.fault = () => 403;
    const out = path(`refused-${name}`);
    const { status, stderr } = await says([...args, out], { ...stub.env, ...ranks });
    expect(status, stderr).toBe(2);
    expect(stderr).toMatch(/was answered with 403/);
    expect(existsSync(out)).toBe(false);
    await stub.close();
  });

  it('and does not give all of a checkpoint is no reason to take an older one', async () => {
    const stub = await stubStore();
    const it = cluster();
    const flags = ['train', ...RUN, '--epochs', '2', '--mirror', url, '--out', path('whole')];
    expect((await it.run(flags, stub.env).finished).status).toBe(0);
    stub.fault = ({ method, key }) =>
      method === 'GET' && key.includes('step-') ? 'cut' : undefined;
    const out = path('cut');
    const pulled = await says(['pull', url, out], stub.env);
    expect(pulled.status, pulled.stderr).toBe(1);
    expect(existsSync(path('cut', 'run.json'))).toBe(false);
    // It was cut short, and goes on where it was.
    stub.fault = () => undefined;
    const again = await says(['pull', url, out], stub.env);
    expect(again.status, again.stderr).toBe(0);
    expect(recordedOutcome(out)).toEqual(recordedOutcome(path('whole')));
    await stub.close();
  });
});

/** Waits until the store has a step of a run, by what a reader sees. */
async function stored(
  url: string,
  step: number,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const store = ObjectStore.open(url, env);
  const there = async (): Promise<number> => (await readManifest(store))?.manifest.step ?? -1;
  await expect.poll(there, { timeout: 30_000 }).toBeGreaterThanOrEqual(step);
}
