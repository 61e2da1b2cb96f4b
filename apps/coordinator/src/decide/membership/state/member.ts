// Who is in the run: what is known of a worker that has joined, and of one that goes.
import { DISMISSED, type HeldState, type ProgressMessage } from '@lockstep/wire';

/** A connection, numbered by the shell in the order of arrival; never used again. A worker that reconnects has a new one. */
export type MemberId = number;

/** A worker that has joined. Members stand in the order of joining, which is the order of ranks. */
export interface Member {
  readonly id: MemberId;
  readonly name: string;
  readonly threads: number;
  readonly url: string | null;
  /** As it last said. */
  readonly held: HeldState | null;
  /** It goes, for this reason, as soon as what only it holds is saved. */
  readonly leaving: Leaving | null;
  /** Shards a millisecond, measured; null before. */
  readonly speed: number | null;
  /** Its last in the generation that runs, for people. */
  readonly progress: ProgressMessage | null;
}

export interface Leaving {
  /** `left`, the code of a failure, that of a refusal, or what the link closed with. */
  readonly code: string;
  readonly message: string;
}

/** Whether whoever goes does so on purpose: told by its user, or sent away. */
export function isDeparture(code: string): boolean {
  return code === 'left' || code === DISMISSED;
}

/** A digest that was seen for a step, and who said so. */
export interface Sighting {
  readonly step: number;
  readonly digest: string;
  readonly name: string;
}
