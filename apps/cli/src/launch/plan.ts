// What a rank is to do: where it listens or goes, whom it trusts and how, on how many threads. Pure: flags, its place and its machine
// in; a plan out, which is told by `--dry-run` and carried out otherwise.
import { isIP } from 'node:net';
import { join } from 'node:path';
import type { CoordinatorFlags } from '../cluster-options.js';
import { UsageError } from '../errors.js';
import type { Given } from '../given.js';
import { isLoopback } from '../loopback.js';
import { tokenFileOf } from '../network-options.js';
import type { LaunchFlags } from './flags.js';
import type { Machine } from './machine.js';
import { inUrl } from './meeting.js';
import {
  coresNote,
  type ShardChoice,
  shardsFor,
  shardsNote,
  type ThreadShare,
  threadShare,
} from './notes.js';
import { findPlace, type Place } from './place.js';
import { type Environment, Variables } from './schedulers/scheduler.js';

/** What keeps what is sent from others: files that are given, a folder of certificates, or nothing. */
export type Secrecy =
  | { readonly kind: 'files' }
  | { readonly kind: 'folder'; readonly folder: string }
  | { readonly kind: 'none'; readonly why: string };

export interface LaunchPlan {
  readonly place: Place;
  /** The run's folder. */
  readonly out: string;
  /** Where ranks reach rank 0. */
  readonly url: string;
  /** Where rank 0 listens. */
  readonly listenHost: string;
  /** The file that token is in, or is to be in; undefined where LOCKSTEP_TOKEN has it. */
  readonly tokenFile: string | undefined;
  /** Whether the token is given, rather than made by rank 0. */
  readonly hasToken: boolean;
  readonly secrecy: Secrecy;
  readonly minWorkers: number;
  /** The worker's. */
  readonly name: string;
  readonly threads: ThreadShare;
  /** Of a new run; undefined where somebody says it. */
  readonly shards: ShardChoice | undefined;
  /** What first runs stumble over. */
  readonly notes: readonly string[];
}

const MAX_NAME = 64;

/** @throws UsageError if flags, variables or both do not fit together */
export function planLaunch(
  given: Given<LaunchFlags>,
  env: Environment,
  machine: Machine,
): LaunchPlan {
  const { flags } = given;
  const place = findPlace(env, flags);
  const { rank, ranks, meeting } = place;
  const out = flags.resume ?? flags.out;
  if (out === undefined) {
    throw new UsageError(
      'launch: there is no --out DIR; every rank needs it: rank 0 for the run, the others for what is in it for them',
    );
  }
  const secrecy = secrecyOf(flags, place, out);
  const scheme = secrecy.kind === 'none' ? 'ws' : 'wss';
  const onNode = new Variables(env).number('SLURM_CPUS_ON_NODE');
  const shards = flags.shards === undefined ? shardsFor(ranks, flags.batchSize) : undefined;
  const hasToken = flags.tokenFile !== undefined || Boolean(env.LOCKSTEP_TOKEN?.trim());
  return {
    ...{ place, out, secrecy, shards, hasToken },
    url: `${scheme}://${inUrl(meeting.host)}:${meeting.port}`,
    listenHost: flags.host ?? listenHostOf(place),
    tokenFile: flags.tokenFile ?? (hasToken ? undefined : tokenFileOf(out)),
    minWorkers: flags.minWorkers ?? ranks,
    name:
      flags.name ??
      `rank${rank}-${machine.hostname.replace(/[^\x21-\x7e]/g, '-')}`.slice(0, MAX_NAME),
    threads: threadShare(flags.threads, place, machine, onNode),
    notes: [
      coresNote(place, machine, onNode),
      // Told once, by whoever owns the run, where it begins.
      rank === 0 && shards && flags.resume === undefined ? shardsNote(shards, ranks) : undefined,
    ].filter((note) => note !== undefined),
  };
}

/** The flags as rank 0's coordinator has them. */
export function asCoordinator(
  given: Given<LaunchFlags>,
  { place: { meeting }, shards, listenHost, minWorkers }: LaunchPlan,
): Given<CoordinatorFlags> {
  const names = meeting.isLocal ? [] : [meeting.host];
  return {
    ...(given as unknown as Given<CoordinatorFlags>),
    flags: {
      ...given.flags,
      ...(shards && { shards: shards.shards }),
      host: listenHost,
      port: meeting.port,
      minWorkers,
      reachableAs: [...names, ...(given.flags.reachableAs ?? [])],
      ...{ localThreads: 0, browser: false, leaseSeconds: 0 },
    },
  };
}

function listenHostOf({ meeting: { host, isLocal } }: Place): string {
  if (isLocal) return host;
  return isIP(host) === 6 ? '::' : '0.0.0.0';
}

function secrecyOf(flags: LaunchFlags, { meeting }: Place, out: string): Secrecy {
  const { tlsDir, tlsCert, tlsKey, tlsCa, insecure } = flags;
  const hasFiles = [tlsCert, tlsKey, tlsCa].some((file) => file !== undefined);
  if (hasFiles && tlsDir !== undefined) {
    throw new UsageError(
      'launch: --tls-dir and --tls-cert, --tls-key, --tls-ca are two ways to the same; give one',
    );
  }
  if (insecure && (hasFiles || tlsDir !== undefined)) {
    throw new UsageError(
      `launch: --insecure is for ranks without TLS, and --tls-${hasFiles ? 'cert, --tls-key, --tls-ca' : 'dir'} for those with it; give one`,
    );
  }
  if (hasFiles) return { kind: 'files' };
  if (tlsDir !== undefined) return { kind: 'folder', folder: tlsDir };
  if (insecure) return { kind: 'none', why: '--insecure' };
  if (meeting.isLocal && (flags.host === undefined || isLoopback(flags.host)))
    return { kind: 'none', why: 'all ranks are on this machine' };
  return { kind: 'folder', folder: join(out, 'tls') };
}
