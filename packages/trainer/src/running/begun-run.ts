// A run that has begun, as its folder has it, together with the data that it began with and kernels that compute as it did:
// what whoever goes on with it, or computes it again, needs first.
// Invariant: the folder is read, and stays as it is.
import { ConfigError, type DatasetInput, LockstepError, type RunData } from '@lockstep/core';
import { type Datasets, withValidation } from '@lockstep/core/internal';
import { datasetSha256, shareDatasets } from '@lockstep/data';
import { requireText } from '@lockstep/errors';
import type { Backend } from '@lockstep/kernels';
import { RunFolder, type RunRecord, readRun } from '../storing/run-folder.js';
import { type BackendOptions, runBackend } from './run-backend.js';

/** Which run it is, and what it began with. */
export interface BegunOptions extends BackendOptions {
  /** The run's folder. */
  readonly out: string;
  /** The data that the run began with. One dataset, or several by name: `train` is learnt from, `test` and every other is evaluated after each epoch. */
  readonly data: DatasetInput | RunData;
  /** The validation data, if the run began with a dataset of its own; a share is split off again as it was. */
  readonly validation?: DatasetInput | undefined;
}

export interface BegunRun {
  readonly record: RunRecord;
  readonly folder: RunFolder;
  /** In shared memory; the hash is that of the record. */
  readonly data: Datasets;
  readonly backend: Backend;
}

/**
 * @param operation for errors
 * @param advice what to do where the backend computes otherwise than the run began
 * @throws ConfigError, DataError or ShapeError if there is no run in the folder, or the data is not what it began with
 * @throws LockstepError (code `engine`) if the run began with another arithmetic
 */
export async function readBegun(
  operation: string,
  options: BegunOptions,
  advice: string,
): Promise<BegunRun> {
  const backend = runBackend(operation, options);
  requireText(operation, 'out', options.out);
  const record = await readRun(options.out);
  const folder = new RunFolder(options.out);
  const data = shareDatasets(dataOf(operation, options, record, folder));
  checkSha256(operation, data, record, folder);
  if (record.arithmetic !== backend.arithmetic) {
    const began =
      record.arithmetic === undefined
        ? `with an older version, whose arithmetic had no name (kernels ${record.engine})`
        : `with arithmetic ${record.arithmetic}`;
    throw new LockstepError(
      'engine',
      `${operation}: the run in ${folder.path} began ${began}, backend ${backend.name} has ${backend.arithmetic}; ` +
        `the bits could differ. ${advice}`,
    );
  }
  return { record, folder, data, backend };
}

/** The data is not what the run began with. */
export class OtherDataError extends ConfigError {}

/**
 * For those who look at a run's data and compute nothing.
 *
 * @throws OtherDataError if it is not what the run in that folder began with
 */
export function checkRunData(
  operation: string,
  options: Pick<BegunOptions, 'out' | 'data'>,
  record: RunRecord,
): void {
  const folder = new RunFolder(options.out);
  checkSha256(operation, dataOf(operation, options, record, folder), record, folder);
}

function checkSha256(
  operation: string,
  data: Datasets,
  { dataset }: RunRecord,
  { path }: RunFolder,
): void {
  const sha256 = datasetSha256(data);
  if (dataset.sha256 === sha256) return;
  throw new OtherDataError(
    `${operation}: the run in ${path} began with other data: SHA-256 ${dataset.sha256}, got ${sha256}`,
  );
}

/** With the samples split off for validation that the run has. */
function dataOf(
  operation: string,
  options: Pick<BegunOptions, 'data' | 'validation'>,
  { config, dataset }: RunRecord,
  { path }: RunFolder,
): Datasets {
  const { validation, seed } = config;
  if (validation !== undefined && options.validation !== undefined) {
    throw new ConfigError(
      `${operation}: the run in ${path} split ${validation} of its training samples off for validation, and will again; leave out validation`,
    );
  }
  const chosen = validation ?? options.validation;
  return withValidation(operation, options.data, chosen, seed, dataset.traits);
}
