// Members who lack the state that their generation began with.
import type { HeldState } from '@lockstep/wire';
import type { MemberId } from './member.js';

/**
 * Members of a generation that lacked its state when it formed. They have no shards and evaluate nothing; while the
 * others go on, they get the state, take the steps since then with the sums, and a new generation deals them in. In a
 * run that is audited the others wait for them: who computes alone, or with one other, could not be judged.
 */
export interface CatchUp {
  readonly behind: readonly MemberId[];
  /** What they get: the state that the generation went on from. */
  readonly held: HeldState;
  /** Whether it was asked for. */
  readonly isBegun: boolean;
  /** The member that it is fetched from; null before that, and if it need not be. */
  readonly from: MemberId | null;
  /** Whether it is in the coordinator's memory, for them to fetch. */
  readonly isOffered: boolean;
  /** Those who have said that they have come after. */
  readonly caughtUp: readonly MemberId[];
}
