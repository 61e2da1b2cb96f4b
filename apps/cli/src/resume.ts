// `--resume DIR`, `--continue`: what a run that goes on is. That stands in its folder; flags may say how to compute it, not what.
import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { RunData } from '@lockstep/core';
import { type RunRecord, readRun } from '@lockstep/trainer';
import { dashed, sourceSpecOf } from './data-sources/list.js';
import { UsageError } from './errors.js';
import type { Given } from './given.js';
import { wholeRequest } from './go-on.js';
import { NETWORK_FLAG_NAMES } from './models/flags.js';
import { recordedOptimizer } from './optimizer-options.js';
import type { RunFlags } from './options.js';
import { modelIdentity, type RunOrigin, readOrigin, recordedNetwork } from './origin.js';
import { PLACE_FLAGS, type RecordedData, recordedData } from './recorded-data.js';
import type { Session } from './session.js';
import { stopComparisons } from './stop-options.js';

/**
 * The data that a run began with, found again, also where flags say that it lies elsewhere now.
 *
 * @param known it, where it was found for the same flags already
 * @throws UsageError if a flag contradicts the run; else what reading and loading throw
 */
export async function loadRecordedData(
  given: Given<RunFlags>,
  out: string,
  session: Session,
  known?: RunData,
): Promise<RecordedData> {
  const { flags } = given;
  const record = await checkRequest(given, out);
  if (known) return { checked: async (work) => work(known) };
  return recordedData({ operation: '--resume', out, record }, flags, session);
}

/**
 * Holds what flags ask for against the run that goes on.
 *
 * @returns what the run is
 * @throws UsageError if a flag contradicts it; ConfigError if there is none
 */
export async function checkRequest(given: Given<RunFlags>, out: string): Promise<RunRecord> {
  const { flags } = given;
  const record = await readRun(out);
  const origin = readOrigin(record.origin, out);
  const run = { out, config: record.config, origin };
  const contradiction = flags.continue
    ? findContradiction(wholeRequest(given, origin), run, given)
    : findContradiction(given, run);
  if (contradiction !== undefined) {
    throw new UsageError(
      flags.continue
        ? `--continue: ${contradiction}. It goes on with the command that began the run in ${out}; give the same flags, or another --out`
        : `--resume ${out}: ${contradiction}. A run cannot change; leave the flag out, or start a new run`,
    );
  }
  return record;
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

/**
 * @param asked what is compared
 * @param typed the flags as they were typed, where more is asked for than those say
 * @returns the first flag that says something else than the run, in words; undefined if none does
 */
export function findContradiction(
  asked: Given<RunFlags>,
  { out, config, origin }: RecordedRun,
  typed?: Given<RunFlags>,
): string | undefined {
  const { flags, isGiven } = asked;
  const network = recordedNetwork(origin);
  const comparisons: [keyof RunFlags, given: unknown, recorded: unknown][] = [
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
  const isPlace = (flag: string): boolean => PLACE_FLAGS.some((place) => place === flag);
  // A table for testing, or a folder, says where data lies now without saying what it is.
  const isOther = (flag: string): boolean => !['testCsv', 'dataDir'].includes(flag);
  const source = sourceSpecOf(
    typed ?? { ...asked, isGiven: (flag: keyof RunFlags) => isOther(flag) && isGiven(flag) },
  );
  for (const flag of Object.keys({ ...source, ...(typed && origin.source) })) {
    if (!typed && !(flag in flags)) continue;
    if (isPlace(flag) && source?.[flag] !== undefined) continue;
    comparisons.push([flag as keyof RunFlags, source?.[flag], origin.source?.[flag]]);
  }
  comparisons.push(['dataset', flags.dataset, origin.dataset]);
  const found = comparisons.find(
    ([flag, given, recorded]) => isGiven(flag) && !isDeepStrictEqual(given, recorded),
  );
  if (!found) return undefined;
  const [flag, given, recorded] = found;
  if (typed && !typed.isGiven(flag)) return leftOut(flag, given, recorded);
  if (flag === 'shuffle') return '--no-shuffle contradicts the run, which began without it';
  if (flag === 'dropLast') return '--drop-last contradicts the run, which began without it';
  return `${dashed(flag)} ${say(given)} contradicts the run, which has ${say(recorded)}`;
}

/** Of a flag that whoever began the run gave. */
function leftOut(flag: keyof RunFlags, given: unknown, recorded: unknown): string {
  if (flag === 'dataset') return `the data is ${say(given)}, and the run has ${say(recorded)}`;
  if (flag === 'shuffle') return '--no-shuffle is left out, and the run began with it';
  if (recorded === true) return `${dashed(flag)} is left out, and the run began with it`;
  return `${dashed(flag)} is left out, and the run began with ${say(recorded)}`;
}

function say(value: unknown): string {
  return value === undefined || value === null || value === '' ? 'none' : String(value);
}

/** Metrics that are told because somebody asked for them: accuracy is where the loss knows right from wrong. */
function besidesAccuracy(metrics: readonly string[] = []): string {
  return metrics.filter((name) => name !== 'accuracy').join(',');
}
