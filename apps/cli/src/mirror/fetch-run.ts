// A run as a store has it, fetched into a folder here. Every file is checked against the list's SHA-256, and the newest
// checkpoint against its own, before it stands under its name; run.json comes last, so that a folder that looks like a run is one. Until
// then it lies there under the name of what is being fetched, by which a folder is known in which that was cut short.
// Invariant: what lies in the folder and is as the list says stays; what is not whole is never seen under its name.
import { createHash } from 'node:crypto';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { markMoved } from '@lockstep/coordinator';
import { CheckpointError, CheckpointStore } from '@lockstep/trainer';
import { CHECKPOINT, FETCHED, RUN, WEIGHTS } from '../run-names.js';
import { StoreError } from '../store-error.js';
import type { Manifest, StoredFile } from './manifest.js';
import { readManifest } from './mirror.js';
import { type ObjectStore, PART_BYTES } from './object-store.js';
import { sha256Of, viewRun } from './run-files.js';

/** The list may be written over while it is followed, and files go that only the one before it names. */
const TRIES = 4;

export interface FetchOptions {
  readonly signal: AbortSignal;
  readonly warn: (message: string) => void;
  /** The folder is to be read, and holds nothing that is not in the store. Default false: the run goes on there. */
  readonly isCopy?: boolean;
}

/**
 * @returns what was fetched; undefined if the store holds no run there
 * @throws StoreError if the store cannot be read, or does not hold what was written there
 */
export async function fetchRun(
  store: ObjectStore,
  out: string,
  options: FetchOptions,
): Promise<Manifest | undefined> {
  for (let attempt = 1; ; attempt++) {
    const { manifest } = (await readManifest(store, options)) ?? {};
    if (!manifest) return undefined;
    try {
      await fetchFiles(store, out, manifest, options);
      return manifest;
    } catch (error) {
      if (!(error instanceof StoreError) || error.isLate || attempt === TRIES) throw error;
    }
  }
}

async function fetchFiles(
  store: ObjectStore,
  out: string,
  { files }: Manifest,
  { signal, warn, isCopy = false }: FetchOptions,
): Promise<void> {
  const run = files.find(({ name }) => name === RUN)!;
  const checkpoints = files.filter(({ name }) => CHECKPOINT.test(name));
  const damaged: string[] = [];
  let hasJournal = false;
  const isRunNew = !(await isAsListed(join(out, RUN), run));
  if (isRunNew) await fetchPart(store, out, run, signal);
  for (const file of files.filter((file) => file !== run)) {
    try {
      const isNew = await fetchFile(store, out, file, signal);
      hasJournal ||= isNew && file.name === 'journal';
    } catch (error) {
      // An older one will do, as where a disk has damaged the newest.
      const isDamage =
        error instanceof CheckpointError || (error instanceof StoreError && error.isDamaged);
      if (!isDamage || !checkpoints.includes(file)) throw error;
      damaged.push(error.message);
    }
  }
  if (damaged.length > 0 && damaged.length === checkpoints.length) {
    const words = `${store.url}: no checkpoint there can be used. ${damaged.join('. ')}`;
    throw new StoreError(words, { isDamaged: true });
  }
  if (isRunNew) await rename(partOf(out, run), join(out, RUN));
  const names = new Set(files.map(({ name }) => name));
  const old = isCopy ? (await viewRun(out, { step: 0, ended: false })).files : [{ name: WEIGHTS }];
  for (const { name } of old) if (!names.has(name)) await rm(join(out, name), { force: true });
  for (const message of damaged) warn(`${message}. An older checkpoint is taken`);
  // Workers may hold steps that this journal knows nothing of.
  if (hasJournal && !isCopy) await markMoved(out);
}

/** @returns false if it was there already */
async function fetchFile(
  store: ObjectStore,
  out: string,
  file: StoredFile,
  signal: AbortSignal,
): Promise<boolean> {
  const { name } = file;
  const path = join(out, name);
  if (await isAsListed(path, file)) return false;
  const part = partOf(out, file);
  try {
    await fetchPart(store, out, file, signal);
    if (CHECKPOINT.test(name)) await new CheckpointStore(dirname(path)).load(part);
    await rename(part, path);
    return true;
  } finally {
    await rm(part, { force: true });
  }
}

function partOf(out: string, { name }: StoredFile): string {
  return `${join(out, name)}${FETCHED}`;
}

async function isAsListed(path: string, { bytes, sha256 }: StoredFile): Promise<boolean> {
  const there = await stat(path).catch(() => undefined);
  return there?.size === bytes && (await sha256Of({ path, bytes })) === sha256;
}

async function fetchPart(
  store: ObjectStore,
  out: string,
  file: StoredFile,
  signal: AbortSignal,
): Promise<void> {
  const { key, bytes, sha256 } = file;
  const part = partOf(out, file);
  await mkdir(dirname(part), { recursive: true });
  const got = await download(store, key, bytes, part, signal);
  if (got === sha256) return;
  throw new StoreError(
    `${store.url}/${key}: what came has SHA-256 ${got}, the list says ${sha256}`,
    { isDamaged: true },
  );
}

/** @returns the SHA-256 of what came */
async function download(
  store: ObjectStore,
  key: string,
  bytes: number,
  path: string,
  signal: AbortSignal,
): Promise<string> {
  const hash = createHash('sha256');
  const file = await open(path, 'w');
  try {
    for (let at = 0; at < bytes; at += PART_BYTES) {
      const piece = await store.readPart(key, at, Math.min(PART_BYTES, bytes - at), signal);
      hash.update(piece);
      await file.write(piece);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return hash.digest('hex');
}
