// The MPI job that this process is a rank of: begun once in a process, and ended once. Invariant: all calls that move messages are
// made by the thread of the event loop, and none of them waits.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { LockstepError } from '@lockstep/errors';
import { type MpiCalls, MpiLibrary, type MpiRequest } from './library.js';
import { Poller } from './poller.js';

/** All ranks are to begin within this, once the first one does. */
const BEGIN_MS = 60_000;
/** Ranks that have died do not end: nobody waits longer for them. */
const END_MS = 5000;
const JOB_BYTES = 16;
/** Every implementation has tags up to 32767; each channel takes two. */
const MOST_TAGS = 2 ** 14;

/** Where a channel's messages go and come from. */
export interface Way {
  readonly rank: number;
  readonly sendTag: number;
  readonly receiveTag: number;
}

export class MpiJob {
  readonly library: MpiCalls;
  readonly poller: Poller;
  /** Drawn by rank 0: whoever knows it has it from a member of the run. */
  readonly name: string;
  readonly rank: number;
  readonly size: number;
  /** This start of this machine, which its containers have in common. */
  readonly machine: string;
  #dialled = 0;
  #hasEnded = false;
  /** What was under way on channels that are gone. Their memory is kept: MPI may still write to it. */
  #left: MpiRequest[] = [];

  /** @param library begun */
  constructor(library: MpiCalls, name: string) {
    this.library = library;
    this.poller = new Poller((microseconds) => library.nap(microseconds));
    this.name = name;
    this.rank = library.rank;
    this.size = library.size;
    this.machine = thisMachine();
  }

  /**
   * @throws ConfigError if this is no rank, or what it takes is not installed; LockstepError `mpi` if the others do not begin
   */
  static async begin(
    env: Readonly<Record<string, string | undefined>> = process.env,
  ): Promise<MpiJob> {
    const library = await MpiLibrary.load(env);
    const late = `not all ranks have begun with MPI after ${BEGIN_MS / 1000} s: is each started with --transport mpi?`;
    await inTime(library, library.init(), BEGIN_MS, late);
    library.returnErrors();
    const name = randomBytes(JOB_BYTES);
    const told = library.broadcast(name, 0);
    const until = performance.now() + BEGIN_MS;
    while (!library.isDone(told)) {
      if (performance.now() > until) throw new LockstepError('mpi', `MPI: ${late}`);
      await sleep(1);
    }
    return new MpiJob(library, name.toString('hex'));
  }

  /** Of a channel that this rank opens. Each side has a tag of its own, so that a rank can talk to itself. */
  dialled(rank: number): { readonly way: Way; readonly number: number } {
    const number = this.#dialled++ % MOST_TAGS;
    return { way: { rank, sendTag: 2 * number, receiveTag: 2 * number + 1 }, number };
  }

  /** Of a channel that another rank has opened. */
  accepted(rank: number, number: number): Way {
    return { rank, sendTag: 2 * number + 1, receiveTag: 2 * number };
  }

  /** Nobody waits for these any more. */
  leave(requests: readonly MpiRequest[]): void {
    this.#left = [...this.#left, ...requests].filter((request) => {
      try {
        return !this.library.isDone(request);
      } catch {
        return false;
      }
    });
  }

  /** Once all channels are gone. Ranks that have died may keep MPI from ending: then the process ends without. */
  async end(): Promise<void> {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    await this.poller.idle();
    await inTime(this.library, this.library.finalize(), END_MS, 'not all ranks end').catch(
      () => undefined,
    );
  }
}

function thisMachine(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').replace(/[^\da-f]/g, '');
  } catch {
    return Buffer.from(hostname()).toString('hex').slice(0, 32);
  }
}

let begun: Promise<MpiJob> | undefined;

/** The job of this process, which begins when it is asked for first. */
export function mpiJob(): Promise<MpiJob> {
  begun ??= MpiJob.begin();
  return begun;
}

/** For a call in another thread. Where it does not come back, the process is ended without waiting for it. */
async function inTime(
  library: Pick<MpiCalls, 'exit'>,
  call: Promise<void>,
  ms: number,
  words: string,
): Promise<void> {
  const timeUp = new AbortController();
  const late = sleep(ms, true, { signal: timeUp.signal }).catch(() => false);
  try {
    if (await Promise.race([call.then(() => false), late])) {
      process.on('exit', (status) => library.exit(status));
      throw new LockstepError('mpi', `MPI: ${words}`);
    }
  } finally {
    timeUp.abort();
  }
}
