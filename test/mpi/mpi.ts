// Commands as ranks of an MPI job on this machine, by mpirun, and why there can be none.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';

/** Debian has Open MPI's under this name also where MPICH's is `mpirun`. */
const MPIRUN = ['mpirun.openmpi', 'mpirun'];

function findMpirun(): string | undefined {
  return MPIRUN.find((command) => {
    try {
      return execFileSync(command, ['--version'], { encoding: 'utf8', stdio: 'pipe' }).includes(
        'Open MPI',
      );
    } catch {
      return false;
    }
  });
}

const mpirun = findMpirun();

/** Why there can be no MPI job here; undefined where there can. */
export function mpiLacks(): string | undefined {
  if (process.platform !== 'linux') return 'it is used on Linux alone';
  try {
    createRequire(new URL('../../packages/transport/package.json', import.meta.url)).resolve(
      'koffi',
    );
  } catch {
    return 'koffi is not installed';
  }
  return mpirun === undefined ? 'mpirun of Open MPI is not installed' : undefined;
}

export interface Job {
  /** What all ranks have written so far, to stdout and stderr. */
  readonly text: () => string;
  readonly ended: Promise<{ status: number | null; text: string }>;
  /** Waits until they have written it, or have ended. */
  says(words: string): Promise<void>;
  end(): Promise<void>;
}

/** @param words what each rank runs */
export function mpiJob(
  ranks: number,
  words: readonly string[],
  flags: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Job {
  const all = ['--allow-run-as-root', '--bind-to', 'none', '--oversubscribe', ...flags];
  // Its own, since an mpirun that ends removes the folder that all of one user share, also while another one begins in it.
  const TMPDIR = mkdtempSync('/tmp/lockstep-mpi-');
  const child: ChildProcess = spawn(mpirun!, [...all, '-np', `${ranks}`, ...words], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, TMPDIR, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  const wake: (() => void)[] = [];
  const tell = (): void => {
    for (const one of wake.splice(0)) one();
  };
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.on('data', (bytes) => {
      text += bytes;
      tell();
    });
  }
  let hasEnded = false;
  const ended = once(child, 'close').then(([status]) => {
    hasEnded = true;
    rmSync(TMPDIR, { recursive: true, force: true });
    tell();
    return { status: status as number | null, text };
  });
  return {
    text: () => text,
    ended,
    async says(words) {
      while (!text.includes(words)) {
        if (hasEnded) throw new Error(`the job ended and did not say "${words}":\n${text}`);
        await new Promise<void>((resolve) => wake.push(resolve));
      }
    },
    async end() {
      // It hands the signal on to its ranks; killed, it would leave them behind.
      if (!hasEnded) child.kill('SIGTERM');
      await ended;
    },
  };
}
