// Random faults against real processes: what the tables of cases did not think of. A round is one fault: somebody is
// killed, frozen for a while, or joins, at a random time or just after a named event. Whatever happened, the run ends
// with the bits of one thread, and its folder tells of every epoch once.
// 4 rounds a topology in every test run; LOCKSTEP_BATTERY=2000 plays as many, LOCKSTEP_BATTERY_SEED throws other dice.
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Running } from '../cli/lockstep.js';
import { dice, pick, type Roll } from '../dice.js';
import { type Cluster, clusters, outcomeOf, recordedOutcome, toldBy } from './cluster.js';

const ROUNDS = Number(process.env.LOCKSTEP_BATTERY ?? 8);
const SEED = Number(process.env.LOCKSTEP_BATTERY_SEED ?? 1);
const ROUNDS_A_RUN = 8;
const EPOCHS = 40;
/** On two cores a round takes about 2 s; the bound is for a machine that has other things to do. */
const BOUND_MS_A_ROUND = 20_000;

const { cluster, expected, path } = clusters(EPOCHS);

/** Just after one of these, or at no particular time. */
const POINTS = ['worker-joined', 'generation', 'epoch-end', 'checkpoint', 'any'] as const;

const FAULTS = [
  ...['kill worker', 'kill worker', 'freeze worker', 'kill coordinator', 'kill coordinator'],
  ...['freeze coordinator', 'join', 'kill all workers', 'kill all'],
] as const;

/** One run of a cluster, and what is done to it. */
class Play {
  readonly #roll: Roll;
  readonly #it: Cluster;
  readonly #out: string;
  /** What will put things right again: workers that start later, frozen processes that wake. */
  readonly #later: Promise<void>[] = [];
  #isOver = false;
  readonly history: string[] = [];
  #names = 0;

  constructor(roll: Roll, it: Cluster, out: string) {
    this.#roll = roll;
    this.#it = it;
    this.#out = out;
  }

  async begin(): Promise<void> {
    await this.#it.startCoordinator('--out', this.#out);
    const workers = 2 + this.#roll(2);
    for (let i = 0; i < workers; i++) this.#join();
  }

  /** One fault. @returns whether the run was still going on */
  async round(): Promise<boolean> {
    const point = pick(this.#roll, POINTS);
    const fault = pick(this.#roll, FAULTS);
    const delayMs = this.#roll(2) * this.#roll(60);
    this.history.push(`${fault} ${delayMs} ms after ${point}`);
    const count = this.#told(point);
    // Nobody joins and no generation forms unless somebody comes.
    if (point === 'worker-joined' || point === 'generation') this.#join();
    if (!(await this.#it.until(() => this.#told(point) > count))) return false;
    await sleep(point === 'any' ? this.#roll(400) : delayMs);
    if (hasEnded(this.#it.coordinator)) return false;
    await this.#strike(fault);
    return true;
  }

  /** Waits for the end, and that all who were members at the end know of it. */
  async end(): Promise<void> {
    await Promise.all(this.#later);
    const { status, stderr } = await this.#it.coordinator.finished;
    expect(status, stderr).toBe(0);
    expect(recordedOutcome(this.#out)).toEqual(expected());
    const told = this.#it.coordinators.flatMap(toldBy);
    // What a killed one wrote last may not have reached its pipe; but nothing else is told, and nothing twice.
    const { epochs, weightsHash } = outcomeOf(told);
    expect(weightsHash).toBe(expected().weightsHash);
    for (const epoch of epochs) expect(expected().epochs).toContainEqual(epoch);
    expect(new Set(epochs.map((epoch) => JSON.stringify(epoch))).size).toBe(epochs.length);
    const last = told.findLast(({ event }) => event === 'generation');
    for (const name of (last?.members ?? []) as string[]) {
      const worker = this.#it.workers.get(name)!;
      if (worker.child.signalCode !== null) continue;
      const finished = await worker.finished;
      expect(finished.status, `${name}: ${finished.stderr}`).toBe(0);
    }
  }

  /** From here on nobody is started any more. */
  stop(): void {
    this.#isOver = true;
  }

  async #strike(fault: (typeof FAULTS)[number]): Promise<void> {
    const { coordinator } = this.#it;
    const living = [...this.#it.workers.values()].filter((worker) => !hasEnded(worker));
    switch (fault) {
      case 'join':
        this.#join();
        // Not more and more of them.
        if (living.length > 3) pick(this.#roll, living).child.kill('SIGKILL');
        return;
      case 'kill worker':
        this.#victim(living).child.kill('SIGKILL');
        this.#joinLater();
        return;
      case 'kill all workers':
        for (const { child } of living) child.kill('SIGKILL');
        this.#joinLater();
        this.#joinLater();
        return;
      case 'freeze worker':
        this.#freeze(this.#victim(living));
        return;
      case 'freeze coordinator':
        this.#freeze(coordinator);
        return;
      case 'kill all':
        for (const { child } of living) child.kill('SIGKILL');
        // As many as the run wants to have before its first step, of which nobody may know any more.
        this.#joinLater();
        this.#joinLater();
        await this.#restart();
        return;
      case 'kill coordinator':
        await this.#restart();
    }
  }

  /** If all are dead, one that is just beginning. */
  #victim(living: readonly Running[]): Running {
    return living.length > 0 ? pick(this.#roll, living) : this.#join();
  }

  async #restart(): Promise<void> {
    const { coordinator } = this.#it;
    coordinator.child.kill('SIGKILL');
    await coordinator.finished;
    await sleep(this.#roll(2) * this.#roll(500));
    await this.#it.startCoordinator('--resume', this.#out);
  }

  /** Shorter or longer than the time after which silence is a loss. */
  #freeze({ child }: Running): void {
    child.kill('SIGSTOP');
    const ms = pick(this.#roll, [20, 200, 800, 1600]);
    this.#soon(ms, () => child.kill('SIGCONT'));
  }

  #joinLater(): void {
    this.#soon(this.#roll(600), () => this.#join());
  }

  #soon(ms: number, act: () => unknown): void {
    this.#later.push(
      sleep(ms).then(() => {
        if (!this.#isOver) act();
      }),
    );
  }

  #join(): Running {
    return this.#it.startWorker(`w${this.#names++}`, 1 + this.#roll(2));
  }

  #told(point: (typeof POINTS)[number]): number {
    if (point === 'any') return this.#it.log().length;
    return this.#it.log().filter(({ event }) => event === point).length;
  }
}

function hasEnded({ child }: Running): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

describe.each([
  ['mesh', 0],
  ['star', 500_000],
])('random faults in a %s', (topology, firstSeed) => {
  const rounds = Math.ceil(ROUNDS / 2);

  it(
    `${rounds} rounds, seed ${SEED}: every run ends as if nothing had happened`,
    async () => {
      let played = 0;
      for (let run = 0; played < rounds; run++) {
        const seed = SEED * 1_000_000 + firstSeed + run;
        const roll = dice(seed);
        const checkpointEvery = pick(roll, [7, 25, 60]);
        const it = cluster(
          ...['--topology', topology, '--min-workers', '2', '--heartbeat-timeout-ms', '1000'],
          ...['--checkpoint-every', String(checkpointEvery)],
        );
        const play = new Play(roll, it, path(`${topology}-${seed}`));
        const begun = performance.now();
        try {
          await play.begin();
          const most = Math.min(rounds - played, ROUNDS_A_RUN);
          for (let i = 0; i < most && (await play.round()); i++) played++;
          await play.end();
        } catch (cause) {
          const told = it.coordinators.map(({ text }) => text.slice(-2000)).join('\n---\n');
          const faults = play.history.join('; ');
          throw new Error(`seed ${seed}, ${topology}, after: ${faults}\n${told}`, { cause });
        } finally {
          play.stop();
          await it.end();
        }
        if (process.env.LOCKSTEP_BATTERY === undefined) continue;
        const seconds = ((performance.now() - begun) / 1000).toFixed(1);
        console.log(`seed ${seed}, ${topology}: ${seconds} s, ${play.history.join('; ')}`);
      }
    },
    60_000 + rounds * BOUND_MS_A_ROUND,
  );
});
