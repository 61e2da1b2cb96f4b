// What goes wrong in a simulation, and when. Whatever is broken is mended after a while, and everything is when the
// time of faults is over.

import type { Network } from './network.js';
import type { Process } from './process.js';
import type { Fault, FaultKind, Scenario } from './scenario.js';
import type { World } from './world.js';

/** What faults can be done to. */
export interface Victims {
  readonly hosts: number;
  readonly network: Network;
  process(host: number): Process | undefined;
  kill(host: number, silently: boolean): void;
  leave(host: number): void;
  stop(): void;
  /** Somebody asks for one. No fault, but as untimely as any. */
  checkpoint(): void;
  failThread(host: number): void;
}

export class Faults {
  readonly #world: World;
  readonly #scenario: Scenario;
  readonly #victims: Victims;
  /** Waiting for a process to do something: what, and how often still. */
  readonly #armed: { readonly fault: Fault; left: number }[] = [];
  #isCalm = false;
  count = 0;

  constructor(world: World, scenario: Scenario, victims: Victims) {
    this.#world = world;
    this.#scenario = scenario;
    this.#victims = victims;
    for (const fault of scenario.faults) {
      const { trigger } = fault;
      if (trigger.type === 'time') {
        world.clock.at(trigger.at, () => this.#happen(fault.kind, this.#anyHost()));
      } else {
        this.#armed.push({ fault, left: trigger.count });
      }
    }
    world.onEffect = (host, label) => this.#note(host, label);
  }

  get isCalm(): boolean {
    return this.#isCalm;
  }

  calm(): void {
    this.#isCalm = true;
    this.#victims.network.mendAll();
    for (let host = 0; host < this.#victims.hosts; host++) this.#victims.process(host)?.thaw();
  }

  #anyHost(): number {
    return this.#world.random.below(this.#victims.hosts);
  }

  #anyWorker(): number {
    return 1 + this.#world.random.below(this.#victims.hosts - 1);
  }

  #note(host: number, label: string): void {
    for (const [i, armed] of this.#armed.entries()) {
      const { trigger, kind } = armed.fault;
      const isMeant = trigger.type === 'effect' && (trigger.label ?? label) === label;
      if (!isMeant || --armed.left > 0) continue;
      this.#armed.splice(i, 1);
      this.#happen(kind, host);
      return;
    }
  }

  #happen(kind: FaultKind, host: number): void {
    if (this.#isCalm) return;
    this.count++;
    const { random } = this.#world;
    const { network, hosts } = this.#victims;
    const worker = host === 0 ? this.#anyWorker() : host;
    const other = random.chance(0.7) ? 0 : this.#anyHost();
    const lastsMs = random.magnitude(5, 2.5 * this.#scenario.heartbeatMs);
    this.#world.note(
      '!',
      () => `${kind} at ${host} (${worker}, ${other}), for ${lastsMs.toFixed(0)} ms`,
    );
    switch (kind) {
      case 'kill':
        this.#victims.kill(worker, false);
        return;
      case 'power-off':
        this.#victims.kill(worker, true);
        return;
      case 'kill-coordinator':
        this.#victims.kill(0, random.chance(0.3));
        return;
      case 'kill-all':
        for (let each = 0; each < hosts; each++) this.#victims.kill(each, false);
        return;
      case 'freeze':
        this.#freeze(host, lastsMs);
        return;
      case 'cut':
        this.#cut(worker, other, lastsMs);
        this.#cut(other, worker, lastsMs);
        return;
      case 'one-way':
        if (random.chance(0.5)) this.#cut(worker, other, lastsMs);
        else this.#cut(other, worker, lastsMs);
        return;
      case 'partition':
        this.#partition(lastsMs);
        return;
      case 'reset':
        for (const connection of network.between(worker, other)) connection.reset();
        return;
      case 'hold': {
        // Longer would be silence: beats travel with what is held back.
        const ms = Math.min(lastsMs, 0.9 * this.#scenario.heartbeatMs);
        const held = { ms, until: this.#world.now + random.magnitude(5, 200) };
        const path = random.chance(0.5) ? network.path(worker, other) : network.path(other, worker);
        path.held = held;
        return;
      }
      case 'slow':
        this.#slow(host, lastsMs);
        return;
      case 'thread':
        this.#victims.failThread(worker);
        return;
      case 'leave':
        this.#victims.leave(worker);
        return;
      case 'stop':
        this.#victims.stop();
        return;
      case 'checkpoint':
        this.#victims.checkpoint();
        return;
    }
  }

  #freeze(host: number, lastsMs: number): void {
    const process = this.#victims.process(host);
    if (!process) return;
    process.isFrozen = true;
    this.#world.clock.after(lastsMs, () => process.thaw());
  }

  #slow(host: number, lastsMs: number): void {
    const process = this.#victims.process(host);
    if (!process) return;
    const before = process.slowness;
    process.slowness = 5 * before;
    this.#world.clock.after(2 * lastsMs, () => {
      process.slowness = before;
    });
  }

  #cut(from: number, to: number, lastsMs: number): void {
    if (from === to) return;
    const { network } = this.#victims;
    network.cut(from, to);
    this.#world.clock.after(lastsMs, () => network.mend(from, to));
  }

  #partition(lastsMs: number): void {
    const { hosts } = this.#victims;
    const isHere = Array.from({ length: hosts }, () => this.#world.random.chance(0.5));
    for (let from = 0; from < hosts; from++) {
      for (let to = 0; to < hosts; to++) {
        if (isHere[from] !== isHere[to]) this.#cut(from, to, lastsMs);
      }
    }
  }
}
