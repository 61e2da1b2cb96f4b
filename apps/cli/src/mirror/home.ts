// Where a run stands when it begins or goes on: in its folder here, in a store, or in both, of which the newer one counts.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { LockstepError } from '@lockstep/errors';
import { CheckpointStore, RunFolder } from '@lockstep/trainer';
import { UsageError } from '../errors.js';
import { RUN, WEIGHTS } from '../run-names.js';
import { checkRoom } from '../run-room.js';
import type { Session } from '../session.js';
import { StoreError } from '../store-error.js';
import { fetchRun } from './fetch-run.js';
import { type Manifest, runOf } from './manifest.js';
import { Mirror } from './mirror.js';
import { ObjectStore } from './object-store.js';
import { sha256Of } from './run-files.js';

/** A run that can do without an answer of its store waits for no longer. */
const LOOK_MS = 3000;

/** @throws UsageError without credentials */
export function openMirror(url: string, { env }: Session): Mirror {
  return new Mirror(ObjectStore.open(url, env));
}

/** What is fetched where. */
export interface Taking {
  /** For errors. */
  readonly flag: string;
  readonly out: string;
  /** What flags say: paths among it may lie in the folder. */
  readonly flags?: object;
  /** Whether it is of no use without the store, also where there is a run already. */
  readonly isNeeded?: boolean;
  /** Of a coordinator that leads by an election. */
  readonly fence?: number | undefined;
}

/**
 * Makes the folder hold the newest that there is of a run, before it goes on.
 *
 * @throws UsageError if folder and store hold different runs, or the folder something else; StoreError if what is needed of the
 *   store cannot be read, or is damaged
 */
export async function takeNewest(
  mirror: Mirror,
  { flag, out, flags, isNeeded, fence }: Taking,
  { screen, signal }: Session,
): Promise<void> {
  const { store } = mirror;
  const isHere = await hasRun(out);
  if (!isHere) await checkRoom(out, { flag, flags, mayBeginAgain: true, isFetched: true });
  const look = isHere && !isNeeded ? lookBriefly : lookLong;
  const there = await look(mirror, { screen, signal });
  if (!there) return;
  if (isHere) {
    if (runOf(there) !== (await ownRun(out))) {
      throw new UsageError(
        `${flag} ${out}: it holds another run than ${store.url}. Name another folder, or another place in the store`,
      );
    }
    if (await isAsNew(out, there)) return;
  }
  const folder = new RunFolder(out);
  await folder.claim(await folder.checkpointPaths(), fence);
  try {
    await fetchRun(store, out, { signal, warn: (message) => screen.warn(message) });
  } finally {
    await folder.release();
  }
  screen.note(`step ${there.step} was fetched from ${store.url} into ${out}`);
}

/**
 * A run that begins must not take the place of one that is kept there.
 *
 * @throws UsageError if there is one
 */
export async function refuseTaken(mirror: Mirror, session: Session): Promise<void> {
  const there = await lookBriefly(mirror, session);
  if (!there) return;
  const { url } = mirror.store;
  throw new UsageError(
    `--mirror ${url}: it holds a run already, at step ${there.step}. Use --resume ${url} to go on with it, or another prefix`,
  );
}

export function hasRun(out: string): Promise<boolean> {
  return isThere(join(out, RUN));
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

type Looking = Pick<Session, 'screen' | 'signal'>;

/** Where a store that does not answer is no reason not to begin. */
async function lookBriefly(
  mirror: Mirror,
  { screen, signal }: Looking,
): Promise<Manifest | undefined> {
  try {
    return await mirror.look({ signal, limitMs: LOOK_MS });
  } catch (error) {
    if (!(error instanceof LockstepError) || signal.aborted) throw error;
    // What is not there is a place nobody meant; all else may pass while the run goes on.
    if (error instanceof StoreError && error.status === 404) {
      throw new UsageError(`--mirror: ${error.message}; make the bucket first, or name another`, {
        cause: error,
      });
    }
    screen.warn(
      `--mirror: what ${mirror.store.url} holds is not known: ${error.message}. It is tried again while the run goes on`,
    );
    return undefined;
  }
}

/** Where it is not known otherwise whether there is a run. */
async function lookLong(mirror: Mirror, { signal }: Looking): Promise<Manifest | undefined> {
  try {
    return await mirror.look({ signal });
  } catch (error) {
    if (!(error instanceof StoreError) || error.isRefused || error.isDamaged) throw error;
    const { message, status, isLate } = error;
    throw new StoreError(
      `${message}. What it holds is needed here, and nothing was begun: look whether the store is up, and whether AWS_ENDPOINT_URL is its address; then start the same command again`,
      { cause: error, isLate, ...(status !== undefined && { status }) },
    );
  }
}

/** Whether the folder has all that the store has. */
async function isAsNew(out: string, { step, ended }: Manifest): Promise<boolean> {
  const [newest] = await new CheckpointStore(join(out, 'checkpoints')).list();
  if (!newest || newest.step < step) return false;
  return newest.step > step || !ended || (await isThere(join(out, WEIGHTS)));
}

async function ownRun(out: string): Promise<string> {
  const path = join(out, RUN);
  const { size } = await stat(path);
  return sha256Of({ path, bytes: size });
}
