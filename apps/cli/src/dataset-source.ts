// What `--dataset` and the flags beside it stand for: the training and the test samples.

import { basename, posix } from 'node:path';
import type { LoadProgress } from '@lockstep/data';
import { type DatasetPair, firstSamples, loadIdxFolder, loadMnist } from '@lockstep/data';
import { UsageError } from './errors.js';
import type { DataFlags } from './options.js';
import { cut } from './progress-line.js';
import type { Screen } from './screen.js';
import { formatMegabytes } from './wording.js';

const OFFICIAL_NAMES = ['mnist', 'fashion-mnist'] as const;
type OfficialName = (typeof OFFICIAL_NAMES)[number];

export interface DataRequest {
  readonly dataset: string;
  readonly dataDir: string | undefined;
  readonly offline: boolean;
  readonly limitTrain: number | undefined;
  readonly limitTest: number | undefined;
}

/** What flags ask for. */
export function requestOf(flags: DataFlags & { readonly limitTrain?: number }): DataRequest {
  return {
    dataset: flags.dataset,
    dataDir: flags.dataDir,
    offline: flags.offline,
    limitTrain: flags.limitTrain,
    limitTest: flags.limitTest,
  };
}

function isOfficial(name: string): name is OfficialName {
  return (OFFICIAL_NAMES as readonly string[]).includes(name);
}

/** @throws UsageError if the name alone does not say where the data is */
export function checkDataRequest({
  dataset,
  dataDir,
}: Pick<DataRequest, 'dataset' | 'dataDir'>): void {
  if (isOfficial(dataset) || dataDir !== undefined) return;
  throw new UsageError(
    `--dataset: there is no dataset "${dataset}"; expected ${OFFICIAL_NAMES.join(' or ')}, or a folder of four IDX files with --data-dir`,
  );
}

/**
 * Loads the samples and tells on the screen where they came from.
 *
 * @throws UsageError or DataError if they are not there or damaged; the signal's reason if aborted
 */
export async function loadData(
  request: DataRequest,
  screen: Screen,
  signal: AbortSignal,
): Promise<DatasetPair> {
  checkDataRequest(request);
  try {
    const pair = limit(await read(request, screen, signal), request);
    screen.note(`data: ${pair.train.name} from ${pair.source}`);
    return pair;
  } finally {
    screen.hide();
  }
}

async function read(
  request: DataRequest,
  screen: Screen,
  signal: AbortSignal,
): Promise<DatasetPair> {
  const { dataset, dataDir, offline } = request;
  if (!isOfficial(dataset)) {
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
  return loadMnist({ name: dataset, dataDir, offline, signal, onProgress });
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
