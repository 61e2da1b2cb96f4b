// By what a launched rank and the others know each other: a token and certificates, given or made by rank 0 and kept in the run's
// folder, where the other ranks wait for them.
// Invariant: what is secret is in files of their user alone or in memory, and never in arguments or in the environment of others.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LockstepError } from '@lockstep/core';
import { issueCertificate, type KeyPair, makeAuthority } from '../certs/authority.js';
import {
  certFile,
  checkNewAuthority,
  type FoundAuthority,
  keepAuthority,
  keepPair,
  keyFile,
  makeOwnFolder,
  readAuthority,
  readPair,
} from '../certs/folder.js';
import type { Trust } from '../cluster-options.js';
import { UsageError } from '../errors.js';
import { givenToken, keptToken, makeToken, type Pass, readTls } from '../network-options.js';
import type { Session } from '../session.js';
import type { LaunchFlags } from './flags.js';
import type { Machine } from './machine.js';
import type { LaunchPlan } from './plan.js';

/** What is made at a start is good for a start, but a run may last. */
const DAYS = 365;
const POLL_MS = 250;

type Tls = Pick<Pass, 'pair' | 'ca'>;

/** What rank 0 has, and how the others get it. */
export interface OwnTrust extends Trust {
  /** Puts what was made where the others wait for it. */
  publish(): Promise<void>;
}

/** @throws UsageError if what is given cannot be used */
export async function trustOfOwner(
  plan: LaunchPlan,
  flags: LaunchFlags,
  machine: Machine,
  session: Session,
): Promise<OwnTrust> {
  const { secrecy } = plan;
  const given = await givenToken(flags, session.env);
  const kept = given === undefined ? await keptToken(plan.out) : undefined;
  const common = { token: given ?? kept ?? makeToken(), isMade: given === undefined };
  const publish = async (): Promise<void> => {};
  if (secrecy.kind !== 'folder') return { ...common, ...(await readTls(flags)), publish };
  const { folder } = secrecy;
  const now = session.now();
  const found = await readAuthority(folder, now);
  if (!found) await checkNewAuthority(folder);
  const authority = found ?? (await makeAuthority({ now, days: DAYS }));
  return {
    ...common,
    ...(await tlsOfFolder(authority, folder, plan, machine, now)),
    publish: async () => {
      if (found) return;
      await makeOwnFolder(folder);
      await keepAuthority(folder, authority as KeyPair);
    },
  };
}

/**
 * Waits for what rank 0 makes, where it is not given.
 *
 * @throws UsageError if what is there cannot be used; LockstepError if it does not come in time; the signal's reason
 */
export async function trustOfRank(
  plan: LaunchPlan,
  flags: LaunchFlags,
  machine: Machine,
  session: Session,
): Promise<Pass> {
  const { secrecy, out } = plan;
  const limitMs = 1000 * flags.giveUpAfter;
  const wait = <T>(what: string, look: () => Promise<T | undefined>): Promise<T> =>
    waitFor(what, look, limitMs, session);
  const token =
    (await givenToken(flags, session.env)) ??
    (await wait(`${plan.tokenFile} (the token, which rank 0 makes)`, () => keptToken(out)));
  if (secrecy.kind !== 'folder') return { token, ...(await readTls(flags)) };
  const { folder } = secrecy;
  const now = session.now();
  const authority = await wait(`${certFile(folder, 'ca')} (the authority of the run)`, () =>
    readAuthority(folder, now),
  );
  return { token, ...(await tlsOfFolder(authority, folder, plan, machine, now)) };
}

/**
 * What of it is there now, for whoever does not wait.
 *
 * @throws UsageError if it cannot be used
 */
export async function trustAtHand(
  plan: LaunchPlan,
  flags: LaunchFlags,
  machine: Machine,
  session: Session,
): Promise<Partial<Pass>> {
  const { secrecy, out } = plan;
  const token = (await givenToken(flags, session.env)) ?? (await keptToken(out));
  const common = token === undefined ? {} : { token };
  if (secrecy.kind !== 'folder') return { ...common, ...(await readTls(flags)) };
  const now = session.now();
  const authority = await readAuthority(secrecy.folder, now);
  if (!authority) return common;
  return { ...common, ...(await tlsOfFolder(authority, secrecy.folder, plan, machine, now)) };
}

/** A certificate of this machine that lies there, or one that is made now. */
async function tlsOfFolder(
  authority: FoundAuthority,
  folder: string,
  plan: LaunchPlan,
  machine: Machine,
  now: Date,
): Promise<Tls> {
  const { cert: ca, key } = authority;
  const names = namesHere(plan, machine);
  const pair = await readPair(folder, names, now);
  if (pair) return { pair: { cert: pair.cert, key: pair.key }, ca };
  if (key !== undefined) {
    return { pair: await issueCertificate({ cert: ca, key }, names, { now, days: DAYS }), ca };
  }
  throw new UsageError(
    `--tls-dir ${folder}: it has no certificate of this machine (${certFile('', names[0]!)}, ${keyFile('', names[0]!)}), and no ca.key to make one with; expected one of ${names.slice(0, 4).join(', ')}. Make it with "lockstep certs", or give --tls-cert and --tls-key`,
  );
}

/** All names and addresses by which others may reach this machine, its own name first; of rank 0's that by which they do. */
function namesHere({ place }: LaunchPlan, { hostname, addresses }: Machine): readonly string[] {
  const { rank, meeting } = place;
  const own = hostname.toLowerCase();
  return [
    ...new Set([
      ...(rank === 0 ? [meeting.host] : []),
      ...(own === '' ? [] : [own, own.split('.', 1)[0]!]),
      'localhost',
      // With a zone it is no address that a certificate could have.
      ...addresses.map(({ address }) => address.split('%', 1)[0]!),
    ]),
  ];
}

async function waitFor<T>(
  what: string,
  look: () => Promise<T | undefined>,
  limitMs: number,
  session: Session,
): Promise<T> {
  const { signal, screen } = session;
  const end = performance.now() + limitMs;
  let isTold = false;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    signal.throwIfAborted();
    if (performance.now() >= end) {
      // Nothing is wrong with what was asked for.
      session.markBegun();
      throw new LockstepError(
        'timeout',
        `launch: ${what} did not come in ${limitMs / 1000} s. Is rank 0 running, and is --out a folder that this machine shares with it? Where none is shared, give every rank the same token (--token-file, LOCKSTEP_TOKEN) and certificates (--tls-dir)`,
      );
    }
    if (!isTold) screen.note(`waiting for ${what}`);
    isTold = true;
    await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
}

/**
 * Files for the worker that rank 0 starts, which reads what it trusts from files: in a folder of its user alone, for as long as
 * `use` takes.
 *
 * @returns flags for them; none where the plan's own do
 */
export async function withFiles<T>(
  { secrecy }: LaunchPlan,
  { pair, ca }: Tls,
  use: (flags: Partial<LaunchFlags>) => Promise<T>,
): Promise<T> {
  if (secrecy.kind !== 'folder' || !pair || ca === undefined) return use({});
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-launch-'));
  try {
    await keepPair(folder, 'rank', pair);
    return await use({ tlsCert: certFile(folder, 'rank'), tlsKey: keyFile(folder, 'rank') });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
