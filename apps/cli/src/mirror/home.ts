// Where a run stands when it begins or goes on: in its folder here, in a store, or in both, of which the newer one counts.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { LockstepError } from '@lockstep/errors';
import { CheckpointStore, RunFolder } from '@lockstep/trainer';
import { UsageError } from '../errors.js';
import type { Session } from '../session.js';
import { fetchRun } from './fetch-run.js';
import { type Manifest, runOf } from './manifest.js';
import { Mirror } from './mirror.js';
import { ObjectStore } from './object-store.js';
import { sha256Of } from './run-files.js';

/** A run that begins or goes on does not wait for a store for longer. */
const LOOK_MS = 10_000;

/** @throws UsageError without credentials */
export function openMirror(url: string, { env }: Session): Mirror {
  return new Mirror(ObjectStore.open(url, env));
}

/**
 * Makes the folder hold the newest that there is of a run, before it goes on.
 *
 * @param fence of a coordinator that leads by an election
 * @throws UsageError if folder and store hold different runs; StoreError if what the store holds is damaged
 */
export async function takeNewest(
  mirror: Mirror,
  out: string,
  { screen, signal }: Session,
  fence?: number,
): Promise<void> {
  const { store } = mirror;
  const isHere = await hasRun(out);
  const there = await lookAt(mirror, isHere, screen.warn.bind(screen), signal);
  if (!there) return;
  if (isHere) {
    if (runOf(there) !== (await ownRun(out))) {
      throw new UsageError(`--mirror ${store.url}: it holds another run than ${out}`);
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
export async function refuseTaken(mirror: Mirror, { screen, signal }: Session): Promise<void> {
  const there = await lookAt(mirror, true, screen.warn.bind(screen), signal);
  if (!there) return;
  const { url } = mirror.store;
  throw new UsageError(
    `--mirror ${url}: it holds a run already, at step ${there.step}. Use --resume ${url} to go on with it, or another prefix`,
  );
}

export function hasRun(out: string): Promise<boolean> {
  return isThere(join(out, 'run.json'));
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

/** @param canDoWithout whether a store that does not answer is no reason not to begin */
async function lookAt(
  mirror: Mirror,
  canDoWithout: boolean,
  warn: (message: string) => void,
  signal: AbortSignal,
): Promise<Manifest | undefined> {
  const limit = AbortSignal.timeout(LOOK_MS);
  try {
    return await mirror.look(AbortSignal.any([signal, limit]));
  } catch (error) {
    signal.throwIfAborted();
    if (!canDoWithout) throw error;
    const isLate = limit.aborted;
    if (!isLate && !(error instanceof LockstepError)) throw error;
    const why = isLate ? `no answer in ${LOOK_MS / 1000} s` : (error as Error).message;
    warn(
      `--mirror: what ${mirror.store.url} holds is not known: ${why}. It is tried again while the run goes on`,
    );
    return undefined;
  }
}

/** Whether the folder has all that the store has. */
async function isAsNew(out: string, { step, ended }: Manifest): Promise<boolean> {
  const [newest] = await new CheckpointStore(join(out, 'checkpoints')).list();
  if (!newest || newest.step < step) return false;
  return newest.step > step || !ended || (await isThere(join(out, 'weights.safetensors')));
}

async function ownRun(out: string): Promise<string> {
  const path = join(out, 'run.json');
  const { size } = await stat(path);
  return sha256Of({ path, bytes: size });
}
