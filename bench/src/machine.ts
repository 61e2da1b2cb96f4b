// What a measurement ran on, so that a number without a machine cannot leave this package.
import { execFile } from 'node:child_process';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export interface Machine {
  readonly cpu: string;
  /** Threads that can run at once, as this process is allowed. */
  readonly cores: number;
  readonly memoryGiB: number;
  readonly platform: string;
  readonly node: string;
  readonly v8: string;
  /** Of the last minute, before the run; above a few tenths something else was running. */
  readonly load: number;
  /** With `+` for a changed checkout; undefined outside of one. */
  readonly commit: string | undefined;
  readonly time: string;
}

async function git(...args: readonly string[]): Promise<string | undefined> {
  try {
    const cwd = fileURLToPath(new URL('..', import.meta.url));
    const { stdout } = await promisify(execFile)('git', args, { cwd });
    return stdout.trim();
  } catch {
    return undefined;
  }
}

export async function describeMachine(): Promise<Machine> {
  const commit = await git('rev-parse', '--short', 'HEAD');
  const changes = await git('status', '--porcelain', '--untracked-files=no');
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
    node: process.versions.node,
    v8: process.versions.v8,
    load: loadavg()[0]!,
    commit: commit && commit + (changes ? '+' : ''),
    time: new Date().toISOString(),
  };
}
