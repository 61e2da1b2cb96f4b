// A generation that has formed, and what its worker is asked for.
import { partition } from '@lockstep/tree';
import type { Topology } from '@lockstep/wire';
import { SHARDS } from '../testing/fake-engine.js';
import { Party, PIECE_BYTES } from '../testing/party.js';

export const ALL = { first: 0, end: SHARDS };
export const FIRST = { offset: 0, length: PIECE_BYTES };
export const zeros = '0'.repeat(64);

/** A generation that stands prepared at step 0. */
export function formed(topology: Topology, workers: number): Party {
  const party = Party.joined(workers);
  party.form(1, 0, topology, partition(SHARDS, workers));
  return party;
}

export function digests(party: Party): string[] {
  return party.members.map((member) => member.says('reached').at(-1)!.digest);
}
