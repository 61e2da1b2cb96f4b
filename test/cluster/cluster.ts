// A cluster as users run it: a coordinator and workers, each a process of its own, on loopback. It starts, watches
// and kills them, and ends only what it started.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, expect } from 'vitest';
import { littleMnist } from '../cli/little-mnist.js';
import { events, type JsonEvent, type Running, workplace } from '../cli/lockstep.js';

/** Real data and a small network: a step takes less than a millisecond, and there are enough of them to disturb. */
export const RUN = [
  ...[...littleMnist(1600, 300), '--hidden', '24'],
  ...['--batch-size', '64', '--shards', '8'],
];

export const TOKEN = 'a token for tests, and for nothing else';

/** What of a run must be the same, whoever computed it and whatever happened on the way. */
export interface Outcome {
  readonly weightsHash: unknown;
  readonly epochs: readonly unknown[];
}

export function outcomeOf(log: readonly JsonEvent[]): Outcome {
  const epochs = log
    .filter(({ event }) => event === 'epoch-end')
    .map(({ epoch, step, samples, trainLoss, testLoss, testAccuracy, weightsHash }) => ({
      ...{ epoch, step, samples, trainLoss, testLoss, testAccuracy, weightsHash },
    }));
  return { weightsHash: log.find(({ event }) => event === 'run-end')?.weightsHash, epochs };
}

/** The same of a run's folder. A crash may have torn the last line of its metrics, and no other. */
export function recordedOutcome(out: string): Outcome {
  const text = readFileSync(join(out, 'metrics.jsonl'), 'utf8');
  return outcomeOf(events(text.slice(0, text.lastIndexOf('\n'))));
}

type Env = Readonly<Record<string, string>>;

export class Cluster {
  readonly #start: (args: readonly string[], env: Env) => Running;
  /** Flags of the run. */
  readonly args: readonly string[];
  readonly #all: Running[] = [];
  /** The last one of each name. */
  readonly workers = new Map<string, Running>();
  /** All that were started, oldest first. */
  readonly coordinators: Running[] = [];
  url = '';

  constructor(start: (args: readonly string[], env: Env) => Running, args: readonly string[]) {
    this.#start = start;
    this.args = args;
  }

  /** The one that was started last. */
  get coordinator(): Running {
    return this.coordinators.at(-1)!;
  }

  /**
   * Starts the coordinator, on a free port the first time and on the same one after that; where it listens on a Unix socket, on
   * no port unless one is given.
   */
  startCoordinator(...more: readonly string[]): Promise<void> {
    return this.startCoordinatorIn({ LOCKSTEP_TOKEN: TOKEN }, ...more);
  }

  /** The same in another environment. */
  async startCoordinatorIn(env: Env, ...more: readonly string[]): Promise<void> {
    const listensOnPort = !this.args.includes('--listen-unix');
    const port = this.url === '' || !listensOnPort ? '0' : new URL(this.url).port;
    const place = listensOnPort ? ['--port', port] : [];
    const args = ['coordinator', '--json', ...place, ...this.args, ...more];
    this.coordinators.push(this.run(args, env));
    await this.coordinator.holds('"event":"listening"');
    this.url = (await this.tells('listening')).url as string;
  }

  startWorker(name: string, threads: number, ...more: readonly string[]): Running {
    return this.startWorkerAt(this.url, name, threads, ...more);
  }

  /** A worker that reaches the coordinator under another address than it says. */
  startWorkerAt(url: string, name: string, threads: number, ...more: readonly string[]): Running {
    const args = ['--json', '--name', name, '--threads', String(threads), ...more];
    const worker = this.run(['worker', url, ...args]);
    this.workers.set(name, worker);
    return worker;
  }

  /** What the coordinator that runs now has told so far. */
  log(): JsonEvent[] {
    return toldBy(this.coordinator);
  }

  /** Waits until the coordinator tells of an event, or of one more of them. */
  async tells(event: string, count = 1): Promise<JsonEvent> {
    for (;;) {
      const found = this.log().filter((told) => told.event === event);
      if (found.length >= count) return found[count - 1]!;
      await this.coordinator.changes();
    }
  }

  /** Waits until something is so, or for the coordinator's end. @returns whether it came to be so */
  async until(isSo: () => boolean): Promise<boolean> {
    const { coordinator } = this;
    let hasEnded = false;
    const end = coordinator.finished.then(() => {
      hasEnded = true;
    });
    while (!isSo()) {
      if (hasEnded) return false;
      await Promise.race([end, coordinator.changes().catch(() => end)]);
    }
    return true;
  }

  /** Waits for the end of the run, and that every worker that lives goes with 0. */
  async finish(): Promise<JsonEvent[]> {
    const { status, stdout, stderr } = await this.coordinator.finished;
    expect(status, stderr).toBe(0);
    for (const [name, worker] of this.workers) {
      if (worker.child.signalCode !== null) continue;
      const finished = await worker.finished;
      expect(finished.status, `${name}: ${finished.stderr}`).toBe(0);
    }
    return events(stdout);
  }

  /** Ends everything that still runs, frozen processes too. */
  async end(): Promise<void> {
    for (const { child } of this.#all) child.kill('SIGKILL');
    await Promise.all(this.#all.map(({ finished }) => finished));
  }

  /** Any command, with the token in its environment unless it is given another one. */
  run(args: readonly string[], env: Env = { LOCKSTEP_TOKEN: TOKEN }): Running {
    const running = this.#start(args, env);
    this.#all.push(running);
    return running;
  }
}

/** What a process with --json has told so far. */
export function toldBy({ text }: Pick<Running, 'text'>): JsonEvent[] {
  const end = text.lastIndexOf('\n');
  return end < 0 ? [] : events(text.slice(0, end));
}

/** For the tests of a file: clusters that end with their test, and what one thread gives for the same flags. */
export function clusters(epochs: number, ...flags: readonly string[]) {
  const place = workplace();
  const args = [...RUN, '--epochs', String(epochs), ...flags];
  const open: Cluster[] = [];
  let expected: Outcome;
  beforeAll(async () => {
    const { status, stdout, stderr } = await place.lockstep(
      ...['train', '--json', '--threads', '1', ...args, '--out', place.path('one-thread')],
    );
    expect(status, stderr).toBe(0);
    expected = outcomeOf(events(stdout));
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((cluster) => cluster.end()));
  });
  return {
    path: place.path,
    /** What a command says, with the token in its environment unless it is given another one. */
    says: (command: readonly string[], env: Env = { LOCKSTEP_TOKEN: TOKEN }) =>
      place.says(command, env),
    cluster: (...more: readonly string[]): Cluster => {
      const cluster = new Cluster(place.start, [...args, ...more]);
      open.push(cluster);
      return cluster;
    },
    expected: (): Outcome => expected,
  };
}
