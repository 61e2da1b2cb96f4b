// What each thread's time goes to, while it goes on: sums of milliseconds by stage in shared memory, which a thread writes and
// whoever shows them reads, without a word between them. A reader may see a stage counted that has just begun, or not yet one
// that has just ended: it is for people.
import { STAGES, type Stage, type StageWatch } from './profile.js';

/** Behind the sums: the stage that goes on, and when it began, in milliseconds since 1970. */
const CURRENT = STAGES.length;
const BEGUN = CURRENT + 1;
/** Of a thread: a cache line, which it alone writes. */
const SLOTS = 8;
const NONE = -1;

/** What a thread has spent since it began, in milliseconds. */
export interface ThreadLane {
  readonly thread: number;
  /** Its shards, adding up and the optimizer. */
  readonly computing: number;
  /** For the other threads, at a step's barriers. */
  readonly waiting: number;
  readonly evaluating: number;
  /** At rest, since steps are shorter without it. */
  readonly resting: number;
}

/** The lanes of so many threads, for whoever shows them. */
export class Lanes {
  /** For the threads. */
  readonly memory: SharedArrayBuffer;
  readonly #threads: number;

  constructor(threads: number) {
    this.#threads = threads;
    this.memory = new SharedArrayBuffer(threads * SLOTS * Float64Array.BYTES_PER_ELEMENT);
    for (let thread = 0; thread < threads; thread++) laneOf(this.memory, thread)[CURRENT] = NONE;
  }

  read(): ThreadLane[] {
    const now = performance.timeOrigin + performance.now();
    return Array.from({ length: this.#threads }, (_, thread) => {
      const lane = laneOf(this.memory, thread).slice();
      const current = lane[CURRENT]!;
      if (current !== NONE) lane[current]! += Math.max(0, now - lane[BEGUN]!);
      const spent = (stage: Stage): number => lane[STAGES.indexOf(stage)]!;
      return {
        thread,
        computing: spent('shards') + spent('reduce and update'),
        waiting: spent('wait'),
        evaluating: spent('evaluate'),
        resting: spent('rest'),
      };
    });
  }
}

/**
 * What a thread writes its lane with. A stage goes on until the next begins, so the clock is read once for each: it takes a
 * fifth of a microsecond, and there are four stages in a step.
 */
export class LaneClock implements StageWatch {
  readonly #lane: Float64Array;
  readonly #origin = performance.timeOrigin;

  constructor(memory: SharedArrayBuffer, thread: number) {
    this.#lane = laneOf(memory, thread);
    // Another one may have died in this place.
    this.#lane[CURRENT] = NONE;
  }

  begin(stage: Stage): void {
    const kind = STAGES.indexOf(stage);
    if (kind !== this.#lane[CURRENT]) this.#turnTo(kind);
  }

  /** What comes next says when. */
  end(): void {}

  /** What comes now is no stage. */
  stop(): void {
    if (this.#lane[CURRENT] !== NONE) this.#turnTo(NONE);
  }

  #turnTo(kind: number): void {
    const lane = this.#lane;
    const now = this.#origin + performance.now();
    const current = lane[CURRENT]!;
    if (current !== NONE) lane[current]! += now - lane[BEGUN]!;
    lane[BEGUN] = now;
    lane[CURRENT] = kind;
  }
}

function laneOf(memory: SharedArrayBuffer, thread: number): Float64Array {
  return new Float64Array(memory, thread * SLOTS * Float64Array.BYTES_PER_ELEMENT, SLOTS);
}
