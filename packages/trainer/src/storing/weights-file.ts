// Weights in a safetensors or npz file: the one that a run leaves at its end, a checkpoint, or one that somebody brings.
// Invariant: what comes out is float32, finite, and named as in the file; what had to be converted for that is said.
// Not here: whether they fit a network (core checks that), and a run's folder (run-folder.ts).
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError, type DatasetTraits, type Graph, type Parameters } from '@lockstep/core';
import { graphIn, trainedOnIn, valuesOf } from '@lockstep/core/internal';
import {
  decodeNpz,
  decodeSafetensors,
  FormatError,
  isNpz,
  type StoredTensor,
  toFloat32,
} from '@lockstep/formats';
import { isCheckpoint, loadCheckpoint } from './checkpoint-file.js';
import { readLimited } from './read-limited.js';
import { fromCheckpoint } from './snapshot.js';

/** Weights are read whole, and cannot be larger than WebAssembly memory. */
export const MAX_WEIGHTS_BYTES = 4 * 1024 * 1024 * 1024;

/** What a weights file holds. */
export interface Weights {
  readonly parameters: Parameters;
  /** The network that they belong to, with its loss; undefined where the file does not say: it is from elsewhere, or older. */
  readonly graph: Graph | undefined;
  /** Undefined where the file does not say. */
  readonly trainedOn: DatasetTraits | undefined;
  /** What was converted to float32, in words; undefined if nothing had to be. */
  readonly converted: string | undefined;
}

/**
 * Reads weights from a safetensors file, a run's, a model's, a checkpoint or one that PyTorch users wrote, or from an archive
 * of NumPy's (.npz), in PyTorch's layout. Other numbers than float32 are converted: exactly where they fit (float16, bfloat16,
 * small integers), rounded where they are float64.
 *
 * @throws ConfigError if there is no such file
 * @throws FormatError that names the file if it is neither, or holds what float32 cannot
 */
export async function loadWeights(path: string): Promise<Weights> {
  await refuseFolder(path);
  const bytes = await readLimited(path, MAX_WEIGHTS_BYTES, 'weights');
  const what = `weights ${path}`;
  const { tensors, metadata } = named(what, () => decodeTensors(bytes));
  if (isCheckpoint(metadata)) {
    const { config, state, trainedOn } = fromCheckpoint(await loadCheckpoint(path));
    const { graph } = config;
    return { parameters: valuesOf(state), graph, trainedOn, converted: undefined };
  }
  const parameters = new Map(
    [...tensors].map(([name, tensor]) => [
      name,
      { shape: tensor.shape, data: named(what, () => toFloat32(name, tensor)) },
    ]),
  );
  const graph = graphIn(metadata, what);
  const trainedOn = trainedOnIn(metadata, what);
  return { parameters, graph, trainedOn, converted: describeConversion(tensors) };
}

/** Of either format, told apart by its first bytes. An archive says nothing besides its arrays. */
function decodeTensors(bytes: Uint8Array): ReturnType<typeof decodeSafetensors> {
  if (!isNpz(bytes)) return decodeSafetensors(bytes);
  return { tensors: decodeNpz(bytes, { maxBytes: MAX_WEIGHTS_BYTES }), metadata: {} };
}

/** @throws FormatError that names the file instead of the format */
function named<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof FormatError)) throw cause;
    throw new FormatError(`${what}: ${cause.message.replace(/^(safetensors|npz|float32): /, '')}`, {
      cause,
    });
  }
}

/** @see loadWeights; the parameters alone. */
export async function readWeights(path: string): Promise<Parameters> {
  return (await loadWeights(path)).parameters;
}

/** A folder is what people have who mean a run: its weights lie inside. */
async function refuseFolder(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isDirectory()) return;
  const inside = join(path, 'weights.safetensors');
  const isRun = (await stat(inside).catch(() => undefined))?.isFile() === true;
  throw new ConfigError(
    `weights ${path}: it is a folder, expected a safetensors or npz file${isRun ? `; give ${inside}` : ''}`,
  );
}

function describeConversion(tensors: ReadonlyMap<string, StoredTensor>): string | undefined {
  const counts = new Map<string, number>();
  for (const { dtype } of tensors.values()) {
    if (dtype !== 'F32') counts.set(dtype, (counts.get(dtype) ?? 0) + 1);
  }
  if (counts.size === 0) return undefined;
  const list = [...counts].map(([dtype, count]) => `${count} ${dtype}`).join(', ');
  const rounding = counts.has('F64') ? ' (F64 is rounded)' : '';
  return `${list} of ${tensors.size} tensors are converted to float32${rounding}`;
}
