// The flags that say what a new run is, and the run that they come to: the same for a run on this machine's cores
// and for one on many machines.
// Invariant: everything that can be wrong with the input is found before the run's folder is made.
import { basename } from 'node:path';
import type { RunData } from '@lockstep/core';
import type { NewRunOptions } from '@lockstep/trainer';
import type { Command } from 'commander';
import { addAugmentOption, augmentations } from './augment-option.js';
import { addConfigOption } from './config-file.js';
import type { LoadContext } from './data-sources/source.js';
import { checkDataRequest, loadData, requestOf } from './dataset-source.js';
import { UsageError } from './errors.js';
import { flagWords } from './flag-words.js';
import type { Given } from './given.js';
import { readInitialWeights, readSomeWeights } from './init-weights.js';
import { buildLoss } from './loss-options.js';
import { addMetricsOptions } from './metrics/options.js';
import { addMirrorOption, runFolder } from './mirror/options.js';
import { findModel } from './model-source.js';
import { usualFlags } from './models/list.js';
import { addOptimizerOptions, buildOptimizer } from './optimizer-options.js';
import { MOST, nonEmpty, shardCount, wholeNumber } from './option-values.js';
import { addDataOptions, addModelOptions, type RunFlags } from './options.js';
import { originOf } from './origin.js';
import { addParameterOptions, checkPatterns, groupingOf, names } from './parameter-options.js';
import { checkDefaultOut, checkOut, claimDefaultOut, releaseOut, runName } from './run-out.js';
import type { Screen } from './screen.js';
import type { Session } from './session.js';
import { addStopOptions, stopOptions } from './stop-options.js';
import { addTensorboardOption } from './tensorboard-option.js';
import { addTracingOption } from './tracing/options.js';
import { lossFor, usualLoss, usualMetrics } from './usual-loss.js';

export function addRunOptions(command: Command): void {
  addDataOptions(command);
  command.option(
    '--limit-train <n>',
    'the first N training samples only',
    wholeNumber(1, MOST.samples),
  );
  addModelOptions(command);
  command
    .option(
      '--normalize',
      'let the network take the mean from each channel and divide by its deviation, as they are in the training data',
    )
    .option(
      '--init <file|run>',
      'start from the weights in this safetensors or npz file, or of the run in this folder',
      nonEmpty,
    )
    .option(
      '--init-only <names>',
      "of --init: these alone, such as 'layers.0.*'; the others are drawn from the seed (default: all)",
      names,
    )
    .optionsGroup('Training:')
    .option(
      '--epochs <n>',
      'passes over the data; 0 writes the initial weights',
      wholeNumber(0, MOST.steps),
      5,
    )
    .option('--batch-size <n>', 'samples of a step', wholeNumber(1, MOST.samples), 64)
    .option('--seed <n>', 'of initial weights and order', wholeNumber(0), 0)
    .option(
      '--shards <n>',
      'a power of two; at most so many threads have work (default: by batch size)',
      shardCount,
    )
    .option('--no-shuffle', 'take the samples in the order of the files (default: shuffled)')
    .option('--drop-last', 'leave out the last batch of an epoch if it is short', false);
  addAugmentOption(command);
  command.optionsGroup('Optimizer:');
  addOptimizerOptions(command);
  addParameterOptions(command);
  addStopOptions(command);
  command
    .optionsGroup('Run folder:')
    .option('--out <dir>', "the run's folder (default: runs/<time>-<name>)", runFolder)
    .option(
      '--checkpoint-every <n>',
      'steps between checkpoints (default: an epoch)',
      wholeNumber(1, MOST.steps),
    )
    .option(
      '--resume <dir|url>',
      'go on with the run in this folder, or in an object store',
      nonEmpty,
    )
    .option(
      '--continue',
      'go on with the run in --out, which is the one that is asked for, or begin it where there is none',
      false,
    );
  addMirrorOption(command);
  addConfigOption(command);
  command.optionsGroup('Watching:');
  addTensorboardOption(command);
  addMetricsOptions(command);
  addTracingOption(command);
}

/** How a run begins. */
export interface Beginning {
  /** Names of flags that say how it is computed, and not what it is. */
  readonly how: readonly string[];
  /** Whether it may be one that was cut short, or has begun elsewhere. */
  readonly mayGoOn: boolean;
}

/** A new run with its folder. */
export type FoldedRun = NewRunOptions & { readonly out: string; readonly data: RunData };

/**
 * Puts a new run together, makes its folder and hands both to `start`; the folder goes again if nothing was written.
 *
 * @throws what `newRun` throws
 */
export async function withNewRun<T>(
  given: Given<RunFlags>,
  beginning: Beginning,
  session: Session,
  start: (run: FoldedRun) => Promise<T>,
): Promise<T> {
  const options = await newRun(given, beginning, session);
  session.signal.throwIfAborted();
  const { flags } = given;
  const name = runName(requestOf(given).dataset, flags.model);
  const out = flags.out ?? (await claimDefaultOut(name, session.now()));
  try {
    return await start({ ...options, out, name: basename(out) });
  } finally {
    if (flags.out === undefined) await releaseOut(out);
  }
}

/**
 * Puts a new run together, but for its folder; leaves everything as it is.
 *
 * @throws UsageError, ConfigError or DataError if flags, files and data do not fit together
 */
export async function newRun(
  given: Given<RunFlags>,
  { how, mayGoOn }: Beginning,
  session: Session,
): Promise<Omit<FoldedRun, 'out' | 'name'>> {
  const { screen, signal } = session;
  const request = requestOf(given);
  checkDataRequest(request);
  const usual = usualFlags(given, request.dataset);
  const flags = { ...given.flags, ...usual };
  const optimizer = buildOptimizer(flags);
  const use = { flags, mayBeginAgain: mayGoOn, isFetched: flags.mirror !== undefined };
  await (flags.out === undefined ? checkDefaultOut() : checkOut(flags.out, use));
  const model = await findModel(given);
  if (Object.keys(usual).length > 0) {
    screen.note(
      `${flags.model} is trained with ${flagWords({ ...usual })}, its defaults on ${request.dataset}`,
    );
  }
  const init = await initialWeights(flags, screen);
  const { train, test } = await loadData(request, {
    ...{
      screen,
      signal,
      trainedOn: init?.trainedOn,
      isGiven: given.isGiven as LoadContext['isGiven'],
    },
  });
  const data = init?.fit({ train, test }) ?? { train, test };
  const likely = usualLoss(given, train);
  const graph = model(data.train, likely);
  const lossName = lossFor(given, likely, graph, train);
  const loss = buildLoss({ ...flags, loss: lossName });
  init?.check(graph);
  checkPatterns(flags, graph);
  const taken: Given<RunFlags> = {
    ...{ ...given, flags: { ...flags, loss: lossName } },
    // A default that is the network's own may be another one some day: who repeats the run needs it.
    isGiven: (flag) => given.isGiven(flag) || flag in usual,
  };
  return {
    model: graph,
    data,
    loss,
    metrics: usualMetrics(given, train),
    optimizer,
    ...groupingOf(flags),
    epochs: flags.epochs,
    batchSize: flags.batchSize,
    seed: flags.seed,
    shuffle: flags.shuffle,
    dropLast: flags.dropLast,
    augment: augmentations(flags),
    origin: originOf(taken, how),
    signal,
    ...stopOptions(flags),
    ...(flags.shards !== undefined && { shards: flags.shards }),
    ...(flags.checkpointEvery !== undefined && { checkpointEvery: flags.checkpointEvery }),
    ...(init && { parameters: init.parameters }),
  };
}

/**
 * What a run begins with, as flags say it; undefined for what its seed draws.
 *
 * @throws UsageError if some are asked for, and there are none to take them from
 */
export async function initialWeights(
  { init, initOnly }: Pick<RunFlags, 'init' | 'initOnly'>,
  screen: Screen,
) {
  if (initOnly === undefined) {
    return init === undefined ? undefined : await readInitialWeights(init, screen);
  }
  if (init !== undefined) return readSomeWeights(init, initOnly, screen);
  throw new UsageError('--init-only goes with --init');
}
