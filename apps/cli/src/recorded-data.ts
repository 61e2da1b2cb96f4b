// The data that a run began with, found again: where its folder says, or where flags say that it lies now.
// Invariant: it is the run's own, by its SHA-256, or refused with the place where it was read and the flag that says another.
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ConfigError, type RunData } from '@lockstep/core';
import { OtherDataError, type RunRecord, readRun } from '@lockstep/trainer';
import type { Command } from 'commander';
import { dashed, sourceOf } from './data-sources/list.js';
import type { SourceSpec } from './data-sources/source.js';
import { loadData } from './dataset-source.js';
import { UsageError } from './errors.js';
import { nonEmpty } from './option-values.js';
import { type RunOrigin, readOrigin } from './origin.js';
import type { Session } from './session.js';

/** Where the data lies now, if not where it lay. */
export interface PlaceFlags {
  /** The folder that the run's own was, or one that has its files under their names. */
  readonly dataDir?: string | undefined;
  readonly csv?: string | undefined;
  readonly testCsv?: string | undefined;
  readonly images?: string | undefined;
  readonly text?: string | undefined;
}

export const PLACE_FLAGS = ['dataDir', 'csv', 'testCsv', 'images', 'text'] as const;

export interface RecordedDataFlags extends PlaceFlags {
  readonly offline: boolean;
}

/** Where the data of runs that lie in folders is looked for. */
export function addRecordedDataOptions(command: Command): Command {
  return command
    .optionsGroup('Data:')
    .option('--csv <file>', "where a run's table lies now, if not where the run found it", nonEmpty)
    .option('--test-csv <file>', 'where its table for testing lies now', nonEmpty)
    .option('--images <dir>', 'where its folder of pictures lies now', nonEmpty)
    .option('--text <file>', 'where its text lies now', nonEmpty)
    .option(
      '--data-dir <dir>',
      'where its folder of IDX files lies now, or a folder that has its table, pictures or text under their names',
      nonEmpty,
    )
    .option('--offline', 'never use the network', false);
}

export interface FindOptions {
  /** For errors. */
  readonly operation: string;
  /** The run's folder. */
  readonly out: string;
  /** Read from it unless it is known. */
  readonly record?: RunRecord | undefined;
  /** Whether the flags are said of several runs: then they count for those whose data is not where it was. */
  readonly isShared?: boolean;
}

export interface RecordedData {
  /**
   * Does what checks it.
   *
   * @throws ConfigError that says where it was read, and what says another place, if it is not what the run began with
   */
  checked<T>(work: (data: RunData) => T | Promise<T>): Promise<T>;
}

/** @throws ConfigError, DataError or UsageError if there is no run, or its data is nowhere */
export async function recordedData(
  { operation, out, record, isShared = false }: FindOptions,
  flags: RecordedDataFlags,
  { screen, signal }: Session,
): Promise<RecordedData> {
  const { origin: recorded, dataset } = record ?? (await readRun(out));
  const origin = readOrigin(recorded, out);
  const place = await placeOf(origin, flags, { operation, out, isShared });
  const { train, test } = await loadData(
    {
      dataset: origin.dataset,
      ...{ isNamed: origin.isNamed ?? true, isRecorded: true },
      source: place.source,
      dataDir: place.dataDir,
      offline: flags.offline,
      limitTrain: origin.limitTrain ?? undefined,
      limitTest: origin.limitTest ?? undefined,
    },
    { screen, signal, trainedOn: dataset.traits },
  );
  return { checked: (work) => readingFrom(place, () => work({ train, test })) };
}

/** Where a run's data is. */
export interface Place {
  readonly source?: SourceSpec | undefined;
  readonly dataDir?: string | undefined;
}

/** Does what checks data that was read there. @throws as `RecordedData.checked` */
export async function readingFrom<T>(place: Place, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof OtherDataError)) throw error;
    throw new ConfigError(`${error.message}. ${readFrom(place)}`, { cause: error });
  }
}

function readFrom({ source, dataDir }: Place): string {
  const places = source ? recordedPlaces(source) : { ...(dataDir && { dataDir }) };
  const read = Object.entries(places).map(([flag, path]) => `${dashed(flag)} ${path}`);
  if (read.length === 0) return 'Say where the right data lies with --data-dir DIR';
  return `It was read from ${read.join(' and ')}: has that changed? If the right data lies elsewhere, say where with the same ${read.length === 1 ? 'flag' : 'flags'}`;
}

/** @throws UsageError if a flag says the place of something that the run did not have, or nothing is there */
export async function placeOf(
  origin: Pick<RunOrigin, 'source' | 'dataDir' | 'dataset'>,
  flags: PlaceFlags,
  { operation, out, isShared = false }: FindOptions,
): Promise<Place> {
  const { source } = origin;
  const places = source ? recordedPlaces(source) : {};
  const stray = PLACE_FLAGS.find(
    (flag) => flag !== 'dataDir' && flags[flag] !== undefined && !(flag in places),
  );
  if (stray !== undefined && !isShared) {
    throw new UsageError(
      `${operation} ${out}: ${dashed(stray)} does not say where its data lies now, which was ${whatIs(origin)}`,
    );
  }
  if (!source) return { dataDir: await folderOf(origin, flags, { operation, out, isShared }) };
  const moved: Record<string, string> = {};
  for (const [flag, path] of Object.entries(places)) {
    const given = flags[flag as keyof PlaceFlags] ?? (await inFolder(flags.dataDir, path, flag));
    const isThere = await exists(path);
    const now = given !== undefined && !(isShared && isThere) ? resolve(given) : path;
    if (now === path ? isThere : await exists(now)) moved[flag] = now;
    else throw missing(flag, path, now, { operation, out });
  }
  return { source: { ...source, ...moved } };
}

/** By the flags that said them, without what was not given. */
function recordedPlaces(source: SourceSpec): Readonly<Record<string, string>> {
  const { places } = sourceOf(source);
  return Object.fromEntries(
    places.flatMap((flag) => (source[flag] === undefined ? [] : [[flag, String(source[flag])]])),
  );
}

async function folderOf(
  { dataDir }: Pick<RunOrigin, 'dataDir'>,
  flags: PlaceFlags,
  { operation, out, isShared = false }: FindOptions,
): Promise<string | undefined> {
  if (dataDir === null) return flags.dataDir;
  const isThere = await exists(dataDir);
  if (flags.dataDir !== undefined && !(isShared && isThere)) return flags.dataDir;
  if (!isThere) throw missing('dataDir', dataDir, dataDir, { operation, out });
  return dataDir;
}

/** Where a folder has what lay elsewhere. */
async function inFolder(
  folder: string | undefined,
  path: string,
  flag: string,
): Promise<string | undefined> {
  if (folder === undefined) return undefined;
  const inside = join(folder, path.split(/[\\/]/).at(-1)!);
  // A folder of pictures may itself be what is named.
  return flag === 'images' && !(await exists(inside)) ? folder : inside;
}

function missing(
  flag: string,
  recorded: string,
  now: string,
  { operation, out }: Pick<FindOptions, 'operation' | 'out'>,
): UsageError {
  const nor = now === recorded ? '' : `, and there is no ${now} either`;
  const kind = flag === 'csv' || flag === 'testCsv' || flag === 'text' ? 'FILE' : 'DIR';
  const folder = flag === 'dataDir' ? '' : ', or the folder that it is in with --data-dir DIR';
  return new UsageError(
    `${operation} ${out}: the run was trained on ${dashed(flag)} ${recorded}, which is not there${nor}. Say where it lies now with ${dashed(flag)} ${kind}${folder}`,
  );
}

function whatIs({ source, dataDir, dataset }: Pick<RunOrigin, 'source' | 'dataDir' | 'dataset'>) {
  if (source) {
    const words = Object.entries(recordedPlaces(source)).map(
      ([flag, path]) => `${dashed(flag)} ${path}`,
    );
    return words.join(' with ');
  }
  return dataDir === null ? `--dataset ${dataset}` : `--data-dir ${dataDir}`;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
