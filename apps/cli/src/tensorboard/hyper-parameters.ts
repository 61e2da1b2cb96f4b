// What a run is, for TensorBoard's table of hyper-parameters: every flag that says so, also those that stood by default, under
// its name in camelCase, as in a file for --config. Pure.
import type {
  Experiment,
  HparamInfo,
  HparamType,
  HparamValue,
} from '@lockstep/formats/tensorboard';
import type { RunRecord } from '@lockstep/trainer';
import type { NetworkFlags } from '../models/flags.js';
import type { OptimizerFlags } from '../optimizer-options.js';
import { readOrigin } from '../origin.js';
import { recordedFlags } from '../recorded-flags.js';

/** Those that one network or optimizer has and another lacks. */
type Particular = Exclude<
  keyof NetworkFlags | keyof OptimizerFlags,
  'optimizer' | 'learningRate' | `schedule${string}` | `warmup${string}`
>;

/**
 * TensorBoard takes the table's columns from one of the runs, whichever it finds first, and shows no others. So each run names
 * these, whether it has them or not: then runs of several networks and optimizers can be compared.
 */
const PARTICULAR: Readonly<Record<Particular, HparamType>> = {
  hidden: 'string',
  activation: 'string',
  width: 'number',
  depth: 'number',
  patch: 'number',
  heads: 'number',
  positions: 'string',
  tied: 'boolean',
  dropout: 'number',
  momentum: 'number',
  dampening: 'number',
  nesterov: 'boolean',
  beta1: 'number',
  beta2: 'number',
  epsilon: 'number',
  alpha: 'number',
  weightDecay: 'number',
  clipNorm: 'number',
  clipValue: 'number',
};

/** Where the data lies on this machine. */
const OF_PLACE: readonly string[] = ['dataDir'];

/**
 * @param out of the run, for errors
 * @throws UsageError if the run was not begun by a command
 */
export function hyperParameters(
  { config, dataset, origin }: Pick<RunRecord, 'config' | 'dataset' | 'origin'>,
  out: string,
): Readonly<Record<string, HparamValue>> {
  const flags = { dataset: dataset.name, ...recordedFlags(config, readOrigin(origin, out)) };
  const values = Object.entries(flags).flatMap(([name, given]) => {
    const value = OF_PLACE.includes(name) ? undefined : plain(given);
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(values);
}

/** The columns of the table. @param tags of the numbers by which runs are compared */
export function experimentOf(
  hparams: Readonly<Record<string, HparamValue>>,
  tags: readonly string[],
  timeCreatedSecs: number,
): Experiment {
  const own = Object.entries(hparams).map(([name, value]): [string, HparamType] => [
    name,
    typeof value as 'number' | 'string' | 'boolean',
  ]);
  const types = Object.fromEntries(own);
  const infos = { ...types, ...PARTICULAR, ...types };
  return {
    timeCreatedSecs,
    hparamInfos: Object.entries(infos).map(([name, type]): HparamInfo => ({ name, type })),
    metricInfos: tags.map((tag) => ({ tag, displayName: '' })),
  };
}

/** A value of a table's cell; undefined for none. */
function plain(value: unknown): HparamValue | undefined {
  if (value === null || value === undefined) return undefined;
  if (typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean') {
    return value;
  }
  if (Array.isArray(value)) return value.join(',') || 'none';
  return Object.entries(value)
    .map(([name, one]) => `${name}=${one}`)
    .join(',');
}
