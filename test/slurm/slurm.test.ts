// The batch files of deploy/slurm in a real Slurm of four nodes: whatever happens to the job, its weights are those of one thread.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { littleMnist } from '../cli/little-mnist.js';
import { events, type JsonEvent, LOCKSTEP, workplace } from '../cli/lockstep.js';
import { type Outcome, outcomeOf, recordedOutcome } from '../cluster/cluster.js';
import { isLong } from '../long.js';
import { Slurm, slurmLacks, until } from './slurm.js';

const lacks = slurmLacks();
const DEPLOY = fileURLToPath(new URL('../../deploy/slurm/', import.meta.url));

/** Long enough to be disturbed in the middle, with as many shards as `launch` takes for four ranks at least. */
const RUN = [
  ...[...littleMnist(2048, 256), '--hidden', '24'],
  ...['--batch-size', '64', '--shards', '8', '--epochs', '24'],
];
/** Of a run that stands while one of its workers does: that is not lost meanwhile. */
const HELD = ['--topology', 'star', '--heartbeat-timeout-ms', '60000'];
/** A rank's own, and not the shell that started it. */
const PROCESS = /^\S*node\s.*lockstep/;
/** Slurm takes its time, and so does a machine that others use, too. */
const LIMIT_MS = 240_000;
/** What a whole node is here. */
const NODE = ['--cpus-per-task', '2', '--time', '5', '--partition', 'all'];

describe.skipIf(lacks !== undefined)(
  `Slurm${lacks ? ` (skipped: ${lacks})` : ''}`,
  { timeout: LIMIT_MS },
  () => {
    const { lockstep } = workplace();
    let folder: string;
    let slurm: Slurm;
    let expected: Outcome;

    beforeAll(async () => {
      // Not the tests' own folder: its name would be too long for the socket's path.
      folder = mkdtempSync('/tmp/lockstep-slurm-');
      // Whoever authenticates must reach the socket.
      chmodSync(folder, 0o755);
      const bin = join(folder, 'bin');
      mkdirSync(bin);
      const command = `#!/bin/sh\nexec '${process.execPath}' '${LOCKSTEP}' "$@"\n`;
      writeFileSync(join(bin, 'lockstep'), command, { mode: 0o755 });
      const [train, started] = await Promise.all([
        lockstep('train', '--json', '--threads', '1', ...RUN, '--out', 'one-thread'),
        Slurm.start(join(folder, 'slurm')),
      ]);
      slurm = started;
      expect(train.status, train.stderr).toBe(0);
      expected = outcomeOf(events(train.stdout));
    });

    afterAll(async () => {
      await slurm?.end();
      rmSync(folder, { recursive: true });
    });

    afterEach(() => slurm.cancelAll());

    const out = (name: string): string => join(folder, name);

    function submit(
      name: string,
      flags: readonly string[],
      file: string,
      more: readonly string[] = [],
      env = {},
    ) {
      const words = [
        ...NODE,
        '--output',
        join(folder, `${name}-%a.log`),
        ...flags,
        join(DEPLOY, file),
      ];
      return slurm.submit([...words, ...RUN, '--threads', '1', ...more], {
        PATH: `${join(folder, 'bin')}:${process.env.PATH}`,
        LOCKSTEP_OUT: out(name),
        ...env,
      });
    }

    const job = (name: string, ...more: readonly string[]): Promise<string> =>
      submit(name, ['--nodes', '4'], 'lockstep.sbatch', ['--min-workers', '4', ...more]);

    /** What the run has told so far. */
    function told(name: string, event: string): JsonEvent[] {
      const path = join(out(name), 'metrics.jsonl');
      if (!existsSync(path)) return [];
      const text = readFileSync(path, 'utf8');
      const whole = text.slice(0, text.lastIndexOf('\n') + 1);
      return whole === '' ? [] : events(whole).filter((one) => one.event === event);
    }

    /** Waits for the n-th event of that name. */
    const tells = (name: string, event: string, count: number): Promise<JsonEvent> =>
      until(() => told(name, event)[count - 1] ?? mayStill(name));

    function mayStill(name: string): undefined {
      if (told(name, 'run-end').length > 0) throw new Error(`${name}: it is over already`);
    }

    /** Stops the processes of that node's rank, and with them the run, while something else is waited for. */
    async function holding<T>(node: string, wait: () => Promise<T>): Promise<T> {
      const held = slurm.processes(node, PROCESS);
      expect(held.length).toBeGreaterThan(0);
      for (const pid of held) process.kill(pid, 'SIGSTOP');
      try {
        return await wait();
      } finally {
        for (const pid of held) process.kill(pid, 'SIGCONT');
      }
    }

    async function expectTheSame(name: string, id: string): Promise<void> {
      const log = join(folder, `${name}-4294967294.log`);
      expect(await slurm.ended(id), existsSync(log) ? readFileSync(log, 'utf8') : '').toBe(
        'COMPLETED',
      );
      expect(recordedOutcome(out(name))).toEqual(expected);
    }

    it('four nodes, undisturbed', async () => {
      const id = await job('undisturbed');
      await expectTheSame('undisturbed', id);
      expect(told('undisturbed', 'worker-joined')).toHaveLength(4);
      expect(told('undisturbed', 'worker-lost')).toHaveLength(0);
    });

    it.runIf(isLong)(
      'a worker is killed: the others go on, it is started again in its place, and the job is completed',
      async () => {
        const id = await job('killed', ...HELD);
        await tells('killed', 'epoch-end', 2);
        await holding('n2', async () => {
          const processes = slurm.processes('n3', PROCESS);
          expect(processes.length).toBeGreaterThan(0);
          for (const pid of processes) process.kill(pid, 'SIGKILL');
          await tells('killed', 'worker-lost', 1);
          await tells('killed', 'worker-joined', 5);
        });
        await expectTheSame('killed', id);
      },
    );

    it('a node is lost: the job stays, on the nodes that are left', async () => {
      const id = await job('lost', ...HELD);
      await tells('lost', 'epoch-end', 2);
      await holding('n2', async () => {
        slurm.loseNode('n4');
        await tells('lost', 'worker-lost', 1);
        await until(async () =>
          /down/.test(await slurm.command('sinfo', '-h', '-n', 'n4', '-o', '%T')),
        );
        expect((await slurm.job(id)).JobState).toBe('RUNNING');
      });
      await expectTheSame('lost', id);
      expect((await slurm.job(id)).Restarts).toBe('0');
      await slurm.startNode('n4');
    });

    it('requeued, by itself when its time is over and by hand: it goes on under the same number', async () => {
      const id = await job('requeued');
      await tells('requeued', 'epoch-end', 2);
      // As --signal=B:TERM does before the end of the time.
      await slurm.command('scancel', '--batch', '--signal=TERM', id);
      await slurm.requeued(id, 1);
      const before = told('requeued', 'epoch-end').length;
      await tells('requeued', 'epoch-end', before + 2);
      await slurm.command('scontrol', 'requeue', id);
      await slurm.requeued(id, 2);
      await expectTheSame('requeued', id);
    });

    it('an array: tasks are cancelled and others submitted while the run goes on', async () => {
      const more = [...HELD, '--min-workers', '3'];
      const id = await submit('array', ['--array', '0-2'], 'lockstep-array.sbatch', more);
      await tells('array', 'epoch-end', 2);
      await slurm.command('scancel', `${id}_2`);
      await tells('array', 'worker-lost', 1);
      const nodes = await slurm.command('squeue', '-h', '-j', `${id}_1`, '-o', '%N');
      const added = await holding(nodes, async () => {
        const joined = told('array', 'worker-joined').length;
        const flags = ['--array', '3-4'];
        const other = await submit('array', flags, 'lockstep-array.sbatch', more, {
          LOCKSTEP_RUN: id,
        });
        await tells('array', 'worker-joined', joined + 2);
        return other;
      });
      // It was cancelled, which is no reason to come again.
      expect(await slurm.ended(`${id}_2`)).toBe('CANCELLED');
      for (const task of [`${id}_0`, `${id}_1`, `${added}_3`, `${added}_4`]) {
        expect(await slurm.ended(task), task).toBe('COMPLETED');
      }
      expect(recordedOutcome(out('array'))).toEqual(expected);
    });
  },
);
