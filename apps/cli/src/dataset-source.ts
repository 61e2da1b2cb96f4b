// What `--dataset` and the flags beside it stand for: the training and the test samples.

import { basename, posix, resolve } from 'node:path';
import type { LoadProgress } from '@lockstep/data';
import {
  type DatasetPair,
  firstSamples,
  loadCifar10,
  loadIdxFolder,
  loadMnist,
} from '@lockstep/data';
import { sourceOf, sourceSpecOf } from './data-sources/list.js';
import type { LoadContext, SourceSpec } from './data-sources/source.js';
import { UsageError } from './errors.js';
import type { Given } from './given.js';
import type { DataFlags } from './options.js';
import { cut } from './progress-line.js';
import { formatMegabytes } from './wording.js';

const OFFICIAL_NAMES = ['mnist', 'fashion-mnist', 'cifar10'] as const;
type OfficialName = (typeof OFFICIAL_NAMES)[number];

export interface DataRequest {
  /** What the dataset is called. */
  readonly dataset: string;
  /** Whether somebody called it so. Else its folder's name is its name, and says nothing of its classes. */
  readonly isNamed: boolean;
  /** Whether a run calls it so that has it on record: nobody is to call it otherwise. */
  readonly isRecorded?: boolean;
  /** Where it comes from, if not by its name or from a folder of IDX files. */
  readonly source?: SourceSpec | undefined;
  readonly dataDir: string | undefined;
  readonly offline: boolean;
  readonly limitTrain: number | undefined;
  readonly limitTest: number | undefined;
}

/** What flags ask for. */
export function requestOf(given: Given<DataFlags & { readonly limitTrain?: number }>): DataRequest {
  const { flags } = given;
  const source = sourceSpecOf(given);
  return {
    ...nameOf(given, source),
    source,
    dataDir: flags.dataDir,
    offline: flags.offline,
    limitTrain: flags.limitTrain,
    limitTest: flags.limitTest,
  };
}

/** A folder or a file alone is called as it is: nobody said that it is MNIST. */
export function nameOf(
  { flags, isGiven }: Given<DataFlags>,
  source: SourceSpec | undefined,
): Pick<DataRequest, 'dataset' | 'isNamed'> {
  const { dataset, dataDir } = flags;
  if (isGiven('dataset')) return { dataset, isNamed: true };
  if (source) return { dataset: sourceOf(source).nameOf(source), isNamed: false };
  if (dataDir === undefined) return { dataset, isNamed: true };
  return { dataset: basename(resolve(dataDir)) || 'data', isNamed: false };
}

function isOfficial(name: string): name is OfficialName {
  return (OFFICIAL_NAMES as readonly string[]).includes(name);
}

/** @throws UsageError if the name alone does not say where the data is */
export function checkDataRequest({
  dataset,
  dataDir,
  source,
}: Pick<DataRequest, 'dataset' | 'dataDir' | 'source'>): void {
  if (source || isOfficial(dataset) || dataDir !== undefined) return;
  throw new UsageError(
    `--dataset: there is no dataset "${dataset}"; expected ${OFFICIAL_NAMES.join(', ')}, or a folder of four IDX files with --data-dir`,
  );
}

/**
 * Loads the samples and tells on the screen where they came from.
 *
 * @throws UsageError or DataError if they are not there or damaged; the signal's reason if aborted
 */
export async function loadData(request: DataRequest, context: LoadContext): Promise<DatasetPair> {
  checkDataRequest(request);
  const { screen } = context;
  try {
    const pair = limit(await read(request, context), request);
    const its = request.source ? 'its file or folder' : 'its folder';
    const isCalled = request.isNamed || request.isRecorded === true;
    const hint = isCalled ? '' : ` (called as ${its}; --dataset NAME calls it otherwise)`;
    screen.note(`data: ${pair.train.name} from ${pair.source}${hint}`);
    for (const note of pair.notes ?? []) screen.note(`note: ${note}`);
    return pair;
  } finally {
    screen.hide();
  }
}

async function read(request: DataRequest, context: LoadContext): Promise<DatasetPair> {
  const { dataset, isNamed, dataDir, offline, source } = request;
  const { screen, signal } = context;
  if (source) {
    const pair = await sourceOf(source).load(source, context);
    const { train, test } = pair;
    return { ...pair, train: { ...train, name: dataset }, test: { ...test, name: dataset } };
  }
  if (!isNamed || !isOfficial(dataset)) {
    signal.throwIfAborted();
    return loadIdxFolder(dataDir!, dataset);
  }
  let line = '';
  screen.show((columns) => cut(line, columns));
  let downloading = false;
  const onProgress = (progress: LoadProgress): void => {
    line = describeLoading(progress);
    if (progress.phase !== 'download' || downloading) return;
    downloading = true;
    screen.note(`downloading ${dataset}`);
  };
  const options = { dataDir, offline, signal, onProgress };
  return dataset === 'cifar10' ? loadCifar10(options) : loadMnist({ name: dataset, ...options });
}

function describeLoading(progress: LoadProgress): string {
  if (progress.phase === 'read') return `reading ${basename(progress.file)}`;
  const { url, receivedBytes, totalBytes } = progress;
  const of = totalBytes === undefined ? '' : ` of ${formatMegabytes(totalBytes)}`;
  return `downloading ${posix.basename(url)}: ${formatMegabytes(receivedBytes)}${of}`;
}

function limit(pair: DatasetPair, { limitTrain, limitTest }: DataRequest): DatasetPair {
  return {
    ...pair,
    train: limitTrain === undefined ? pair.train : firstSamples(pair.train, limitTrain),
    test: limitTest === undefined ? pair.test : firstSamples(pair.test, limitTest),
  };
}
