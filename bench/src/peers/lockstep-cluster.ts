// Lockstep on many machines, all of them this one: a coordinator in this process, and as many workers of one thread as
// there are threads, each a process of its own, over WebSockets on loopback; or ranks of an MPI job, whose sums go by MPI.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { coordinate } from '@lockstep/coordinator';
import type { ClusterEvent } from '@lockstep/trainer';
import type { Kernels } from '../kernels.js';
import type { Side } from '../protocol.js';
import { lockstepSide, type Runner, type SideOptions, type StartedRun } from './lockstep.js';
import { MPIRUN } from './mpi.js';

/** The command that users run. */
const LOCKSTEP = fileURLToPath(new URL('../../../apps/cli/bin/lockstep.js', import.meta.url));

class ClusterRunner implements Runner {
  readonly #byMpi: boolean;
  readonly #token = randomBytes(18).toString('base64url');
  readonly #workers: ChildProcess[] = [];
  #cache: string | undefined;
  #isClosing = false;

  constructor(byMpi: boolean) {
    this.#byMpi = byMpi;
  }

  about(threads: number): string {
    const way = this.#byMpi ? 'by MPI' : 'on loopback';
    return `Lockstep, a cluster of ${threads} workers of 1 thread ${way}`;
  }

  start({ data, ...options }: SideOptions, threads: number): StartedRun {
    const run = coordinate({
      ...options,
      data: { train: data },
      port: 0,
      token: this.#token,
      minWorkers: threads,
    });
    const events = async function* (this: ClusterRunner): AsyncGenerator<ClusterEvent> {
      for await (const event of run) {
        if (event.event === 'listening')
          await this.#startWorkers(event.url, threads, options.kernels);
        yield event;
      }
    }.bind(this);
    return { progress: () => run.progress(), [Symbol.asyncIterator]: events };
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    for (const worker of this.#workers) {
      if (worker.exitCode !== null || worker.signalCode !== null) continue;
      // Killed outright, mpirun would leave its ranks behind.
      const gone = once(worker, 'exit');
      worker.kill(this.#byMpi ? 'SIGTERM' : 'SIGKILL');
      await gone;
    }
    if (this.#cache !== undefined) await rm(this.#cache, { recursive: true, force: true });
  }

  async #startWorkers(url: string, count: number, kernels: Kernels): Promise<void> {
    this.#cache ??= await mkdtemp(join(tmpdir(), 'lockstep-bench-cluster-'));
    const args = [LOCKSTEP, 'worker', url, '--threads', '1', '--kernels', kernels, '--json'];
    const env = { ...process.env, LOCKSTEP_TOKEN: this.#token, LOCKSTEP_CACHE: this.#cache };
    const start = (
      command: string,
      more: readonly string[],
      added: Readonly<Record<string, string>> = {},
    ): void => {
      const worker = spawn(command, more, {
        stdio: ['ignore', 'ignore', 'inherit'],
        env: { ...env, ...added },
      });
      this.#workers.push(worker);
      worker.on('exit', (status, signal) => this.#ended(status ?? signal));
    };
    if (this.#byMpi) {
      const [mpirun, ...flags] = [...MPIRUN, '-np', `${count}`, process.execPath, ...args];
      // Its own, since an mpirun that ends removes the folder that all of one user share, also while another one begins in it.
      const TMPDIR = await mkdtemp(join(this.#cache, 'mpi-'));
      start(mpirun, [...flags, '--transport', 'mpi'], { TMPDIR });
      return;
    }
    for (let worker = 0; worker < count; worker++) start(process.execPath, args);
  }

  /** The coordinator would wait for another one, which never comes. */
  #ended(how: number | NodeJS.Signals | null): void {
    if (this.#isClosing || how === 0) return;
    console.error(`a worker of the cluster has ended with ${how}`);
    process.exit(1);
  }
}

export function lockstepClusterSide(kernels: Kernels): Side {
  return lockstepSide(kernels, new ClusterRunner(false));
}

export function lockstepMpiSide(kernels: Kernels): Side {
  return lockstepSide(kernels, new ClusterRunner(true));
}
