// One seed, one life of a cluster: the real coordinator and the real workers over a simulated clock, network and disk.
// Invariant: the same seed does the same, to the last event.
import type { CoordinatorInput } from '../../apps/coordinator/src/decide/border.js';
import { CoordinatorProcess } from './coordinator-process.js';
import { Disk } from './disk.js';
import { Faults } from './faults.js';
import { Network } from './network.js';
import type { Truth } from './oracle.js';
import { type Scenario, scenarioOf } from './scenario.js';
import { Witness } from './witness.js';
import { WorkerProcess } from './worker-process.js';
import { type Defect, Violation, World } from './world.js';

export interface Simulated {
  readonly seed: number;
  /** The rule that was broken; undefined if all went as it must. */
  readonly violation: string | undefined;
  readonly log: readonly string[];
  readonly fingerprint: number;
  readonly events: number;
  /** Simulated milliseconds from the end of faults to the end of the run; negative if it ended before. */
  readonly calmMs: number;
  readonly counts: Witness['counts'];
  readonly scenario: Scenario;
}

/** After the faults a run may take so long, beside its steps: every timeout there is, a few times over. */
const CALM_MS = 40_000;
/** How much slower than usual a machine can be: so by nature, and by a fault. */
const SLOWEST = 6 * 5;
const RESTART_MS = [5, 800] as const;
const STALE_EVERY_MS = 60;

export async function simulate(
  seed: number,
  truths: readonly Truth[],
  options: { readonly defect?: Defect; readonly isTraced?: boolean } = {},
): Promise<Simulated> {
  const world = new World(seed, options.defect, options.isTraced ?? false);
  const simulation = new Simulation(world, scenarioOf(seed, truths));
  let violation: string | undefined;
  try {
    await simulation.run();
  } catch (error) {
    violation = error instanceof Violation ? error.message : `${(error as Error).stack}`;
  }
  const { events, scenario, witness, calmMs } = simulation;
  witness.counts.faults = simulation.faultCount;
  const { fingerprint, log } = world;
  simulation.end();
  return { seed, violation, log, fingerprint, events, calmMs, counts: witness.counts, scenario };
}

class Simulation {
  readonly world: World;
  readonly scenario: Scenario;
  readonly witness: Witness;
  events = 0;
  calmMs = 0;
  readonly #network: Network;
  readonly #disk: Disk;
  readonly #faults: Faults;
  readonly #workers: (WorkerProcess | undefined)[];
  #coordinator: CoordinatorProcess | undefined;
  #isFinished = false;

  constructor(world: World, scenario: Scenario) {
    this.world = world;
    this.scenario = scenario;
    const { truth, workers, heartbeatMs } = scenario;
    this.witness = new Witness(world, truth, {
      checkpointEvery: scenario.checkpointEvery,
      heartbeatMs,
      stepMs: SLOWEST * scenario.computeMs,
    });
    const hosts = workers.length + 1;
    this.#network = new Network(world, hosts, heartbeatMs, scenario.encodes);
    const [one, other] = scenario.strangers ?? [];
    if (one !== undefined) this.#network.separate(one + 1, other! + 1);
    const { apart } = scenario;
    if (apart) {
      const [a, b] = apart.workers;
      world.clock.at(apart.from, () => {
        this.#network.cut(a + 1, b + 1);
        this.#network.cut(b + 1, a + 1);
      });
    }
    this.#disk = new Disk(world, { step: 0, digest: truth.digests[0]!, bytes: truth.states[0]! });
    this.#workers = Array.from({ length: hosts }, () => undefined);
    this.#faults = new Faults(world, scenario, {
      hosts,
      network: this.#network,
      process: (host) => (host === 0 ? this.#coordinator : this.#workers[host]),
      kill: (host, silently) =>
        host === 0 ? this.#killCoordinator(silently) : this.#kill(host, silently),
      leave: (host) =>
        this.#later(host, (worker) => worker.handle({ type: 'leave', reason: 'told to' })),
      failThread: (host) =>
        this.#later(host, (worker) => {
          worker.failsNext = true;
        }),
      stop: () => this.#tellSoon({ type: 'stop', message: 'told to' }),
      checkpoint: () => this.#tellSoon({ type: 'checkpoint' }),
    });
    world.clock.after(0, () => this.#startCoordinator());
    for (const [i, { startsAt }] of workers.entries()) {
      world.clock.at(startsAt, () => this.#start(i + 1));
    }
    world.clock.at(scenario.calmAt, () => this.#calm());
    this.#staleSoon();
  }

  get faultCount(): number {
    return this.#faults.count;
  }

  async run(): Promise<void> {
    const { clock } = this.world;
    const { steps } = this.scenario.truth;
    const slowest = Math.max(...this.scenario.workers.map(({ slowness }) => slowness));
    const limit =
      this.scenario.calmAt + CALM_MS + 3 * 2 * (steps + 3) * slowest * this.scenario.computeMs;
    while (!this.#isDone()) {
      const action = clock.next();
      if (!action) this.world.fail('nothing will ever happen again');
      await action();
      if (this.world.isUnsettled) await this.#settle();
      if (this.world.failure !== undefined) throw this.world.failure;
      this.events++;
      const coordinator = this.#coordinator?.coordinator;
      if (coordinator) this.witness.look(coordinator.membership, coordinator.waitReason(clock.now));
      if (clock.now > limit) this.#failLate(limit);
    }
    this.witness.finished(this.#disk.metrics, this.#disk.newest);
  }

  end(): void {
    for (const worker of this.#workers) worker?.release();
  }

  /** Promises are kept in a few turns; nothing else happens meanwhile. */
  async #settle(): Promise<void> {
    this.world.isUnsettled = false;
    for (let turn = 0; turn < 8; turn++) await undefined;
    if (this.world.isUnsettled) await this.#settle();
  }

  #isDone(): boolean {
    if (!this.#isFinished) return false;
    return this.#workers.every((worker) => !worker?.isUp || worker.link === undefined);
  }

  #failLate(limit: number): never {
    const { coordinator } = this.#coordinator ?? {};
    const state = coordinator?.membership;
    return this.world.fail(
      `the run has not ended ${(limit - this.scenario.calmAt).toFixed(0)} ms after the last fault: ` +
        `${state?.phase.name}, generation ${state?.generation}, committed ${state?.committed}; ${coordinator?.waitReason(limit)}`,
    );
  }

  #later(host: number, action: (worker: WorkerProcess) => void): void {
    this.world.clock.after(0, () => {
      const worker = this.#workers[host];
      if (worker?.isUp) return worker.post(() => action(worker));
    });
  }

  #start(host: number): void {
    if (this.#workers[host]?.isUp || this.#isFinished) return;
    this.#workers[host] = new WorkerProcess({
      world: this.world,
      network: this.#network,
      witness: this.witness,
      scenario: this.scenario,
      plan: this.scenario.workers[host - 1]!,
      host,
      coordinator: () => this.#coordinator,
      worker: (other) => this.#workers[other],
      onExit: (worker, { code, message }) => {
        if (code === 'finished') return;
        const isExpected = code === 'left' || code === 'thread-lost' || code === 'run-failed';
        // Whoever is told so will not bring back what it holds.
        if (code === 'run-failed') this.witness.givenUp(code, worker.name, worker.step);
        if (!isExpected) this.world.fail(`${worker.name} exits: ${code}: ${message}`);
        this.#restart(() => this.#start(host));
      },
    });
  }

  #restart(start: () => void): void {
    const pauseMs = this.world.random.magnitude(...RESTART_MS);
    this.world.clock.after(this.#faults.isCalm ? RESTART_MS[0] : pauseMs, start);
  }

  #kill(host: number, silently: boolean): void {
    const worker = this.#workers[host];
    if (!worker?.isUp) return;
    worker.note(() => 'is killed');
    this.#network.kill(worker, silently);
    worker.release();
    this.#restart(() => this.#start(host));
  }

  #startCoordinator(): void {
    if (this.#coordinator?.isUp || this.#isFinished) return;
    this.#coordinator = new CoordinatorProcess({
      world: this.world,
      network: this.#network,
      disk: this.#disk,
      witness: this.witness,
      truth: this.scenario.truth,
      scenario: this.scenario,
      onGivenUp: (code, hosts) => {
        for (const host of hosts) {
          const worker = this.#workers[host];
          if (worker?.isUp) this.witness.givenUp(code, worker.name, worker.step);
        }
      },
      onOver: (outcome) => {
        if (outcome.type === 'finished') {
          const { best } = this.#coordinator!.coordinator!.membership;
          this.witness.ended(outcome, best, best !== null && this.#disk.holds(best.step));
          return this.#finish();
        }
        const isExpected =
          outcome.code === 'stopped' ||
          (outcome.code === 'mesh' && this.scenario.topology === 'mesh');
        if (!isExpected) this.world.fail(`the run fails: ${outcome.code}: ${outcome.message}`);
        this.#coordinator!.isUp = false;
        this.#restart(() => this.#startCoordinator());
      },
    });
  }

  #killCoordinator(silently: boolean): void {
    const coordinator = this.#coordinator;
    if (!coordinator?.isUp || this.#isFinished) return;
    coordinator.note(() => 'is killed');
    coordinator.isUp = false;
    this.#network.kill(coordinator, silently);
    this.#disk.crash();
    this.#restart(() => this.#startCoordinator());
  }

  #tellSoon(event: CoordinatorInput): void {
    const tell = (): void => {
      if (this.#coordinator?.isListening) this.#coordinator.handle(event);
    };
    this.world.clock.after(0, () => this.#coordinator?.post(tell));
  }

  #calm(): void {
    this.world.note('!', () => 'all is mended');
    this.#faults.calm();
    if (!this.#coordinator?.isUp) this.#startCoordinator();
    for (let host = 1; host < this.#workers.length; host++) this.#start(host);
  }

  /** Workers that are still connected hear of it. */
  #finish(): void {
    this.#isFinished = true;
    this.calmMs = this.world.now - this.scenario.calmAt;
    if (!this.#faults.isCalm) this.#faults.calm();
  }

  #staleSoon(): void {
    this.world.clock.after(STALE_EVERY_MS * this.world.random.float(), () => {
      this.#staleSoon();
      this.#hearStale();
    });
  }

  /** Somebody hears again what was said to it, or to one before it on its machine, in an older generation. */
  #hearStale(): void {
    const heard = this.world.heard;
    if (heard.length === 0) return;
    const { host, event } = this.world.random.pick(heard);
    const process = host === 0 ? this.#coordinator : this.#workers[host];
    if (!process?.isUp || process.isFrozen) return;
    if (process.hearAgain(event)) this.witness.counts.stale++;
  }
}
