// Where two runs part, found by computing both again: between a step at which they are the same and one at which they differ the
// first step is searched by halves, down to the tensor and the number.
// Invariant: each run is taken as its folder has it, so a checkpoint that is not what the steps before it give is a parting, too.
import { LockstepError } from '@lockstep/errors';
import { isHashed } from '../running/step-records.js';
import { type TensorDifference, tensorDifferences } from '../storing/tensor-differences.js';
import { allTensors, networkTensors } from './comparison.js';
import { haveSameStates, type RecordedParting } from './known-parting.js';
import type { RunReplay } from './run-replay.js';

/** One of two runs that are compared. */
export type Side = 'left' | 'right';

/** What was found by computing. */
export interface Parting {
  /** The newest step that was found at which both have the same state; null if no such step can be computed. */
  readonly same: number | null;
  /** The first step at which they differ; null if what is computed of both is the same, up to the step that was asked for. */
  readonly step: number | null;
  /** All tensors that differ there. */
  readonly differences: readonly TensorDifference[];
  /**
   * Of runs that should be the same: whose state at that step is not what the step before it gives; or where what is computed
   * never differs, who recorded something else.
   */
  readonly astray: readonly Side[];
  /** Where what is computed never differs, how each side's checkpoint of that step does from it, which is to the right. */
  readonly saved: Readonly<Record<Side, readonly TensorDifference[]>>;
}

const NONE_SAVED = { left: [], right: [] } as const;

export interface PartingOptions {
  /** Steps at which they are thought to be the same, in order. */
  readonly same: readonly number[];
  /** The step up to which it is searched: one at which they are thought to differ. */
  readonly differs: number;
  /** What they recorded of that step, if that is why. */
  readonly recorded?: RecordedParting | null | undefined;
  /** Whether both are the same run by all that makes one, so that one of two that differ has gone astray. */
  readonly isOneRun: boolean;
}

/**
 * @throws ConfigError if the state of the last step cannot be computed of one of them; what `RunReplay.at` throws
 */
export async function findParting(
  left: RunReplay,
  right: RunReplay,
  { same, differs, recorded, isOneRun }: PartingOptions,
): Promise<Parting> {
  const pair = new Pair(left, right);
  const begin = await lastSame(pair, same, differs);
  if (begin.same !== null) pair.keep();
  const parted = await pair.differencesAt(begin.differs);
  if (parted.length === 0) {
    const astray = recorded ? await pair.deniedBy(recorded) : [];
    const saved = await pair.savedDifferences();
    return { same: begin.differs, step: null, differences: [], astray, saved };
  }
  if (begin.same === null) {
    const found = { same: null, step: begin.differs, differences: parted };
    return { ...found, astray: [], saved: NONE_SAVED };
  }
  let [low, high] = [begin.same, begin.differs];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if ((await pair.differencesAt(middle)).length > 0) high = middle;
    else {
      low = middle;
      pair.keep();
    }
  }
  const differences = await pair.differencesAt(high);
  return {
    ...{ same: low, step: high, differences },
    astray: isOneRun ? await pair.astrayAt(high) : [],
    saved: NONE_SAVED,
  };
}

/** The last of the steps at which both are the same in all of their state, and the first step after it where they are not. */
async function lastSame(
  pair: Pair,
  same: readonly number[],
  differs: number,
): Promise<{ same: number | null; differs: number }> {
  let first = differs;
  for (const step of [...new Set([0, ...same])].reverse()) {
    if (step >= first) continue;
    const differences = await pair.differencesAt(step).catch((error) => {
      // Weights that the run began with are gone, and so are its first checkpoints.
      if (error instanceof LockstepError && error.code === 'config') return undefined;
      throw error;
    });
    if (!differences) break;
    if (differences.length === 0) return { same: step, differs: first };
    first = step;
  }
  return { same: null, differs: first };
}

/** Two runs that are brought to the same steps. */
class Pair {
  readonly #left: RunReplay;
  readonly #right: RunReplay;
  readonly #tensors: typeof allTensors;

  constructor(left: RunReplay, right: RunReplay) {
    this.#left = left;
    this.#right = right;
    const isWhole = haveSameStates(left.record.config, right.record.config);
    this.#tensors = isWhole ? allTensors : networkTensors;
  }

  async differencesAt(step: number): Promise<TensorDifference[]> {
    await this.#left.at(step);
    await this.#right.at(step);
    return tensorDifferences(this.#tensors(this.#left.state()), this.#tensors(this.#right.state()));
  }

  keep(): void {
    this.#left.keep();
    this.#right.keep();
  }

  /** Both stand at the step, and kept the one before it. */
  async astrayAt(step: number): Promise<Side[]> {
    const [left, right] = [await this.#left.hash('state'), await this.#right.hash('state')];
    await this.#left.follow(step);
    return sidesOf({ left, right }, await this.#left.hash('state'));
  }

  /** Of the checkpoints of the present step, which both computed. */
  async savedDifferences(): Promise<Parting['saved']> {
    const [left = [], right = []] = [
      await this.#left.savedDifferences(),
      await this.#right.savedDifferences(),
    ];
    return { left, right };
  }

  /** Who recorded something else of the present step than both come to. */
  async deniedBy({ left, right }: RecordedParting): Promise<Side[]> {
    if (!isHashed(left)) return [];
    const computed = await this.#left.hash(left.what);
    return sidesOf({ left: left.hash, right: right.hash }, computed);
  }
}

/** Those that have something else. */
function sidesOf(hashes: Readonly<Record<Side, string>>, computed: string): Side[] {
  return (['left', 'right'] as const).filter((side) => hashes[side] !== computed);
}
