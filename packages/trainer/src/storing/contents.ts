// What is in a file or folder that somebody looks at, whatever it is: a run, a model, a checkpoint, weights of anybody's, or
// a network alone. Told apart by what is in it, not by its name.
// Invariant: what is told was read and checked as whoever computes with it would.
// Not here: how it is shown.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  ConfigError,
  type DatasetTraits,
  type Graph,
  type Parameters,
  validateGraph,
  weightsHash,
} from '@lockstep/core';
import {
  graphIn,
  isModel,
  networkValues,
  type RunConfig,
  trainedOnIn,
  valuesOf,
} from '@lockstep/core/internal';
import { inPlace, requireText } from '@lockstep/errors';
import { decodeNpz, decodeSafetensors, isNpz, type StoredTensor } from '@lockstep/formats';
import { isCheckpoint, loadCheckpoint } from './checkpoint-file.js';
import { readLimited } from './read-limited.js';
import {
  loadRunWeights,
  newestCheckpoint,
  type RunRecord,
  readRun,
  WEIGHTS,
} from './run-folder.js';
import { fromCheckpoint } from './snapshot.js';
import { MAX_WEIGHTS_BYTES } from './weights-file.js';

/** A tensor without its numbers. */
export interface TensorEntry {
  readonly name: string;
  /** By the name that safetensors has for it: F32, BF16, … */
  readonly dtype: string;
  readonly shape: readonly number[];
}

/** What a file or folder holds of a network. */
export interface Contents {
  readonly kind: 'run' | 'model' | 'checkpoint' | 'weights' | 'graph';
  /** The network's, or all that are there. */
  readonly tensors: readonly TensorEntry[];
  /** Undefined for weights of a network that they do not say, and where there are none. */
  readonly weightsHash?: string | undefined;
  readonly graph?: Graph | undefined;
  readonly trainedOn?: DatasetTraits | undefined;
  /** What the run is. */
  readonly config?: RunConfig | undefined;
  readonly dataset?: RunRecord['dataset'] | undefined;
  /** Steps that have been taken. Undefined for a run that has ended: its weights do not say. */
  readonly step?: number | undefined;
  /** Of a safetensors file that is nobody's here. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

/**
 * @param path a run's folder, a model's file, a checkpoint, safetensors or npz of any tensors, or a graph as JSON
 * @throws ConfigError, FormatError, CheckpointError or another LockstepError that says what is wrong with it
 */
export async function readContents(path: string): Promise<Contents> {
  requireText('inspect', 'path', path);
  const found = await stat(path).catch(() => undefined);
  if (!found) throw new ConfigError(`inspect: there is no file or folder ${path}`);
  if (found.isDirectory()) return ofRun(path);
  const bytes = await readLimited(path, MAX_WEIGHTS_BYTES, 'inspect');
  if (isNpz(bytes)) return ofTensors(inPlace(path, () => decodeNpz(bytes)));
  if (isJson(bytes)) return ofGraph(path, bytes);
  const { tensors, metadata } = inPlace(path, () => decodeSafetensors(bytes));
  if (isCheckpoint(metadata)) return ofCheckpoint(path);
  if (isModel(metadata)) return ofModel(path, tensors, metadata);
  return { ...ofTensors(tensors), metadata };
}

async function ofRun(folder: string): Promise<Contents> {
  const { config, dataset } = await readRun(folder);
  const about = { kind: 'run', config, dataset, trainedOn: dataset.traits } as const;
  const hasEnded = (await stat(join(folder, WEIGHTS)).catch(() => undefined)) !== undefined;
  if (hasEnded) {
    const { graph, parameters, weightsHash } = await loadRunWeights(folder);
    return { ...about, graph, weightsHash, tensors: entriesOf(parameters) };
  }
  const { step, state } = await newestCheckpoint(folder);
  return { ...about, step, ...(await ofNetwork(`run ${folder}`, config.graph, valuesOf(state))) };
}

async function ofCheckpoint(path: string): Promise<Contents> {
  const { config, step, state, trainedOn } = fromCheckpoint(await loadCheckpoint(path));
  const network = await ofNetwork(path, config.graph, valuesOf(state));
  return { kind: 'checkpoint', config, step, trainedOn, ...network };
}

async function ofModel(
  path: string,
  tensors: ReadonlyMap<string, StoredTensor>,
  metadata: Readonly<Record<string, string>>,
): Promise<Contents> {
  const what = `model ${path}`;
  const graph = graphIn(metadata, what);
  const trainedOn = trainedOnIn(metadata, what);
  if (!graph) return { ...ofTensors(tensors), metadata };
  const values = new Map(
    [...tensors].flatMap(([name, { dtype, shape, data }]) =>
      dtype === 'F32' ? [[name, { shape, data }] as const] : [],
    ),
  );
  return { kind: 'model', trainedOn, ...(await ofNetwork(what, graph, values)) };
}

async function ofNetwork(
  what: string,
  graph: Graph,
  values: Parameters,
): Promise<Pick<Contents, 'graph' | 'tensors' | 'weightsHash'>> {
  const { parameters } = inPlace(what, () => networkValues(graph, values));
  return { graph, tensors: entriesOf(values), weightsHash: await weightsHash(parameters) };
}

function ofTensors(tensors: ReadonlyMap<string, StoredTensor>): Contents {
  const entries = [...tensors].map(([name, { dtype, shape }]) => ({ name, dtype, shape }));
  return { kind: 'weights', tensors: entries };
}

/** A brace or white space, where a safetensors file has a length. */
function isJson(bytes: Uint8Array): boolean {
  const text = new TextDecoder().decode(bytes.subarray(0, 64)).trimStart();
  return /^\{\s*"/.test(text);
}

function ofGraph(path: string, bytes: Uint8Array): Contents {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new ConfigError(`inspect: ${path} is not valid JSON: ${(cause as Error).message}`, {
      cause,
    });
  }
  return { kind: 'graph', tensors: [], graph: inPlace(path, () => validateGraph(json)) };
}

function entriesOf(parameters: Parameters): TensorEntry[] {
  return [...parameters].map(([name, { shape }]) => ({ name, dtype: 'F32', shape }));
}
