// What a store has of a run once its command has ended, however it ended: all that the run's folder has, to the last line.
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeManifest, type Manifest } from '../../apps/cli/src/mirror/manifest.js';
import { viewRun } from '../../apps/cli/src/mirror/run-files.js';
import { clusters, RUN, TOKEN } from '../cluster/cluster.js';
import { type StubStore, stubStore } from './stub-store.js';

const EPOCHS = 4;
const { cluster, path } = clusters(EPOCHS);
const FLAGS = [...RUN, '--epochs', String(EPOCHS)];
/** More than anybody waits for. */
const ENDLESS = [...RUN, '--epochs', '100000'];

let stub: StubStore;
let env: Readonly<Record<string, string>>;
beforeAll(async () => {
  stub = await stubStore();
  env = { ...stub.env, LOCKSTEP_TOKEN: TOKEN };
});
afterAll(() => stub.close());

function manifestOf(name: string): Manifest {
  return decodeManifest(stub.objects.get(`${name}/manifest.json`)!, name);
}

/** Each file of the folder is in the store, as it is in the folder. */
async function expectKept(name: string, ended: boolean): Promise<void> {
  const manifest = manifestOf(name);
  expect(manifest.ended).toBe(ended);
  const out = path(name);
  const { files } = await viewRun(out, manifest);
  expect(manifest.files.map((file) => file.name)).toEqual(files.map((file) => file.name));
  for (const { name: file, key } of manifest.files) {
    const isSame = stub.objects.get(`${name}/${key}`)!.equals(readFileSync(join(out, file)));
    expect(isSame, file).toBe(true);
  }
  expect(files.map((file) => file.name)).toContain('samples.jsonl');
}

const kept = (name: string) => ['--json', '--out', path(name), '--mirror', `s3://models/${name}`];

describe('a run that is kept in a store has there what its folder has', () => {
  it('when it is over', async () => {
    const { status, stderr } = await cluster().run(['train', ...kept('over'), ...FLAGS], env)
      .finished;
    expect(status, stderr).toBe(0);
    await expectKept('over', true);
  });

  it('when it was stopped', async () => {
    const train = cluster().run(['train', ...kept('stopped'), ...ENDLESS], env);
    await train.holds('"event":"epoch-end"');
    train.child.kill('SIGTERM');
    const { status, stderr } = await train.finished;
    expect(status, stderr).toBe(130);
    expect(readFileSync(path('stopped', 'metrics.jsonl'), 'utf8')).toMatch(/"interrupted".*\n$/);
    await expectKept('stopped', false);
  });

  it('when it has failed', async () => {
    // No step of it is a number.
    const absurd = ['--optimizer', 'sgd', '--learning-rate', '1e30'];
    const train = cluster().run(['train', ...kept('failed'), ...FLAGS, ...absurd], env);
    const { status, stderr } = await train.finished;
    expect(status, stderr).toBe(1);
    expect(readFileSync(path('failed', 'metrics.jsonl'), 'utf8')).toMatch(/"error".*\n$/);
    await expectKept('failed', false);
  });

  it('when a coordinator has owned it', async () => {
    const it = cluster();
    await it.startCoordinatorIn(env, ...kept('owned').slice(1));
    it.startWorker('w0', 1);
    await it.finish();
    await expectKept('owned', true);
  });

  it('when a rank of a launcher has owned it', async () => {
    const ranks = { RANK: '0', WORLD_SIZE: '1', LOCAL_RANK: '0', LOCAL_WORLD_SIZE: '1' };
    const launch = cluster().run(['launch', ...kept('launched'), ...FLAGS], { ...env, ...ranks });
    const { status, stderr } = await launch.finished;
    expect(status, stderr).toBe(0);
    await expectKept('launched', true);
  });
});

it('a run that is over is sent, where the store lacks it and where it has less, and once only', async () => {
  const it = cluster();
  const out = path('sent');
  const train = await it.run(['train', '--json', '--out', out, ...FLAGS], env).finished;
  expect(train.status, train.stderr).toBe(0);
  const resume = ['train', '--json', '--offline', '--resume', out, '--mirror', 's3://models/sent'];
  const first = await it.run(resume, env).finished;
  expect(first.status, first.stderr).toBe(0);
  await expectKept('sent', true);
  appendFileSync(join(out, 'samples.jsonl'), '{}\n');
  const second = await it.run(resume, env).finished;
  expect(second.status, second.stderr).toBe(0);
  await expectKept('sent', true);
  const sent = stub.asked.filter(({ method, key }) => method === 'PUT' && /^sent.*step-/.test(key));
  const checkpoints = manifestOf('sent').files.filter(({ name }) => name.includes('step-'));
  expect(sent).toHaveLength(checkpoints.length);
});
