// For those who look on: whether somebody works in a run's folder, from one look to the next. Nothing is written, and nobody is
// held up.
// Invariant: a process of this machine that is gone holds nothing. Of one of another machine its claim tells, which it touches again
// and again: one that has stood still for longer than any holder pauses holds nothing, and until that is known it does.
import { type FoundClaim, findClaims, OLD_MS, WATCH_MS } from './folder-claim.js';
import { lifeOf, type ProcessIdentity, thisProcess } from './process-identity.js';

/** Who works in a folder. */
export interface ClaimHolder {
  readonly pid: number;
  /** The machine's name, for people. */
  readonly host: string;
}

/** A clock that only goes on, and one that is set, in milliseconds. */
interface Clocks {
  readonly passed: () => number;
  readonly now: () => number;
}

const CLOCKS: Clocks = { passed: () => performance.now(), now: () => Date.now() };

/** Of claims that nothing else is known of: when their files were touched, and since when that is known. */
type Seen = Map<string, { readonly mtimeMs: number; readonly since: number }>;

/** Sees whether claims on a folder are still renewed. */
export class ClaimWatch {
  readonly #folder: string;
  readonly #self: ProcessIdentity;
  readonly #clocks: Clocks;
  #seen: Seen = new Map();

  /** @param self, clocks for tests */
  constructor(folder: string, self = thisProcess(), clocks = CLOCKS) {
    this.#folder = folder;
    this.#self = self;
    this.#clocks = clocks;
  }

  /** @returns who works there; undefined if nobody does */
  async look(): Promise<ClaimHolder | undefined> {
    const found = await findClaims(this.#folder);
    const before = this.#seen;
    this.#seen = new Map();
    let holder: ClaimHolder | undefined;
    for (const one of found) {
      if (!one.claim?.holds || !this.#isAlive(one, before)) continue;
      const { pid, host } = one.claim;
      holder ??= { pid, host };
    }
    return holder;
  }

  #isAlive(found: FoundClaim, before: Seen): boolean {
    const life = found.isCopy ? 'unknown' : lifeOf(found.claim!, this.#self);
    if (life !== 'unknown') return life === 'alive';
    const { path, mtimeMs } = found;
    const known = before.get(path);
    const passed = this.#clocks.passed();
    const since = known?.mtimeMs === mtimeMs ? known.since : passed;
    this.#seen.set(path, { mtimeMs, since });
    // No clocks of machines that share a folder differ by so much.
    if (known === undefined && this.#clocks.now() - mtimeMs > OLD_MS) {
      this.#seen.set(path, { mtimeMs, since: passed - WATCH_MS });
      return false;
    }
    return passed - since < WATCH_MS;
  }
}
