// `lockstep evaluate`: loss and accuracy of weights on the test samples, computed on all cores.
// A run's folder brings its own network, loss and data, a model's file or a checkpoint its network and loss; weights from
// elsewhere need flags that say them.
import { readdir, stat } from 'node:fs/promises';
import { alignDataset, type Dataset, type DatasetTraits } from '@lockstep/core';
import {
  checkRunData,
  type EvaluateOptions,
  evaluate,
  loadRunWeights,
  loadWeights,
  readRun,
} from '@lockstep/trainer';
import type { Command } from 'commander';
import { dashed } from './data-sources/list.js';
import type { LoadContext } from './data-sources/source.js';
import { checkDataRequest, type DataRequest, loadData, requestOf } from './dataset-source.js';
import { noteQuota } from './default-threads.js';
import { isInputError, UsageError } from './errors.js';
import { type Given, givenOptions } from './given.js';
import { checkWeights } from './init-weights.js';
import { buildLoss } from './loss-options.js';
import { findModel } from './model-source.js';
import { NETWORK_FLAG_NAMES } from './models/flags.js';
import { builtInNamed, checkNetworkFlags } from './models/list.js';
import {
  addDataOptions,
  addMachineOptions,
  addModelOptions,
  type DataFlags,
  type MachineFlags,
  type ModelFlags,
} from './options.js';
import { readOrigin } from './origin.js';
import { type Place, placeOf, readingFrom } from './recorded-data.js';
import type { Perform, Session } from './session.js';
import { usualMetrics } from './usual-loss.js';

interface EvaluateFlags extends DataFlags, ModelFlags, MachineFlags {}

const EXAMPLES = `
Examples:
  $ lockstep evaluate runs/2026-11-23T09-41-00Z-mnist-mlp
  $ lockstep evaluate runs/2026-11-23T09-41-00Z-mnist-mlp/weights.safetensors --dataset fashion-mnist --json
  $ lockstep evaluate from-pytorch.safetensors --activation tanh
  $ lockstep evaluate runs/iris --csv other-flowers.csv

A run's folder says which network, loss and data it has, and a file that a run left which network and loss; the flags under
Model are for weights from elsewhere.`;

/** What says which network weights belong to, and what it learnt by. */
const MODEL_FLAGS = [
  ...(['model', ...NETWORK_FLAG_NAMES, 'loss', 'positive'] as const),
  ...(['labelSmoothing', 'classWeights', 'positiveWeight'] as const),
];

/** Adds the command to a program; `perform` runs what it does. */
export function addEvaluateCommand(program: Command, perform: Perform): void {
  const command = program
    .command('evaluate')
    .description('loss and accuracy on the test set')
    .argument('<weights|run>', "a safetensors or npz file, or a run's folder")
    .addHelpText('after', EXAMPLES);
  addDataOptions(command);
  addModelOptions(command, true);
  addMachineOptions(command);
  command.action((target: string) => {
    const given = givenOptions<EvaluateFlags>(command);
    return perform((session) => evaluateTarget(given, target, session));
  });
}

/** What is evaluated, and on what. */
interface Subject {
  readonly request: DataRequest;
  /** What the network was trained on; undefined if its file does not say it. */
  readonly trainedOn: DatasetTraits | undefined;
  /** Whether the user named this data, rather than the run's own. */
  readonly isWhole: boolean;
  /** Whether the network says itself what was measured of it: a file's does not. */
  readonly isRun?: true;
  /** The run whose own file or folder it is, which must be as it was. */
  readonly own?: { readonly out: string; readonly place: Place };
  prepare(test: Dataset): Pick<EvaluateOptions, 'model' | 'loss' | 'parameters' | 'trainedOn'>;
}

async function evaluateTarget(
  given: Given<EvaluateFlags>,
  target: string,
  session: Session,
): Promise<void> {
  const { threads, kernels } = given.flags;
  const { screen, reporter, signal } = session;
  const found = await stat(target).catch(() => undefined);
  if (!found) throw new UsageError(`evaluate: there is no file or folder ${target}`);
  const subject = found.isDirectory()
    ? await ofRun(given, target)
    : await ofFile(given, target, session);
  if (subject.isWhole) checkWhole(given, target, subject);
  const isGiven = given.isGiven as LoadContext['isGiven'];
  const { train, test } = await loadData(subject.request, { screen, signal, isGiven, ...subject });
  if (subject.own) {
    const { out, place } = subject.own;
    const record = await readRun(out);
    const data = { train, test };
    await readingFrom(place, () => checkRunData('evaluate', { out, data }, record));
  }
  noteQuota(threads, screen);
  const options: EvaluateOptions = {
    ...subject.prepare(test),
    data: test,
    kernels,
    metrics: subject.isRun ? given.flags.metrics : usualMetrics(given, test),
    onWarning: (warning) => screen.warn(warning),
    ...(threads !== undefined && { threads }),
  };
  const { loss, accuracy, metrics, samples } = await untilAborted(
    evaluate(options).catch((error) => {
      if (!isInputError(error)) session.markBegun();
      throw error;
    }),
    signal,
  );
  reporter.report({
    event: 'evaluation',
    time: session.now().toISOString(),
    loss,
    accuracy: accuracy ?? null,
    metrics,
    samples,
  });
}

/**
 * Nothing of data that is named to be evaluated is kept for training, and what is not named is MNIST.
 *
 * @throws UsageError if a flag says otherwise, or the network reads other things
 */
function checkWhole(
  { isGiven }: Given<EvaluateFlags>,
  target: string,
  { request, trainedOn }: Subject,
): void {
  const { source } = request;
  const cut = (['test', 'testCsv'] as const).find((flag) =>
    (isGiven as (one: string) => boolean)(flag),
  );
  if (source && cut !== undefined) {
    throw new UsageError(
      `${dashed(cut)}: all of what ${dashed(source.source)} names is evaluated; leave it out`,
    );
  }
  if (source || isGiven('dataset') || request.dataDir !== undefined || !trainedOn) return;
  const { tokenizer, preparation } = trainedOn;
  if (!tokenizer && !preparation) return;
  throw new UsageError(
    `evaluate: ${target} is of a network that reads ${tokenizer ? 'texts' : 'tables'}; say on which, with ${tokenizer ? '--text' : '--csv'} FILE`,
  );
}

async function ofRun(given: Given<EvaluateFlags>, folder: string): Promise<Subject> {
  const { flags, isGiven } = given;
  for (const flag of MODEL_FLAGS) {
    if (isGiven(flag)) {
      throw new UsageError(
        `--${flag} goes with a weights file; ${folder} is a run and has its own`,
      );
    }
  }
  const { graph: model, parameters, trainedOn, origin: recorded } = await loadRunWeights(folder);
  const prepare = () => ({ model, parameters, trainedOn });
  const request = requestOf(given);
  if (isGiven('dataset') || request.source) {
    return { request, trainedOn, isWhole: true, isRun: true, prepare };
  }
  const origin = readOrigin(
    recorded,
    folder,
    'Say what to evaluate it on, with --dataset, --csv, --images or --text',
  );
  const isNamed = origin.isNamed ?? true;
  // What a table network or one of pictures learnt from may lie elsewhere now; IDX files are other data for it.
  const isOther =
    flags.dataDir !== undefined && (!origin.source || (await holdsIdx(flags.dataDir)));
  const place = isOther
    ? { dataDir: flags.dataDir, source: undefined }
    : await placeOf(origin, flags, { operation: 'evaluate', out: folder });
  return {
    request: {
      ...request,
      // Another folder's data is called as that folder is, as the run's own was.
      ...((isNamed || !isOther) && { dataset: origin.dataset, isNamed, isRecorded: true }),
      dataDir: undefined,
      ...place,
      limitTrain: origin.limitTrain ?? undefined,
      limitTest: flags.limitTest ?? origin.limitTest ?? undefined,
    },
    ...(place.source && flags.limitTest === undefined && { own: { out: folder, place } }),
    trainedOn,
    isWhole: false,
    isRun: true,
    prepare,
  };
}

async function holdsIdx(folder: string): Promise<boolean> {
  const names = await readdir(folder).catch((): string[] => []);
  return names.some((name) => /-idx[13]-ubyte(\.gz)?$/.test(name));
}

async function ofFile(
  given: Given<EvaluateFlags>,
  path: string,
  { screen }: Session,
): Promise<Subject> {
  const { flags, isGiven } = given;
  const request = requestOf(given);
  checkDataRequest(request);
  const { parameters, graph, trainedOn, converted } = await loadWeights(path);
  if (converted !== undefined) screen.note(`${path}: ${converted}`);
  const isDescribed = MODEL_FLAGS.some((flag) => isGiven(flag));
  if (graph && !isDescribed) {
    checkWeights(`weights ${path}`, graph, parameters);
    const prepare = () => ({ model: graph, parameters, trainedOn });
    return { request, trainedOn, isWhole: true, prepare };
  }
  checkNetworkFlags(given);
  const found = builtInNamed(flags.model)?.flagsOf(parameters, path);
  const model = await findModel({ ...given, flags: { ...found, ...flags } });
  const loss = buildLoss(flags);
  return {
    request,
    trainedOn,
    isWhole: true,
    prepare: (test) => {
      const data = trainedOn ? alignDataset('evaluate', 'the data', test, trainedOn) : test;
      const graph = model(data, flags.loss);
      checkWeights(`weights ${path}`, graph, parameters);
      return { model: graph, loss, parameters, trainedOn };
    },
  };
}

/** The work's outcome, or the signal's reason if that comes first; the work itself is not stopped. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
