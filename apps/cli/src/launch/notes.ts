// What first runs stumble over, in words: too few cores, fewer shards than ranks, several networks. Pure: what is known comes in.
import { defaultShards, MAX_SHARDS } from '@lockstep/tree';
import { isLoopback } from '../loopback.js';
import { plural } from '../wording.js';
import type { Address, Machine } from './machine.js';
import type { Place } from './place.js';

/** How many threads a rank's worker takes, and why. */
export interface ThreadShare {
  /** Undefined where it is the worker's own default, all that it may use. */
  readonly threads: number | undefined;
  readonly why: string;
}

/**
 * Ranks of one machine that may all use the same cores share them; a rank that is bound to some has them for itself.
 *
 * @param given what the user chose
 * @param onNode cores that the scheduler says there are for all ranks of this machine
 */
export function threadShare(
  given: number | undefined,
  { localRanks = 1 }: Pick<Place, 'localRanks'>,
  { cores, available }: Pick<Machine, 'cores' | 'available'>,
  onNode?: number,
): ThreadShare {
  if (given !== undefined) return { threads: given, why: '--threads' };
  const all = { threads: undefined, why: `${plural(available.threads, 'core')} that it may use` };
  const areShared = available.cores === cores || available.cores === onNode;
  if (localRanks < 2 || !areShared) return all;
  const threads = Math.max(1, Math.floor(available.threads / localRanks));
  return {
    threads,
    why: `${plural(available.threads, 'core')} for ${plural(localRanks, 'rank')} of this machine`,
  };
}

/** e.g. `this rank may use 1 of 16 cores: Open MPI has bound it to them …`; undefined if it has its share. */
export function coresNote(
  { scheduler, localRanks = 1, coresHint }: Pick<Place, 'scheduler' | 'localRanks' | 'coresHint'>,
  { cores: all, available }: Pick<Machine, 'cores' | 'available'>,
  onNode = all,
): string | undefined {
  const cores = Math.min(all, onNode);
  // As many ranks as there are cores have one each, and no more could be had.
  if (coresHint === undefined || available.cores * localRanks >= cores) return undefined;
  const have = `this rank may use ${available.cores} of ${plural(cores, 'core')}`;
  const idle = cores - available.cores * localRanks;
  const others =
    localRanks > 1 ? `, and ${plural(localRanks, 'rank')} of this machine leave ${idle} idle` : '';
  return `${have}${others}: ${scheduler} has bound it to them; for more: ${coresHint}`;
}

/** How many shards a new run has, where nobody says it. */
export interface ShardChoice {
  readonly shards: number;
  /** Whether `train` would have as many. */
  readonly isUsual: boolean;
}

/** At least twice the ranks, as far as a batch has samples: whoever has no shard has nothing to do. */
export function shardsFor(ranks: number, batchSize: number): ShardChoice {
  const usual = defaultShards(batchSize);
  let shards = usual;
  while (shards < 2 * ranks && 2 * shards <= Math.min(batchSize, MAX_SHARDS)) shards *= 2;
  return { shards, isUsual: shards === usual };
}

export function shardsNote({ shards, isUsual }: ShardChoice, ranks: number): string | undefined {
  if (shards < ranks) {
    return `${plural(shards, 'shard')} for ${plural(ranks, 'rank')}: some have nothing to do; a larger --batch-size has work for more`;
  }
  if (isUsual) return undefined;
  return `--shards ${shards}: twice the ranks or more, where train would have fewer. They are part of what the run is: train --shards ${shards} gives the same bytes`;
}

/** Where ranks reach rank 0, as rank 0 sees it. */
export interface Reached {
  readonly host: string;
  readonly hostFrom: string;
  /** What the host's name leads to from here. */
  readonly leadsTo: readonly string[];
  readonly addresses: readonly Address[];
}

/** e.g. `ranks reach it at node1 = 10.0.0.5 (eth0), by SLURM_STEP_NODELIST; also here: 10.1.0.5 (ib0)`. */
export function networkNote({ host, hostFrom, leadsTo, addresses }: Reached): string {
  const mine = addresses.filter(({ address }) => leadsTo.includes(address));
  const others = addresses.filter(
    ({ address, isInternal }) =>
      !isInternal && !leadsTo.includes(address) && !address.startsWith('fe80:'),
  );
  const named = (list: readonly Address[]): string =>
    list.map(({ address, interface: name }) => `${address} (${name})`).join(', ');
  const where = mine.length > 0 && named(mine) !== '' ? ` = ${named(mine)}` : '';
  const also =
    others.length === 0
      ? ''
      : `; this machine is also at ${named(others)}: --coordinator ${others[0]!.address} takes that`;
  return `ranks reach rank 0 at ${host}${where}, by ${hostFrom}${also}`;
}

/** What is wrong with the place to meet, as rank 0 sees it; undefined if nothing is. */
export function networkWarning({ host, leadsTo, addresses }: Reached): string | undefined {
  if (leadsTo.length === 0)
    return `${host} leads nowhere from here; --coordinator HOST names another`;
  if (addresses.some(({ address }) => leadsTo.includes(address))) return undefined;
  if (leadsTo.every((address) => isLoopback(address))) return undefined;
  return `${host} is ${leadsTo.join(', ')}, which is no address of this machine, and rank 0 is here; if ranks do not find it, give --coordinator HOST`;
}

/**
 * Where a rank listens for the others of a mesh, where it would not be reached by itself: a machine whose own name leads to its
 * loopback (as 127.0.1.1 of Debian) listens on an address that others know.
 */
export function meshAddress({
  leadsTo,
  addresses,
}: Pick<Reached, 'leadsTo' | 'addresses'>): string | undefined {
  if (leadsTo.length === 0 || !leadsTo.every((address) => isLoopback(address))) return undefined;
  return addresses.find(({ address, isInternal }) => !isInternal && !address.includes(':'))
    ?.address;
}
