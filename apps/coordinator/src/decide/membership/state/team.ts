// How a generation's shards are dealt: who computes which, over what topology, and what people were told of it.
import type { Topology } from '@lockstep/wire';
import type { MemberId } from './member.js';

/** A rank's shards; its number is its place. Ranges are contiguous and cover all shards once. */
export interface Rank {
  readonly id: MemberId;
  readonly first: number;
  readonly end: number;
}

export interface Team {
  readonly topology: Topology;
  readonly ranks: readonly Rank[];
}

/** What one rank is told at the beginning of a generation, less the key, which is not membership's to draw. */
export interface DealtMember extends Rank {
  readonly name: string;
  readonly isBehind: boolean;
  /** Null unless the generation is a mesh. */
  readonly url: string | null;
}

/** For people only: no decision depends on it. */
export interface Told {
  /** Why `auto` is no mesh; null if it is one. */
  readonly fallback: string | null;
  /** Which links made an end of the mesh, in words; null before. */
  readonly broken: string | null;
  readonly idle: Idle | null;
}

/** Members that could compute, and got no shard. */
export interface Idle {
  readonly ids: readonly MemberId[];
  /** With so many shards all would get one; null if no number does it. */
  readonly needed: number | null;
}

/** Two members of a mesh without a link. */
export interface Unlinked {
  /** The one that dials, and the one that it dials. */
  readonly ids: readonly [MemberId, MemberId];
  /** As one of them said. */
  readonly reason: string;
}
