// What a worker tells its person when it has nothing to compute: why, and what would give it a share.
import type { GenerationMessage } from '@lockstep/wire';

/** @returns undefined for one that has shards, or will when it has caught up */
export function withoutShards(
  { rank, members, behind }: Pick<GenerationMessage, 'rank' | 'members' | 'behind'>,
  shards: number,
): string | undefined {
  const { first, end } = members[rank]!;
  if (end > first || behind.includes(rank)) return undefined;
  const able = members.length - behind.length;
  const count = (n: number, what: string): string => (n === 1 ? `1 ${what}` : `${n} ${what}s`);
  const fact = `no shard for this worker: ${count(shards, 'shard')} for ${count(able, 'worker')}`;
  if (shards >= able) {
    return `${fact}, and the others are as fast without it; more --threads here, or a run that is begun with more --shards, may give it one`;
  }
  return `${fact}; a run that is begun with more --shards has one for each, and the coordinator tells how many`;
}
