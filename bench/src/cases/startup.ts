// From the start of a process to its first step on data that is on this machine: everything is loaded, nothing
// is warm. Ours reads MNIST as a user does; the peers read raw arrays, which is less work.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Contender, ContenderError } from '../contender.js';
import type { Contenders, LeftOut } from '../contenders.js';
import { writeData } from '../data-files.js';
import type { Kernels } from '../kernels.js';
import type { Settings } from '../settings.js';
import { type Summary, summarize } from '../statistics.js';
import type { Entry } from '../training-case.js';
import { type Assignment, tutorial } from '../work.js';

export interface StartupResult {
  readonly rows: readonly {
    readonly name: string;
    /** Ours alone. */
    readonly kernels?: Kernels;
    readonly seconds: Summary;
    readonly atMost?: number;
  }[];
  readonly leftOut: readonly LeftOut[];
}

const AT_MOST_SECONDS = 0.4;
const CHILD = fileURLToPath(new URL('../first-step.js', import.meta.url));

async function oursSeconds(kernels: Kernels): Promise<number> {
  const begun = performance.now();
  const child = spawn(process.execPath, [CHILD, kernels], { stdio: ['ignore', 'pipe', 'inherit'] });
  const first = await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
  const seconds = (performance.now() - begun) / 1000;
  child.kill('SIGKILL');
  if (!Buffer.isBuffer(first[0])) {
    throw new ContenderError(`lockstep: start-up ended with status ${first[0]} before a step`);
  }
  return seconds;
}

async function peerSeconds(entry: Entry, assignment: Assignment): Promise<number> {
  const begun = performance.now();
  const contender = new Contender(entry.name, entry.launch);
  try {
    await contender.ask({ do: 'prepare', assignment });
    await contender.ask({ do: 'run', steps: 1 });
    return (performance.now() - begun) / 1000;
  } finally {
    await contender.close();
  }
}

export async function measureStartup(
  who: Contenders,
  { smoke, rounds }: Settings,
  folder: string,
): Promise<StartupResult> {
  const work = tutorial(64);
  const { data } = await writeData(join(folder, 'startup'), 'mnist', work, smoke ? 256 : 59_392);
  const peers = [...who.torchPlain(who.cores), who.tensorflow('wasm'), who.jax()];
  const entries = smoke ? peers.slice(-1) : peers;
  const ours = new Map(who.kernels.map((kernels) => [kernels, [] as number[]]));
  const times = new Map<string, number[]>();
  const missing = new Map<string, string>();
  for (let round = 0; round < rounds; round++) {
    for (const [kernels, seconds] of ours) seconds.push(await oursSeconds(kernels));
    for (const { name, threads, launch } of entries) {
      if (missing.has(name)) continue;
      try {
        const seconds = await peerSeconds({ name, threads, launch }, { work, data, threads });
        times.set(name, [...(times.get(name) ?? []), seconds]);
      } catch (error) {
        if (!(error instanceof ContenderError)) throw error;
        missing.set(name, error.message);
        times.delete(name);
      }
    }
  }
  return {
    rows: [
      ...[...ours].map(([kernels, seconds]) => ({
        name: `lockstep-${kernels}, MNIST from its cache`,
        kernels,
        seconds: summarize(seconds),
        atMost: AT_MOST_SECONDS,
      })),
      ...[...times].map(([name, seconds]) => ({ name, seconds: summarize(seconds) })),
    ],
    leftOut: [...missing].map(([name, reason]) => ({ name, reason })),
  };
}
