// How the ranks of an MPI job are started, where there is an MPI.
import { spawnSync } from 'node:child_process';

/** Ranks are free to run on any core, as processes without MPI are. */
export const MPIRUN = ['mpirun', '--allow-run-as-root', '--bind-to', 'none'] as const;

/** @returns why nothing can be measured with MPI here; undefined where it can */
export function mpiLacks(): string | undefined {
  const { status, stdout } = spawnSync(MPIRUN[0], ['--version'], { encoding: 'utf8' });
  return status === 0 && stdout.includes('Open MPI') ? undefined : 'there is no mpirun of Open MPI';
}
