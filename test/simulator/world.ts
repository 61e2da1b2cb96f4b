// What everything in a simulation stands in: the clock, the luck, the log, and where a broken rule is reported.
import type { ControlMessage, FrameHeader } from '@lockstep/wire';
import { Clock } from './clock.js';
import { Random } from './random.js';

/** A rule of the protocol was broken: the simulation ends. */
export class Violation extends Error {}

/** Something with a generation that a process was told. */
export type Heard =
  | { readonly type: 'control'; readonly message: ControlMessage & { readonly generation: number } }
  | {
      readonly type: 'frame';
      readonly from: number;
      readonly header: FrameHeader;
      readonly payload: readonly Uint8Array[];
    };

const HEARD_KEPT = 48;

/** Defects that are put in on purpose, to see that each is found. */
export type Defect =
  | 'tree-order'
  | 'generation-unchecked'
  | 'shard-twice'
  | 'fsync-skipped'
  | 'gives-up-unsaved';

export class World {
  readonly clock = new Clock();
  readonly random: Random;
  readonly defect: Defect | undefined;
  /** Promises are about to be kept: they must be, before the next thing happens. */
  isUnsettled = false;
  /** What went wrong in a promise. */
  failure: unknown;
  /** Of the order and the time of all that happened. */
  fingerprint = 0;
  /** Called for each effect of a process, after it was carried out. */
  onEffect: (host: number, label: string) => void = () => {};
  /** The last things that were heard, on any machine, to be heard again. */
  readonly heard: { readonly host: number; readonly event: Heard }[] = [];
  readonly #log: string[] | undefined;
  #heardCount = 0;

  constructor(seed: number, defect: Defect | undefined, isTraced: boolean) {
    this.random = new Random(seed);
    this.defect = defect;
    this.#log = isTraced ? [] : undefined;
  }

  get now(): number {
    return this.clock.now;
  }

  get log(): readonly string[] {
    return this.#log ?? [];
  }

  /** @param text made only if somebody reads it */
  note(who: string, text: () => string): void {
    this.#log?.push(`${this.now.toFixed(2).padStart(10)}  ${who.padEnd(4)} ${text()}`);
  }

  hear(host: number, event: Heard): void {
    const kept =
      event.type === 'frame'
        ? { ...event, payload: event.payload.map((piece) => piece.slice()) }
        : event;
    this.heard[this.#heardCount++ % HEARD_KEPT] = { host, event: kept };
  }

  mark(value: number): void {
    this.fingerprint = (Math.imul(this.fingerprint ^ value, 0x01000193) + this.now * 1024) | 0;
  }

  /** @throws Violation */
  fail(rule: string): never {
    throw new Violation(`at ${this.now.toFixed(2)} ms: ${rule}`);
  }
}
