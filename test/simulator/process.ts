// A process on a machine of the simulation: it can be killed, and it can be stopped for a while, which is a process
// that does nothing while its machine keeps taking what is sent to it.
import type { Action } from './clock.js';
import type { World } from './world.js';

/** What a stopped process may have waiting for it: more is a queue without a bound. */
const MAX_BACKLOG = 600;

export abstract class Process {
  readonly world: World;
  /** 0 is the coordinator's machine. */
  readonly host: number;
  readonly name: string;
  isUp = true;
  isFrozen = false;
  /** How much longer than usual everything takes it. */
  slowness = 1;
  #backlog: Action[] = [];

  constructor(world: World, host: number, name: string) {
    this.world = world;
    this.host = host;
    this.name = name;
  }

  note(text: () => string): void {
    this.world.note(this.name, text);
  }

  /** Something for it to do now, or as soon as it can. */
  post(action: Action): void | Promise<void> {
    if (!this.isUp) return;
    if (!this.isFrozen) return action();
    if (this.#backlog.push(action) > MAX_BACKLOG)
      this.world.fail(`${this.name}: its queue has no bound`);
  }

  after(delayMs: number, action: Action): void {
    this.world.clock.after(delayMs * this.slowness, () => this.post(action));
  }

  thaw(): void {
    if (!this.isFrozen) return;
    this.isFrozen = false;
    for (const action of this.#backlog.splice(0)) {
      this.world.clock.after(0, () => this.post(action));
    }
  }
}
