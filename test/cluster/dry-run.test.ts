// `lockstep launch --dry-run`: what a rank would do, and what a start would refuse, without doing anything.
import { cpSync, existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { events, workplace } from '../cli/lockstep.js';
import { freePort } from '../free-ports.js';
import { RUN } from './cluster.js';

const { says, lockstep, path } = workplace();

const SRUN = {
  ...{ SLURM_PROCID: '0', SLURM_NTASKS: '8', SLURM_LOCALID: '0', SLURM_JOB_ID: '12' },
  ...{ SLURM_JOB_NODELIST: 'gpu[008-015]', SLURM_NODEID: '0', SLURM_TASKS_PER_NODE: '1(x8)' },
};
const ALONE = {
  ...{ LOCKSTEP_RANK: '0', LOCKSTEP_RANKS: '1' },
  LOCKSTEP_COORDINATOR: `127.0.0.1:${await freePort()}`,
};
const OTHER = { RANK: '1', WORLD_SIZE: '2', LOCAL_WORLD_SIZE: '2', LOCAL_RANK: '1' };

const dryRun = (flags: readonly string[], env: Readonly<Record<string, string>> = ALONE) =>
  says(['launch', '--dry-run', ...RUN, ...flags], env);

it('where another run has the usual port, one at another port is no less possible', async () => {
  const usual = createServer();
  const isTaken = new Promise<void>((resolve) => {
    usual.once('listening', resolve).once('error', () => resolve());
  });
  usual.listen(7070, '127.0.0.1');
  await isTaken;
  try {
    const { status, stderr } = await dryRun(['--out', 'beside']);
    expect(status, stderr).toBe(0);
  } finally {
    usual.close();
  }
});

/** Everything in a folder, with its size and the time when it was written. */
function contents(folder: string): unknown {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => {
      const { size, mtimeMs } = statSync(join(folder, name));
      return [name, size, mtimeMs];
    });
}

it('says who was recognised, by what, which rank, and the commands, and does nothing', async () => {
  const flags = ['--out', 'dry', '--epochs', '7', '--no-shuffle', '--threads', '2'];
  const own = RUN.filter((word, i) => word !== '--shards' && RUN[i - 1] !== '--shards');
  const { status, stdout, stderr } = await says(['launch', '--dry-run', ...own, ...flags], SRUN);
  expect(status, stderr).toBe(0);
  for (const words of [
    /scheduler +Slurm: .*SLURM_PROCID=0.* SLURM_NTASKS=8/,
    /rank +0 of 8; 0 of 1 on this machine/,
    /rank 0 +wss:\/\/gpu008:20192 \(host: the first host of SLURM_JOB_NODELIST; port: from SLURM_JOB_ID/,
    /token +dry.token \(made by this rank/,
    /TLS +certificates of dry.tls/,
    /run +begins in dry: [\d,]+ parameters, 1,600 samples of digits, 175 steps/,
    /shards +16 \(for 8 ranks/,
    /coordinator --host 0\.0\.0\.0 --port 20192 --min-workers 8 --reachable-as gpu008 --shards 16 .*--out dry --epochs 7 --no-shuffle$/m,
    /worker wss:\/\/gpu008:20192 --name rank0-\S+ --threads 2 --kernels auto --give-up-after 600 --token-file dry.token/,
  ]) {
    expect(stdout).toMatch(words);
  }
  expect(existsSync('dry')).toBe(false);
});

it('of another rank has one command, and looks at no data; --json is one object', async () => {
  const env = { ...SRUN, SLURM_PROCID: '3', SLURM_NODEID: '3' };
  const { stdout } = await dryRun(['--json', '--out', 'dry', '--data-dir', 'nowhere'], env);
  const [told] = events(stdout);
  expect(told).toMatchObject({ event: 'launch', does: 'join', url: 'wss://gpu008:20192' });
  expect(told).toMatchObject({ place: { scheduler: 'Slurm', rank: 3, ranks: 8 }, run: null });
  expect(told!.commands).toHaveLength(1);
});

/** The flags of a run but for these, and what is said by them. */
const without = (...flags: readonly string[]): string[] =>
  RUN.filter((word, i) => !flags.includes(word) && !flags.includes(RUN[i - 1]!));

describe('where --out holds a run', () => {
  beforeAll(async () => {
    const flags = ['--epochs', '2', '--checkpoint-every', '10', '--out', path('over')];
    const place = ['--port', '0', '--local-threads', '1'];
    const { status, stderr } = await lockstep('coordinator', ...place, ...RUN, ...flags);
    expect(status, stderr).toBe(0);
    // As it was before its end.
    const isOfEnd = /weights\.safetensors$|step-50\b|metrics\.jsonl$/;
    cpSync(path('over'), path('begun'), {
      recursive: true,
      filter: (source) => !isOfEnd.test(source),
    });
    writeFileSync(path('begun', 'metrics.jsonl'), '');
  });

  it('begins none without --continue: as a start, it says why', async () => {
    const before = contents(path('begun'));
    const { status, stderr } = await dryRun(['--out', path('begun'), '--epochs', '2']);
    expect(status).toBe(2);
    expect(stderr).toMatch(/it holds a run already \(run\.json\).*--continue/);
    expect(contents(path('begun'))).toEqual(before);
  });

  it('goes on from its newest checkpoint with --continue, or --resume', async () => {
    const before = contents(path('begun'));
    const all = ['--out', path('begun'), '--epochs', '2'];
    for (const flags of [
      [...all, '--continue'],
      ['--resume', path('begun')],
    ]) {
      const { status, stdout, stderr } = await says(
        ['launch', '--dry-run', ...(flags.includes('--resume') ? [] : RUN), ...flags],
        ALONE,
      );
      expect(status, stderr).toBe(0);
      expect(stdout).toMatch(
        /run +goes on in \S+begun, from step \d+ of 50, its newest checkpoint/,
      );
      expect(stdout).not.toMatch(/^shards /m);
    }
    expect(contents(path('begun'))).toEqual(before);
  });

  it.each([
    ['other settings than the run has', ['--seed', '3'], /--seed 3 contradicts the run/],
    ['other data', ['--limit-train', '800'], /--limit-train 800 contradicts the run/],
  ])('refuses %s', async (_, flags, message) => {
    const all = ['--out', path('begun'), '--epochs', '2', '--continue'];
    for (const env of [ALONE, OTHER]) {
      const { status, stdout, stderr } = await dryRun([...all, ...flags], env);
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
      expect(stderr).toMatch(message);
    }
  });

  it('that is over has nothing to do, on any rank', async () => {
    const before = contents(path('over'));
    const flags = ['--out', path('over'), '--epochs', '2', '--continue'];
    for (const env of [ALONE, OTHER]) {
      const { status, stdout, stderr } = await dryRun(flags, env);
      expect(status, stderr).toBe(0);
      expect(stdout).toMatch(/run +that in \S+over is over: says so, and ends with 0/);
      expect(stdout).not.toMatch(/would run/);
    }
    expect(contents(path('over'))).toEqual(before);
  });
});

describe('what a start would refuse before it begins is refused', () => {
  it.each<[string, string[], RegExp]>([
    ['a model that is none', ['--model', 'nothing'], /there is no model "nothing"/],
    ['a model that is no graph', ['--model', 'bad.json'], /not a graph/],
    ['data that is not there', ['--data-dir', 'nowhere'], /nowhere/],
    ['a table that is not there', ['--csv', 'none.csv', '--target', 'x'], /none\.csv/],
    ['a folder that cannot be', ['--out', 'bad.json'], /--out bad\.json: it is not a folder/],
    ['a token that is too short', ['--token-file', 'short'], /the token has 5 characters/],
    ['a token that is not there', ['--token-file', 'none'], /--token-file none: cannot be read/],
    ['a certificate alone', ['--tls-cert', 'short'], /--tls-cert and --tls-key go together/],
    [
      'certificates that are none',
      ['--tls-cert', 'short', '--tls-key', 'short', '--tls-ca', 'short'],
      /--tls-cert short holds no certificate/,
    ],
    [
      'a folder of certificates that cannot be made',
      ['--tls-dir', 'short/tls'],
      /short\/tls: it has no ca\.pem to take, and \S+ is not a folder/,
    ],
    ['a mesh that all could read', ['--listen', '0.0.0.0:0'], /refused without TLS/],
    [
      'MPI, of no rank of a job',
      ['--transport', 'mpi'],
      process.platform === 'linux' ? /no rank of an MPI job/ : /on Linux alone/,
    ],
    ['more steps than there can be', ['--epochs', '2000000000'], /at most \d+ are possible/],
  ])('%s', async (_, flags, message) => {
    writeFileSync('bad.json', '{');
    writeFileSync('short', 'short');
    const before = readdirSync('.').sort();
    const isOther = flags.includes('--csv');
    const given = without('--hidden', ...(isOther ? ['--data-dir'] : []));
    const { status, stdout, stderr } = await says(
      ['launch', '--dry-run', ...given, '--out', 'new', ...flags],
      ALONE,
    );
    expect({ status, stdout }, stderr).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(readdirSync('.').sort()).toEqual(before);
  });

  it('a port that is taken', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const { status, stderr } = await dryRun(['--out', 'new', '--port', String(port)]);
    server.close();
    expect(status).toBe(2);
    expect(stderr).toMatch(/another process listens there already/);
  });

  it('certificates of a folder that are of others, on any rank', async () => {
    await says(['certs', 'theirs', '--host', 'somebody-else']);
    writeFileSync(join('theirs', 'ca.key'), 'nothing');
    for (const env of [ALONE, { ...OTHER, LOCKSTEP_TOKEN: 'a token that is long enough' }]) {
      const { status, stderr } = await dryRun(['--out', 'new', '--tls-dir', 'theirs'], env);
      expect(status).toBe(2);
      expect(stderr).toMatch(/ca\.key cannot be used/);
    }
  });
});

afterEach(() => {
  vi.unstubAllEnvs();
});

it('data that would have to be fetched is not: what depends on it is not looked at', async () => {
  vi.stubEnv('LOCKSTEP_CACHE', path('no-cache'));
  const fetching = without('--data-dir');
  const { status, stdout, stderr } = await says(
    ['launch', '--dry-run', ...fetching, '--dataset', 'cifar10', '--out', 'new'],
    ALONE,
  );
  expect(status, stderr).toBe(0);
  expect(stdout).toMatch(/run +begins in new, once its data is fetched/);
  expect(existsSync('new')).toBe(false);
});
