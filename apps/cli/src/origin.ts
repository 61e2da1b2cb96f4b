// What run.json remembers of the command that began a run, so that the same data is found again.
// It is read back from a file, so it is checked.
import { resolve } from 'node:path';
import { sourceSpecOf } from './data-sources/list.js';
import type { SourceSpec } from './data-sources/source.js';
import { nameOf } from './dataset-source.js';
import { UsageError } from './errors.js';
import type { Given } from './given.js';
import type { NetworkFlags } from './models/flags.js';
import { builtInNamed, networkFlagsOf } from './models/list.js';
import type { RunFlags } from './options.js';

export interface RunOrigin {
  readonly dataset: string;
  /** Whether the dataset was given that name, or has it of its folder. Runs that do not say it were given it. */
  readonly isNamed?: boolean;
  readonly dataDir: string | null;
  /** What a table or a folder of pictures was asked for; left out where `dataset` and `dataDir` say it. */
  readonly source?: SourceSpec;
  readonly limitTrain: number | null;
  readonly limitTest: number | null;
  /** A built-in's name, or the absolute path of a file. */
  readonly model: string;
  /** Of mlp; the flags of other built-in networks are in `network`. */
  readonly hidden: readonly number[] | null;
  readonly activation: string | null;
  /** Left out of mlp, and of a network of somebody's own. */
  readonly network?: Partial<NetworkFlags>;
  readonly loss: string;
  /** Left out where nobody said it. */
  readonly positive?: string;
  /** Absolute path of the weights that the run started from. */
  readonly init: string | null;
  /** Every flag that was given and says what the run is, with absolute paths. Runs of before this was kept have none. */
  readonly flags?: Readonly<Record<string, unknown>>;
}

/** Flags of every command that say where a run lies, and not what it is. */
const OF_PLACE: readonly string[] = [
  ...['out', 'resume', 'continue', 'config', 'json', 'profile', 'workers'],
];

/** The model as it is remembered: a file by its absolute path. */
export function modelIdentity(model: string): string {
  return builtInNamed(model) ? model : resolve(model);
}

/** @param how names of flags that say how it is computed, and not what it is */
export function originOf(given: Given<RunFlags>, how: readonly string[]): RunOrigin {
  const { flags } = given;
  const isMlp = flags.model === 'mlp';
  const network = networkFlagsOf(flags.model, flags);
  const source = sourceSpecOf(given);
  const origin = {
    ...nameOf(given, source),
    ...(source && { source }),
    dataDir: flags.dataDir === undefined ? null : resolve(flags.dataDir),
    limitTrain: flags.limitTrain ?? null,
    limitTest: flags.limitTest ?? null,
    model: modelIdentity(flags.model),
    hidden: isMlp ? network.hidden! : null,
    activation: isMlp ? network.activation! : null,
    ...(!isMlp && builtInNamed(flags.model) && { network }),
    loss: flags.loss,
    ...(flags.positive !== undefined && { positive: flags.positive }),
    init: flags.init === undefined ? null : resolve(flags.init),
  };
  const said = Object.entries(flags).filter(
    ([flag]) => given.isGiven(flag as keyof RunFlags) && ![...how, ...OF_PLACE].includes(flag),
  );
  const { source: _, ...ofSource } = source ?? { source: '' };
  const known: Readonly<Record<string, unknown>> = { ...origin, ...ofSource };
  return {
    ...origin,
    flags: Object.fromEntries(
      [...said, ...paths(flags)].map(([flag, value]) => [flag, known[flag] ?? value]),
    ),
  };
}

/** Every size of the network that a flag could have said, as the run has it. */
export function recordedNetwork({
  hidden,
  activation,
  network,
}: RunOrigin): Readonly<Record<string, unknown>> {
  return network ?? { hidden, activation };
}

/** Where the data lies is how it is computed, too, and must be known by whoever repeats the run. */
function paths({ dataDir }: RunFlags): readonly (readonly [string, unknown])[] {
  return dataDir === undefined ? [] : [['dataDir', dataDir]];
}

/**
 * @param advice what to do where there is none
 * @throws UsageError unless the origin is one that `train` wrote
 */
export function readOrigin(
  json: unknown,
  out: string,
  advice = 'Use the program that began it',
): RunOrigin {
  if (isOrigin(json)) return json;
  throw new UsageError(
    `run ${out}: run.json does not say which data the run was trained on, so it was not begun by "lockstep train". ${advice}`,
  );
}

/** Whether it is one that `train` wrote. */
export function isOrigin(json: unknown): json is RunOrigin {
  const origin = json as Partial<RunOrigin> | null | undefined;
  const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';
  const isLimit = (value: unknown): boolean =>
    value === null || (Number.isSafeInteger(value) && (value as number) >= 1);
  return (
    typeof origin === 'object' &&
    origin !== null &&
    isText(origin.dataset) &&
    (origin.isNamed === undefined || typeof origin.isNamed === 'boolean') &&
    (origin.source === undefined || isText(origin.source?.source)) &&
    isText(origin.model) &&
    isText(origin.loss) &&
    (origin.dataDir === null || isText(origin.dataDir)) &&
    isLimit(origin.limitTrain) &&
    isLimit(origin.limitTest)
  );
}
