// `--init FILE|RUN`: the weights that a new run starts from, held against the data that it is to learn.
import { stat } from 'node:fs/promises';
import {
  alignDataset,
  type Dataset,
  type DatasetTraits,
  type Graph,
  LockstepError,
  type Parameters,
  type PartialStart,
  startFrom,
} from '@lockstep/core';
import { networkValues } from '@lockstep/core/internal';
import { inPlace } from '@lockstep/errors';
import { loadRunWeights, loadWeights, type Weights } from '@lockstep/trainer';
import { isOrigin } from './origin.js';
import { checkNames, namePattern } from './parameter-options.js';
import type { Screen } from './screen.js';
import { networkDifference, networkWords } from './weights-network.js';

export interface InitialWeights<Start extends Parameters | PartialStart = Parameters> {
  readonly parameters: Start;
  /** Undefined if their file does not say it. */
  readonly trainedOn: DatasetTraits | undefined;
  /**
   * The data as these weights take it: classes that they were trained for keep their numbers. Weights for wholly other
   * classes may be the start of a new task; that is said and not refused.
   *
   * @throws DataError or ShapeError if the data is laid out otherwise, or has some of the classes and others besides
   */
  fit<D extends { readonly train: Dataset }>(data: D): D;
  /**
   * Tells of a network that computes otherwise than theirs did, if their file says.
   *
   * @throws ConfigError or ShapeError that names the file if the weights are not this network's
   */
  check(graph: Graph): void;
}

/**
 * @param path a safetensors or npz file, or the folder of a run: of one that has not ended, its newest checkpoint counts
 * @throws ConfigError or FormatError that names the file or folder if it holds no weights
 */
export async function readInitialWeights(path: string, screen: Screen): Promise<InitialWeights> {
  const { parameters, trainedOn, converted, graph: there, network } = await readWeightsOf(path);
  if (converted !== undefined) screen.note(`--init ${path}: ${converted}`);
  const of = 'the data that these weights were trained on';
  const align = (data: Dataset, traits: DatasetTraits): Dataset =>
    alignDataset(`--init ${path}`, 'the data', data, traits, of);
  return {
    parameters,
    trainedOn,
    check(graph) {
      const advice = network === undefined ? '' : `The run there has ${network}`;
      checkWeights(`--init ${path}`, graph, parameters, advice);
      const difference = there && networkDifference(there, graph);
      if (difference === undefined) return;
      screen.warn(
        `--init ${path}: these weights were trained in a network that computes otherwise: ${difference}. ${advice}`.trimEnd(),
      );
    },
    fit(data) {
      if (trainedOn === undefined) return data;
      if (!isOtherTask(data.train, trainedOn)) {
        return { ...data, train: align(data.train, trainedOn) };
      }
      const { classNames: _, ...unnamed } = data.train;
      align(unnamed, trainedOn);
      screen.warn(
        `--init ${path}: these weights were trained for other classes (${trainedOn.classNames!.join(', ')}); what their outputs stand for is learnt anew`,
      );
      return data;
    },
  };
}

/**
 * Some of them; what the others were trained for does not matter, and shapes are held against the model.
 *
 * @param only names with *
 * @throws as `readInitialWeights`; UsageError if one of the names meets nothing
 */
export async function readSomeWeights(
  path: string,
  only: string,
  screen: Screen,
): Promise<InitialWeights<PartialStart>> {
  const { parameters } = await readWeightsOf(path);
  const list = (names: readonly string[]): string => names.join(', ') || 'nothing';
  return {
    parameters: inPlace(`--init ${path}`, () => {
      checkNames('--init-only', only, [...parameters.keys()]);
      return startFrom(parameters, {
        only: namePattern(only),
        onReport: ({ taken, left, drawn }) =>
          screen.note(
            `--init ${path}: took ${list(taken)}; left ${list(left)}; drawn from the seed: ${list(drawn)}`,
          ),
      });
    }),
    trainedOn: undefined,
    check: () => {},
    fit: (data) => data,
  };
}

/** Weights; of a run's folder also the flags of its network, in words. */
async function readWeightsOf(path: string): Promise<Weights & { readonly network?: string }> {
  const isFolder = (await stat(path).catch(() => undefined))?.isDirectory() === true;
  if (!isFolder) return loadWeights(path);
  const { graph, parameters, trainedOn, origin } = await loadRunWeights(path);
  const known = { graph, parameters, trainedOn, converted: undefined };
  // Who trained by a program of their own says nothing of flags.
  return isOrigin(origin) ? { ...known, network: networkWords(origin) } : known;
}

/** Whether both sides name their classes, and share none. */
function isOtherTask({ classNames }: Dataset, trainedOn: DatasetTraits): boolean {
  if (classNames === undefined || trainedOn.classNames === undefined) return false;
  return !classNames.some((name) => trainedOn.classNames!.includes(name));
}

/**
 * @param advice what to do then, for the end of the error
 * @throws ConfigError or ShapeError that says where the weights are from, if they are not the network's
 */
export function checkWeights(
  where: string,
  graph: Graph,
  parameters: Parameters,
  advice = '',
): void {
  try {
    inPlace(where, () => networkValues(graph, parameters));
  } catch (error) {
    if (!(error instanceof LockstepError) || advice === '') throw error;
    throw new LockstepError(
      error.code,
      `${error.message}${error.message.endsWith('?') ? '' : '.'} ${advice}`,
      { cause: error },
    );
  }
}
