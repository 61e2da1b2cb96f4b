// Which of the datasets that are known to the byte lie on this machine, and whether they are whole. Every byte that is there is
// read; nothing is fetched, written or kept in memory.
// Invariant: a place counts as whole only if loading takes it, so it is held against the same hashes (mnist.ts, cifar10.ts).
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { checkOptions, requireSignal } from '@lockstep/errors';
import { cacheFolder } from './cache-folder.js';
import { CIFAR10, type OfficialArchive, verifyArchive } from './cifar10.js';
import { findIdxFile } from './idx-names.js';
import type { LoadOptions } from './loading.js';
import { verifyOfficial } from './mnist.js';
import { IDX_FILES, IDX_PARTS, OFFICIAL, type OfficialDataset } from './sources.js';

/** A dataset that is known to the byte, and whether this machine has it. */
export interface KnownDataset {
  readonly name: string;
  /** The first place that has it whole, in words; undefined if none has. */
  readonly source: string | undefined;
  /** What is wrong where there is some of it: each file that is missing or damaged, in words. */
  readonly faults: readonly string[];
}

/** What `knownDatasets` takes. */
export type LookOptions = Pick<LoadOptions, 'cacheDir' | 'signal'>;

/**
 * Looks for MNIST, Fashion-MNIST and CIFAR-10, in the order in which they are looked for when they are loaded.
 *
 * @returns one after the other, since it takes a second or two
 * @throws the signal's reason if aborted, from the iteration
 */
export function knownDatasets(options: LookOptions = {}): AsyncGenerator<KnownDataset> {
  checkOptions('knownDatasets', options, { cacheDir: true, signal: true });
  requireSignal('knownDatasets', options.signal);
  return lookFor(Object.values(OFFICIAL), { cifar10: CIFAR10 }, options);
}

/** @see knownDatasets; for any that are known to the byte. */
export async function* lookFor(
  folders: readonly OfficialDataset[],
  archives: Readonly<Record<string, OfficialArchive>>,
  { cacheDir, signal }: LookOptions,
): AsyncGenerator<KnownDataset> {
  const cache = cacheFolder({ cacheDir });
  for (const official of folders) {
    const folder = join(cache, official.name);
    const places = [{ source: `cache ${folder}`, folder: () => folder }, ...official.installed];
    const judged = places.map(({ source, folder }) => ({
      source,
      judge: () => judgeFolder(official, folder, signal),
    }));
    yield firstWhole(official.name, judged, signal);
  }
  for (const [name, official] of Object.entries(archives)) {
    const folder = join(cache, name);
    const judge = () => judgeArchive(official, join(folder, official.file), signal);
    yield firstWhole(name, [{ source: `cache ${folder}`, judge }], signal);
  }
}

/** `absent` of a place that has nothing of it; else what is wrong. */
type Judgement = 'whole' | 'absent' | readonly string[];

async function firstWhole(
  name: string,
  places: readonly { readonly source: string; judge(): Promise<Judgement> }[],
  signal: AbortSignal | undefined,
): Promise<KnownDataset> {
  const faults: string[] = [];
  for (const { source, judge } of places) {
    const judgement = await judge();
    signal?.throwIfAborted();
    if (judgement === 'whole') return { name, source, faults };
    if (judgement !== 'absent') faults.push(...judgement);
  }
  return { name, source: undefined, faults };
}

async function judgeFolder(
  official: OfficialDataset,
  folder: () => string,
  signal: AbortSignal | undefined,
): Promise<Judgement> {
  let place: string;
  try {
    place = folder();
  } catch {
    // A package that is not installed.
    return 'absent';
  }
  const files = await Promise.all(IDX_PARTS.map((part) => findIdxFile(place, part)));
  if (files.every((file) => file === undefined)) return 'absent';
  const faults: string[] = [];
  for (const [i, part] of IDX_PARTS.entries()) {
    const path = files[i];
    if (path === undefined) faults.push(`${join(place, IDX_FILES[part])} is missing`);
    else {
      const fault = await faultOf(path, verifyOfficial(official, part, path, signal));
      if (fault !== undefined) faults.push(fault);
    }
  }
  return faults.length === 0 ? 'whole' : faults;
}

async function judgeArchive(
  official: OfficialArchive,
  path: string,
  signal: AbortSignal | undefined,
): Promise<Judgement> {
  const isThere = await stat(path).then(
    () => true,
    ({ code }: NodeJS.ErrnoException) => code !== 'ENOENT' && code !== 'ENOTDIR',
  );
  if (!isThere) return 'absent';
  const fault = await faultOf(path, verifyArchive(official, path, signal));
  return fault === undefined ? 'whole' : [fault];
}

/** Hashes tell nobody anything: what is said is the file, and that its bytes are others. */
function faultOf(path: string, work: Promise<unknown>): Promise<string | undefined> {
  return work.then(
    () => undefined,
    ({ message }: Error) => {
      if (message.includes('SHA-256')) return `${path} has other bytes than it should`;
      const words = message.replace(/^read /, '');
      return words.includes(path) ? words : `${path}: ${words}`;
    },
  );
}
