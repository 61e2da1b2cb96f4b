// `--resume DIR`: what a run that goes on is. That stands in its folder; flags may say how to compute it, not what.
import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { RunData } from '@lockstep/core';
import { type RunRecord, readRun } from '@lockstep/trainer';
import { dashed, sourceSpecOf } from './data-sources/list.js';
import { UsageError } from './errors.js';
import type { Given } from './given.js';
import { NETWORK_FLAG_NAMES } from './models/flags.js';
import { recordedOptimizer } from './optimizer-options.js';
import type { RunFlags } from './options.js';
import { modelIdentity, type RunOrigin, readOrigin, recordedNetwork } from './origin.js';
import { recordedData } from './recorded-data.js';
import type { Session } from './session.js';
import { stopComparisons } from './stop-options.js';

/**
 * The data that a run began with, found again.
 *
 * @param known it, where it was found for the same flags already
 * @throws UsageError if a flag contradicts the run; else what reading and loading throw
 */
export async function loadRecordedData(
  given: Given<RunFlags>,
  out: string,
  session: Session,
  known?: RunData,
): Promise<RunData> {
  const { flags } = given;
  const record = await readRun(out);
  const origin = readOrigin(record.origin, out);
  const contradiction = findContradiction(given, { out, config: record.config, origin });
  if (contradiction !== undefined) {
    throw new UsageError(
      `--resume ${out}: ${contradiction}. A run cannot change; leave the flag out, or start a new run`,
    );
  }
  return known ?? recordedData(out, flags, session, record);
}

/** What a run has of these is told by what was given alone. */
const AS_GIVEN = [
  ...(['schedule', 'scheduleEpochs', 'scheduleSteps', 'scheduleGamma', 'scheduleMinimum'] as const),
  ...(['warmupEpochs', 'warmupSteps', 'warmupStart'] as const),
  ...(['labelSmoothing', 'classWeights', 'positiveWeight'] as const),
  ...(['augment', 'normalize', 'freeze', 'group', 'initOnly'] as const),
];

export interface RecordedRun {
  readonly out: string;
  readonly config: RunRecord['config'];
  readonly origin: RunOrigin;
}

/** @returns the first given flag that says something else than the run, in words; undefined if none does */
export function findContradiction(
  { flags, isGiven, again }: Given<RunFlags>,
  { out, config, origin }: RecordedRun,
): string | undefined {
  const network = recordedNetwork(origin);
  const comparisons: [keyof RunFlags, given: unknown, recorded: unknown][] = [
    ['dataset', flags.dataset, origin.dataset],
    ['metrics', besidesAccuracy(flags.metrics), besidesAccuracy(config.graph.metrics)],
    ['limitTrain', flags.limitTrain, origin.limitTrain],
    ['limitTest', flags.limitTest, origin.limitTest],
    ['model', modelIdentity(flags.model), origin.model],
    ...NETWORK_FLAG_NAMES.map((flag): [keyof RunFlags, unknown, unknown] => [
      ...([flag, flags[flag], network[flag]] as const),
    ]),
    ['loss', flags.loss, origin.loss],
    ['positive', flags.positive, origin.positive],
    ['init', flags.init && resolve(flags.init), origin.init],
    ['epochs', flags.epochs, config.epochs],
    ['batchSize', flags.batchSize, config.batchSize],
    ['seed', flags.seed, config.seed],
    ['shards', flags.shards, config.shards],
    ['shuffle', flags.shuffle, config.shuffle],
    ['dropLast', flags.dropLast, config.dropLast],
    ...recordedOptimizer(config.optimizer).map(
      ([flag, recorded]): [keyof RunFlags, unknown, unknown] => [flag, flags[flag], recorded],
    ),
    ...AS_GIVEN.map((flag): [keyof RunFlags, unknown, unknown] => [
      ...([flag, flags[flag], origin.flags?.[flag]] as const),
    ]),
    ...stopComparisons(flags, config),
    ['out', flags.out && resolve(flags.out), resolve(out)],
  ];
  const source = sourceSpecOf({ flags, isGiven, again });
  for (const [flag, value] of Object.entries(source ?? {})) {
    if (flag in flags) comparisons.push([flag as keyof RunFlags, value, origin.source?.[flag]]);
  }
  const found = comparisons.find(
    ([flag, given, recorded]) => isGiven(flag) && !isDeepStrictEqual(given, recorded),
  );
  if (!found) return undefined;
  const [flag, given, recorded] = found;
  if (flag === 'shuffle') return '--no-shuffle contradicts the run, which began without it';
  if (flag === 'dropLast') return '--drop-last contradicts the run, which began without it';
  return `${dashed(flag)} ${say(given)} contradicts the run, which has ${say(recorded)}`;
}

function say(value: unknown): string {
  return value === undefined || value === null || value === '' ? 'none' : String(value);
}

/** Metrics that are told because somebody asked for them: accuracy is where the loss knows right from wrong. */
function besidesAccuracy(metrics: readonly string[] = []): string {
  return metrics.filter((name) => name !== 'accuracy').join(',');
}
