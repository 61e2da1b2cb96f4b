// What one would want to do next with a run that has ended: the commands to type, chosen by what the model takes.
// `evaluate` is not here: a run's end tells it to everybody.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatasetTraits } from '@lockstep/core';
import { pictureWay } from '@lockstep/data';
import { LockstepError } from '@lockstep/errors';
import { type RunRecord, readRun } from '@lockstep/trainer';
import { shortPath } from './command-line.js';
import type { DashboardFlags } from './dashboard/place.js';
import type { SourceSpec } from './data-sources/source.js';
import { isOrigin } from './origin.js';
import type { Session } from './session.js';

/** A command and its arguments. */
export type Words = readonly [command: string, ...args: readonly string[]];

interface EndedRun {
  readonly traits: DatasetTraits | undefined;
  readonly heads: boolean;
  readonly hadPage?: boolean;
}

/** What is known of a run's data besides what it means: where it lies. */
export interface DataPlace {
  /** A table's file; of several that for testing. */
  readonly table?: string | undefined;
  /** A picture, or a file of them. */
  readonly pictures?: string | undefined;
}

/** What stands for an input that only the user has. */
const ROWS = 'rows.csv';
const PICTURE = 'picture.png';

/**
 * @param folder the run's, as it is to be typed
 * @param run what it was trained on; `traits` undefined where that is not known; whether it had a page
 */
export function nextCommands(
  folder: string,
  { traits, heads, hadPage = false }: EndedRun,
  { table, pictures }: DataPlace,
): Words[] {
  const looks: Words[] = [...(hadPage ? [['dashboard', folder] as const] : []), ['report', folder]];
  if (!traits) return looks;
  if (traits.tokenizer) return [['generate', folder], ...looks];
  // A file does not tell several inputs apart, and the command tells of one output.
  if (heads) return [['inspect', folder], ...looks];
  if (traits.inputParts) return [['serve', folder], ...looks];
  const input = takesPictures(traits) ? (pictures ?? PICTURE) : (table ?? ROWS);
  return [['predict', folder, input], ...looks];
}

function takesPictures(traits: DatasetTraits): boolean {
  try {
    pictureWay(traits);
    return true;
  } catch (error) {
    if (error instanceof LockstepError) return false;
    throw error;
  }
}

/** Tells them, where somebody at a terminal could type them. A run that has ended does not fail for want of advice. */
export async function tellNext(
  out: string,
  { dashboard }: DashboardFlags,
  { screen, cwd, commandLine }: Session,
): Promise<void> {
  if (!screen.isTerminal) return;
  const record = await readRun(out).catch(() => undefined);
  if (!record) return;
  const { traits } = record.dataset;
  const heads = record.config.graph.heads !== undefined;
  const run = { traits, heads, hadPage: dashboard !== undefined };
  const place = await placeOf(record);
  const shown = (path: string | undefined) => path && shortPath(path, cwd);
  for (const [command, ...args] of nextCommands(shortPath(out, cwd), run, {
    table: shown(place.table),
    pictures: shown(place.pictures),
  })) {
    screen.result(command, commandLine(command, ...args));
  }
}

async function placeOf({ origin }: RunRecord): Promise<DataPlace> {
  if (!isOrigin(origin)) return {};
  const { source, dataDir } = origin;
  if (source?.source === 'csv') return { table: plainTable(source) };
  if (source?.source === 'images') return { pictures: await firstPicture(String(source.images)) };
  return dataDir === null ? {} : { pictures: await testImagesIn(dataDir) };
}

/** Undefined where flags said how it is written, which are not asked for again. */
function plainTable({ csv, testCsv, delimiter, decimal, encoding, header }: SourceSpec) {
  const isPlain = [delimiter, decimal, encoding, header].every((said) => said === undefined);
  return isPlain ? String(testCsv ?? csv) : undefined;
}

/** In a folder of classes, or in those for training and testing. */
async function firstPicture(folder: string, depth = 2): Promise<string | undefined> {
  const names = await namesIn(folder);
  const picture = names.find((name) => /\.(png|jpe?g)$/i.test(name));
  if (picture !== undefined) return join(folder, picture);
  for (const name of depth > 0 ? names : []) {
    const found = await firstPicture(join(folder, name), depth - 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The IDX file of them. */
async function testImagesIn(folder: string): Promise<string | undefined> {
  const name = (await namesIn(folder)).find((one) => /^t10k-images/.test(one));
  return name === undefined ? undefined : join(folder, name);
}

async function namesIn(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(() => [])).sort();
}
