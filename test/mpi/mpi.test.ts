// Sums that go by MPI, in real jobs on this machine: the transport's contract in jobs of two to four ranks, and runs that end with
// the bytes of one thread, whatever becomes of a rank.
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, onTestFailed } from 'vitest';
import { LOCKSTEP, workplace } from '../cli/lockstep.js';
import { clusters, recordedOutcome, TOKEN } from '../cluster/cluster.js';
import { freePort } from '../free-ports.js';
import { some } from '../long.js';
import { type Job, mpiJob, mpiLacks } from './mpi.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const { start } = workplace();
const lacks = mpiLacks();
/** Several ranks begin on few cores. */
const LIMIT_MS = 180_000;

describe.skipIf(lacks !== undefined)(
  `MPI${lacks ? ` (skipped: ${lacks})` : ''}`,
  { timeout: LIMIT_MS },
  () => {
    const { cluster, expected, path } = clusters(24);

    it.each(some(1, [3, 2, 4]))(
      'the contract of its links holds in a job of %i ranks',
      async (ranks) => {
        const folder = path(`ranks-${ranks}`);
        mkdirSync(folder, { recursive: true });
        const vitest = [process.execPath, join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run'];
        const config = ['--config', join(ROOT, 'test/mpi/vitest.config.ts')];
        const env = { LOCKSTEP_TEST_FOLDER: folder, CI: 'true', NO_COLOR: '1' };
        const { status, text } = await mpiJob(ranks, [...vitest, ...config], [], env).ended;
        expect(status, text).toBe(0);
        expect(text.match(/Tests {2}\d+ passed/g)).toHaveLength(ranks);
      },
    );

    /** The same command on all ranks, each of which leaves its process's number behind. */
    async function launch(name: string, ranks: number, flags: readonly string[] = []) {
      const out = path(name);
      const script = `echo $$ > '${out}'.$OMPI_COMM_WORLD_RANK; exec "$@"`;
      const lockstep = [process.execPath, LOCKSTEP, 'launch', ...cluster().args, '--json'];
      const place = ['--out', out, '--port', `${await freePort()}`, '--threads', '1'];
      const words = ['sh', '-c', script, 'sh', ...lockstep, ...place, '--transport', 'mpi'];
      const job = mpiJob(ranks, words, flags);
      jobs.push(job);
      onTestFailed(() => console.error(`what the ranks said:\n${job.text()}`));
      const processOf = (rank: number): number => Number(readFileSync(`${out}.${rank}`, 'utf8'));
      return { job, out, processOf };
    }
    const jobs: Job[] = [];
    afterEach(() => Promise.all(jobs.splice(0).map((job) => job.end())));

    it('a run of two ranks has the bytes of train, and all of them end well', async () => {
      const { job, out } = await launch('launched', 2);
      const { status, text } = await job.ended;
      expect(status, text).toBe(0);
      expect(text).toContain('"topology":"mesh"');
      expect(recordedOutcome(out)).toEqual(expected());
    });

    it('a rank that is killed is left out: the others go on, with the same bytes', async () => {
      const { job, out, processOf } = await launch('killed-rank', 3, ['--enable-recovery']);
      await job.says('"epoch":2,');
      process.kill(processOf(2), 'SIGKILL');
      const { text } = await job.ended;
      expect(text).toContain('"event":"recovered"');
      expect(text).toContain('"event":"run-end"');
      expect(recordedOutcome(out)).toEqual(expected());
    });

    it('the worker of rank 0 that is killed comes back by WebSocket, as one that is no rank', async () => {
      const { job, out, processOf } = await launch('killed-worker', 2, ['--enable-recovery']);
      await job.says('"epoch":2,');
      process.kill(childOf(processOf(0)), 'SIGKILL');
      const { text } = await job.ended;
      expect(text).toContain('it is started again');
      expect(text).toContain('"event":"run-end"');
      expect(recordedOutcome(out)).toEqual(expected());
    });
  },
);

it.skipIf(process.platform !== 'linux')(
  'who is no rank of a job is told so, before it joins a run',
  async () => {
    const args = ['worker', 'ws://127.0.0.1:1', '--transport', 'mpi'];
    const { status, stderr } = await start(args, { LOCKSTEP_TOKEN: TOKEN }).finished;
    expect(stderr).toContain('MPI: this process is no rank of an MPI job');
    expect(status).toBe(2);
  },
);

/** The worker's, which rank 0 has alone. */
function childOf(parent: number): number {
  const of = readdirSync('/proc').find((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      return (
        readFileSync(`/proc/${name}/stat`, 'utf8').split(') ')[1]!.split(' ')[1] === `${parent}`
      );
    } catch {
      return false;
    }
  });
  return Number(of);
}
