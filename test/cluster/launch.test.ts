// Ranks as a scheduler starts them: the same command for each, as real processes on loopback, with its variables. Whoever launched
// them, whoever was killed and whatever was started again, the run has the bytes of one thread.
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { beforeAll, describe, expect, it } from 'vitest';
import { events, type Running } from '../cli/lockstep.js';
import { freePort } from '../free-ports.js';
import { some } from '../long.js';
import {
  type Cluster,
  clusters,
  type Outcome,
  outcomeOf,
  RUN,
  recordedOutcome,
  toldBy,
} from './cluster.js';

/** Enough to be disturbed. */
const { cluster, expected, path, says } = clusters(24);

/** Of those that nobody disturbs. */
const SHORT = ['--epochs', '3'];
let expectedOfShort: Outcome;
beforeAll(async () => {
  const it = cluster(...SHORT);
  const args = ['train', ...it.args, '--json', '--threads', '1', '--out', path('short')];
  expectedOfShort = outcomeOf(events((await it.run(args).finished).stdout));
});

type Env = Readonly<Record<string, string>>;

/** Variables of one rank of `ranks`, all on this machine. */
const SCHEDULERS: Readonly<Record<string, (rank: number, ranks: number, port: number) => Env>> = {
  torchrun: (rank, ranks, port) => ({
    ...{ RANK: `${rank}`, WORLD_SIZE: `${ranks}`, LOCAL_RANK: `${rank}` },
    ...{ LOCAL_WORLD_SIZE: `${ranks}`, MASTER_ADDR: 'localhost', MASTER_PORT: `${port}` },
    TORCHELASTIC_RUN_ID: 'none',
  }),
  Slurm: (rank, ranks, port) => ({
    ...{ SLURM_PROCID: `${rank}`, SLURM_NTASKS: `${ranks}`, SLURM_LOCALID: `${rank}` },
    ...{ SLURM_JOB_ID: '4711', SLURM_STEP_ID: '0', SLURM_JOB_NODELIST: 'gpu[008]' },
    MASTER_PORT: `${port}`,
  }),
  'Open MPI': (rank, ranks, port) => ({
    ...{ OMPI_COMM_WORLD_RANK: `${rank}`, OMPI_COMM_WORLD_SIZE: `${ranks}` },
    ...{ OMPI_COMM_WORLD_LOCAL_RANK: `${rank}`, OMPI_COMM_WORLD_LOCAL_SIZE: `${ranks}` },
    MASTER_PORT: `${port}`,
  }),
  'MPICH (PMI)': (rank, ranks, port) => ({
    ...{ PMI_RANK: `${rank}`, PMI_SIZE: `${ranks}`, MPI_LOCALRANKID: `${rank}` },
    ...{ MPI_LOCALNRANKS: `${ranks}`, MASTER_PORT: `${port}` },
  }),
  Kubernetes: (rank, ranks, port) => ({
    ...{ JOB_COMPLETION_INDEX: `${rank}`, LOCKSTEP_RANKS: `${ranks}`, HOSTNAME: `train-${rank}` },
    LOCKSTEP_COORDINATOR: `127.0.0.1:${port}`,
  }),
};

interface Launch {
  readonly it: Cluster;
  readonly ranks: Running[];
  /** Starts a rank, again or for the first time. */
  start(rank: number): Running;
}

async function launch(
  scheduler: string,
  ranks: number,
  ...more: readonly string[]
): Promise<Launch> {
  const it = cluster(...more);
  const port = await freePort();
  const running: Running[] = [];
  const start = (rank: number): Running => {
    const env = SCHEDULERS[scheduler]!(rank, ranks, port);
    running[rank] = it.run(['launch', ...it.args, '--threads', '1', '--json'], env);
    return running[rank];
  };
  // The others first: they wait.
  for (let rank = ranks - 1; rank >= 0; rank--) start(rank);
  return { it, ranks: running, start };
}

async function endsWith(status: number, ranks: readonly Running[]): Promise<void> {
  for (const rank of ranks) {
    const finished = await rank.finished;
    expect(finished.status, finished.stderr).toBe(status);
  }
}

/** Waits until rank 0 tells so many events of a kind. */
async function tells(rank: Running, event: string, count = 1): Promise<void> {
  while (toldBy(rank).filter((told) => told.event === event).length < count) await rank.changes();
}

describe('ranks by the variables of', () => {
  it.each(
    some(2, Object.keys(SCHEDULERS)).map((name) => [name, name === 'Slurm' ? 3 : 2] as const),
  )('%s: %i of them end with 0, and with the bytes of train', async (scheduler, count) => {
    const out = path(`by-${scheduler}`);
    const { ranks } = await launch(scheduler, count, ...SHORT, '--out', out);
    await endsWith(0, ranks);
    const [owner, ...others] = await Promise.all(ranks.map(({ finished }) => finished));
    const log = events(owner!.stdout);
    expect(outcomeOf(log)).toEqual(expectedOfShort);
    const [generation] = log.filter(({ event }) => event === 'generation');
    expect(generation).toMatchObject({ topology: 'mesh' });
    expect(generation!.members).toHaveLength(count);
    expect(owner!.stderr).toContain(`rank 0 of ${count} (${scheduler}: `);
    for (const { stdout, stderr } of others) {
      expect(stdout).toBe('');
      expect(stderr).toContain(`weights   sha256 ${expectedOfShort.weightsHash}`);
    }
    if (process.platform !== 'win32') {
      expect(statSync(`${out}/token`).mode & 0o777).toBe(0o600);
    }
  });
});

it('with an authority that rank 0 makes, each rank has a certificate of its own, and the mesh is over TLS', async () => {
  const out = path('tls');
  const { ranks } = await launch('torchrun', 2, ...SHORT, '--out', out, '--tls-dir', `${out}/tls`);
  await endsWith(0, ranks);
  const log = toldBy(ranks[0]!);
  expect(log.find(({ event }) => event === 'listening')!.url).toMatch(/^wss:/);
  expect(log.find(({ event }) => event === 'generation')).toMatchObject({ topology: 'mesh' });
  expect(outcomeOf(log)).toEqual(expectedOfShort);
  if (process.platform !== 'win32') {
    expect(statSync(`${out}/tls/ca.key`).mode & 0o777).toBe(0o600);
  }
});

describe('a rank that is killed', () => {
  it('of the others is started again alone, and takes its place', async () => {
    const out = path('killed-worker');
    const { ranks, start } = await launch('Open MPI', 2, '--out', out);
    await tells(ranks[0]!, 'epoch-end', 2);
    ranks[1]!.child.kill('SIGKILL');
    await tells(ranks[0]!, 'worker-lost');
    start(1);
    await endsWith(0, ranks);
    expect(recordedOutcome(out)).toEqual(expected());
  });

  it('of number 0 goes on with --continue; the others wait for it with what they hold', async () => {
    const out = path('killed-owner');
    const { ranks, start } = await launch('Slurm', 2, '--out', out, '--continue');
    await tells(ranks[0]!, 'epoch-end', 2);
    ranks[0]!.child.kill('SIGKILL');
    await ranks[0]!.finished;
    await ranks[1]!.holds('lost the coordinator');
    start(0);
    await endsWith(0, ranks);
    expect(recordedOutcome(out)).toEqual(expected());
  });
});

it.skipIf(process.platform !== 'linux')(
  "a worker of rank 0's own that is killed is started again (finds it in /proc: Linux only)",
  async () => {
    const out = path('own-worker');
    const { ranks } = await launch('torchrun', 1, '--out', out);
    const { pid } = ranks[0]!.child;
    await tells(ranks[0]!, 'epoch-end', 2);
    const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
    process.kill(Number(child), 'SIGKILL');
    await ranks[0]!.holds(
      'the worker of rank 0 was killed by SIGKILL; it is started again in 0.5 s',
    );
    await endsWith(0, ranks);
    expect(recordedOutcome(out)).toEqual(expected());
  },
);

it('SIGTERM to all ranks at once saves the newest step, and ends all with 130; the same command goes on, and then says that it is over', async () => {
  const out = path('stopped');
  const flags = ['--out', out, '--continue', '--checkpoint-every', '100000'];
  const { it, ranks, start } = await launch('Kubernetes', 2, ...flags);
  await tells(ranks[0]!, 'epoch-end', 3);
  for (const { child } of ranks) child.kill('SIGTERM');
  await endsWith(130, ranks);
  const saved = toldBy(ranks[0]!).at(-1)!;
  expect(saved.event).toBe('checkpoint');
  expect(saved.step).toBeGreaterThanOrEqual(75);
  expect((await ranks[0]!.finished).stderr).toMatch(
    /go on with: .*launch --resume .*stopped.*, by each rank$/m,
  );
  for (const rank of [1, 0]) start(rank);
  await endsWith(0, ranks);
  expect(toldBy(ranks[0]!).find(({ event }) => event === 'run-start')!.step).toBe(saved.step);
  expect(recordedOutcome(out)).toEqual(expected());
  for (const rank of [1, 0]) start(rank);
  await endsWith(0, ranks);
  expect(ranks[1]!.errorText).toContain('is over');
  // There is nothing to compute, and no worker to be waited for.
  expect(ranks[0]!.errorText).toContain('the run had ended with its last epoch');
  expect(ranks[0]!.errorText).not.toMatch(/^worker: /m);
  // Each rank sees by itself that it is asked for another run.
  const other = { RANK: '1', WORLD_SIZE: '2', MASTER_ADDR: 'localhost', MASTER_PORT: '1' };
  for (const rank of ['0', '1']) {
    const asked = ['launch', ...it.args, '--epochs', '25'];
    const { status, stderr } = await it.run(asked, { ...other, RANK: rank }).finished;
    expect(status, stderr).toBe(2);
    expect(stderr).toMatch(/--continue: --epochs 25 contradicts the run, which has 24/);
  }
});

it('a run that is over says so, with 0, also where its port is taken meanwhile', async () => {
  const port = await freePort();
  const flags = [...RUN, '--epochs', '1', '--out', path('over'), '--port', String(port)];
  const env = { LOCKSTEP_RANK: '0', LOCKSTEP_RANKS: '1' };
  const start = () => says(['launch', ...flags, '--continue'], env);
  const first = await start();
  expect(first.status, first.stderr).toBe(0);
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  try {
    const again = await start();
    expect(again.status, again.stderr).toBe(0);
    expect(again.stderr).toMatch(/nobody can be told.*\n.*the run in \S+ is over/);
  } finally {
    server.close();
  }
});

describe('a launch that cannot be', () => {
  const usual = { RANK: '0', WORLD_SIZE: '2', MASTER_ADDR: 'node1' };
  const POD_OF_NO_SERVICE = {
    ...{ JOB_COMPLETION_INDEX: '0', LOCKSTEP_RANKS: '2', HOSTNAME: 't-0', LOCKSTEP_SERVICE: 'a:1' },
  };

  it.each<[string, Env, string[], RegExp]>([
    ['no variables', {}, ['--out', 'x'], /nobody says which rank this is/],
    ['half of them', { RANK: '0' }, ['--out', 'x'], /WORLD_SIZE is not/],
    ['no folder', usual, [], /there is no --out DIR/],
    ['--continue without a folder', usual, ['--continue'], /--continue needs --out DIR/],
    ['a place that is none', usual, ['--coordinator', 'a:b'], /Expected HOST or HOST:PORT/],
    [
      'two ways of certificates',
      usual,
      ['--out', 'x', '--tls-dir', 'd', '--tls-cert', 'c'],
      /--tls-dir and --tls-cert.*two ways/,
    ],
    [
      'TLS and none',
      usual,
      ['--out', 'x', '--tls-dir', 'd', '--insecure'],
      /--insecure is for ranks without TLS, and --tls-dir for those with it; give one/,
    ],
    [
      'TLS of files and none',
      { ...usual, RANK: '1' },
      ['--out', 'x', '--tls-ca', 'd', '--insecure'],
      /--insecure is for ranks without TLS, and --tls-cert, --tls-key, --tls-ca for those with it/,
    ],
    ['a service that is none', POD_OF_NO_SERVICE, ['--out', 'x'], /LOCKSTEP_SERVICE=a:1: expected/],
  ])('%s: status 2 and one line, with --dry-run or without', async (_, env, flags, message) => {
    for (const more of [[], ['--dry-run']]) {
      const { status, stdout, stderr } = await says(['launch', ...flags, ...more], env);
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
      expect(stderr).toMatch(message);
      expect(stderr.match(/^error: /gm)).toHaveLength(1);
    }
  });

  it.each<[string, (port: number) => string[], RegExp]>([
    ['MPI, of no rank of a job', () => ['--transport', 'mpi'], /MPI: /],
    ['a worker’s place that is taken', (port) => ['--listen', `127.0.0.1:${port}`], /EADDRINUSE/],
    ['a worker’s place that all could read', () => ['--listen', '0.0.0.0:0'], /without TLS/],
  ])('%s: status 2, and no run is made', async (_, flagsAt, message) => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const coordinator = `127.0.0.1:${await freePort()}`;
    try {
      const flags = flagsAt((server.address() as AddressInfo).port);
      for (const more of [['--dry-run'], []]) {
        const { status, stderr } = await says(
          ['launch', ...RUN, '--epochs', '1', '--out', path('none'), ...flags, ...more],
          { LOCKSTEP_RANK: '0', LOCKSTEP_RANKS: '1', LOCKSTEP_COORDINATOR: coordinator },
        );
        expect(status, stderr).toBe(2);
        expect(stderr).toMatch(message);
        expect(existsSync(path('none', 'run.json'))).toBe(false);
      }
    } finally {
      server.close();
    }
  });

  it('with a run of train, by whatever rank: status 2, and the folder stays as it is', async () => {
    const [out, before] = [path('one-thread'), readdirSync(path('one-thread'))];
    for (const rank of ['0', '1']) {
      for (const more of [['--dry-run'], []]) {
        const { status, stdout, stderr } = await says(
          ['launch', ...RUN, '--epochs', '24', '--out', out, '--continue', ...more],
          { RANK: rank, WORLD_SIZE: '2', MASTER_ADDR: 'localhost' },
        );
        expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
        expect(stderr).toMatch(
          /no journal of a coordinator: it was trained by "train".*go on with "train --resume/,
        );
      }
    }
    expect(readdirSync(out)).toEqual(before);
  });

  it('waits for what rank 0 makes, and no longer than it may', async () => {
    const flags = ['--out', 'nowhere', '--give-up-after', '0'];
    const { status, stderr } = await says(['launch', ...flags], { ...usual, RANK: '1' });
    expect(status).toBe(1);
    expect(stderr).toMatch(/nowhere.token .* did not come in 0 s\. Is rank 0 running/);
  });
});
