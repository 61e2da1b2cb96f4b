// The data that a run began with, found again as its folder says.
import type { RunData } from '@lockstep/core';
import { type RunRecord, readRun } from '@lockstep/trainer';
import { loadData } from './dataset-source.js';
import { readOrigin } from './origin.js';
import type { Session } from './session.js';

export interface RecordedDataFlags {
  /** Where it lies now, if not where it lay. */
  readonly dataDir?: string;
  readonly offline: boolean;
}

/**
 * @param out the run's folder
 * @throws ConfigError or DataError if there is no run, or its data is nowhere
 */
export async function recordedData(
  out: string,
  { dataDir, offline }: RecordedDataFlags,
  { screen, signal }: Session,
  record?: RunRecord,
): Promise<RunData> {
  const { origin: recorded, dataset } = record ?? (await readRun(out));
  const origin = readOrigin(recorded, out);
  const { train, test } = await loadData(
    {
      dataset: origin.dataset,
      isNamed: origin.isNamed ?? true,
      source: origin.source,
      dataDir: dataDir ?? origin.dataDir ?? undefined,
      offline,
      limitTrain: origin.limitTrain ?? undefined,
      limitTest: origin.limitTest ?? undefined,
    },
    { screen, signal, trainedOn: dataset.traits },
  );
  return { train, test };
}
