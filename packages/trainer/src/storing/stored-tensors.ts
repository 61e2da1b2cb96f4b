// The tensors of any file that holds some, as they stand in it: of a checkpoint, a model, or weights of anybody's.
// Invariant: nothing is converted. A checkpoint is verified as whoever goes on with it would verify it.
import { stat } from 'node:fs/promises';
import { ConfigError } from '@lockstep/core';
import { isModel, isOptimizers } from '@lockstep/core/internal';
import { inPlace } from '@lockstep/errors';
import { decodeNpz, decodeSafetensors, isNpz, type StoredTensor } from '@lockstep/formats';
import { isCheckpoint, loadCheckpoint } from './checkpoint-file.js';
import { readLimited } from './read-limited.js';
import { loadRunWeights } from './run-folder.js';
import { MAX_WEIGHTS_BYTES } from './weights-file.js';

/** All tensors of a file. */
export interface StoredTensors {
  readonly kind: 'run' | 'model' | 'checkpoint' | 'weights';
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** What a file of the format says besides; null of a run, of an archive, and of a checkpoint, whose own digest is over it. */
  readonly metadata: Readonly<Record<string, string>> | null;
}

/**
 * @param operation for errors
 * @param path a safetensors or npz file; or a run's folder, which stands for its newest weights
 * @throws ConfigError, FormatError or CheckpointError that names what is wrong with it
 */
export async function readTensors(operation: string, path: string): Promise<StoredTensors> {
  const found = await stat(path).catch(() => undefined);
  if (!found) throw new ConfigError(`${operation}: there is no file or folder ${path}`);
  if (found.isDirectory()) {
    const { parameters } = await loadRunWeights(path);
    const tensors = [...parameters].map(([name, values]): [string, StoredTensor] => [
      name,
      { dtype: 'F32', ...values },
    ]);
    return { kind: 'run', tensors: new Map(tensors), metadata: null };
  }
  const bytes = await readLimited(path, MAX_WEIGHTS_BYTES, operation);
  if (isNpz(bytes)) {
    const options = { maxBytes: MAX_WEIGHTS_BYTES };
    const tensors = inPlace(path, () => decodeNpz(bytes, options));
    return { kind: 'weights', tensors, metadata: null };
  }
  const { tensors, metadata } = inPlace(path, () => decodeSafetensors(bytes));
  if (isCheckpoint(metadata)) {
    return { kind: 'checkpoint', tensors: (await loadCheckpoint(path)).tensors, metadata: null };
  }
  return { kind: isModel(metadata) ? 'model' : 'weights', tensors, metadata };
}

/** Without the optimizer's: what a checkpoint has in common with weights alone. */
export function networkAlone({ tensors }: StoredTensors): ReadonlyMap<string, StoredTensor> {
  return new Map([...tensors].filter(([name]) => !isOptimizers(name)));
}
