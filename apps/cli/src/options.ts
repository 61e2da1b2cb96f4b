// The flags that commands share.
import { KERNELS, type KernelsChoice } from '@lockstep/trainer';
import { type Command, Option } from 'commander';
import type { AugmentFlags } from './augment-option.js';
import type { DashboardFlags } from './dashboard/place.js';
import { DATA_SOURCES } from './data-sources/list.js';
import { defaultThreads } from './default-threads.js';
import { UsageError } from './errors.js';
import { addLossOptions, type LossFlags } from './loss-options.js';
import type { MetricsFlags } from './metrics/options.js';
import type { MirrorFlags } from './mirror/options.js';
import type { NetworkFlags } from './models/flags.js';
import { addNetworkOptions, MODEL_NAMES } from './models/list.js';
import type { OptimizerFlags } from './optimizer-options.js';
import { MOST, metricNameList, nonEmpty, wholeNumber } from './option-values.js';
import type { ParameterFlags } from './parameter-options.js';
import type { StopFlags } from './stop-options.js';
import type { TensorboardFlags } from './tensorboard-option.js';
import type { TracingFlags } from './tracing/options.js';

export interface DataFlags {
  readonly dataset: string;
  readonly dataDir?: string;
  readonly offline: boolean;
  readonly limitTest?: number;
  readonly metrics?: readonly string[];
}

export interface ModelFlags extends LossFlags, Partial<NetworkFlags> {
  readonly model: string;
  /** Of a new run. */
  readonly normalize?: boolean;
}

/** What a run is, wherever it is computed. */
export interface RunFlags
  extends DataFlags,
    ModelFlags,
    OptimizerFlags,
    ParameterFlags,
    StopFlags,
    AugmentFlags,
    DashboardFlags,
    TensorboardFlags,
    MetricsFlags,
    TracingFlags,
    MirrorFlags {
  readonly epochs: number;
  readonly batchSize: number;
  readonly seed: number;
  readonly shards?: number;
  readonly shuffle: boolean;
  readonly dropLast: boolean;
  readonly limitTrain?: number;
  readonly init?: string;
  readonly config?: string;
  readonly out?: string;
  readonly checkpointEvery?: number;
  readonly resume?: string;
  /** Go on with the run in `out`, or begin it. */
  readonly continue?: boolean;
  readonly json: boolean;
}

/** How a run is watched, which is no part of what it is. */
export const WATCH_FLAGS = [
  'tensorboard',
  'prometheus',
  'traceSteps',
  'dashboard',
  'mirror',
] as const;

/** How a machine computes. */
export interface MachineFlags {
  /** Compute threads, under whichever name. */
  readonly threads?: number;
  readonly kernels: KernelsChoice;
  readonly json: boolean;
}

export interface TrainFlags extends RunFlags, MachineFlags {
  readonly profile: boolean;
}

export function addDataOptions(command: Command): void {
  command.optionsGroup('Data:');
  for (const source of DATA_SOURCES) source.addOptions(command);
  command
    .option(
      '--dataset <name>',
      'mnist, fashion-mnist, cifar10, or a name for --data-dir',
      nonEmpty,
      'mnist',
    )
    .option(
      '--data-dir <dir>',
      "a folder with four IDX files, plain or .gz, or with cifar10's files; without --dataset called by the folder's name",
      nonEmpty,
    )
    .option('--offline', 'never use the network', false)
    .option('--limit-test <n>', 'the first N test samples only', wholeNumber(1, MOST.samples))
    .option('--metrics <names>', 'what else to tell, such as f1,confusion-matrix', metricNameList);
}

/** @param inWeights whether sizes are found in weights where no flag says them */
export function addModelOptions(command: Command, inWeights = false): void {
  command.optionsGroup('Model:');
  command.option(
    '--model <name|file>',
    `${MODEL_NAMES.join(', ')}; a graph in a .json file; or a .js or .mjs module that exports a model by default`,
    nonEmpty,
    'mlp',
  );
  addNetworkOptions(command, inWeights);
  addLossOptions(command);
}

export function addMachineOptions(command: Command): void {
  command.optionsGroup('Machine and output:');
  command
    .option(
      '--threads <n>',
      `compute threads (default: ${defaultThreads()}); cannot change the result`,
      wholeNumber(1, MOST.threads),
    )
    .option('--workers <n>', 'another name of --threads', wholeNumber(1, MOST.threads))
    .addOption(kernelsOption())
    .addOption(jsonOption())
    .hook('preAction', takeWorkersAsThreads);
}

/** @throws UsageError if the two names of the number of threads say different ones */
function takeWorkersAsThreads(command: Command): void {
  const { threads, workers } = command.opts<{ threads?: number; workers?: number }>();
  if (workers === undefined) return;
  if (threads !== undefined && threads !== workers) {
    throw new UsageError(
      `--threads ${threads} and --workers ${workers} are two names of one number; give --threads`,
    );
  }
  command.setOptionValueWithSource('threads', workers, 'cli');
}

export function kernelsOption(): Option {
  return new Option(
    '--kernels <which>',
    'what computes: native where it was compiled, else wasm; cannot change the result',
  )
    .choices(KERNELS)
    .default('auto' satisfies KernelsChoice);
}

export function jsonOption(): Option {
  return new Option('--json', 'one JSON object a line on stdout, nothing else there').default(
    false,
  );
}
