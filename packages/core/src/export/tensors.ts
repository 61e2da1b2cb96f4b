// What a trained model has learnt as files of tensors alone, for whoever has the network in another framework: parameters
// first, then buffers, by their names and in PyTorch's layout, float32. Equal models give equal bytes.
// Not here: the file that a model comes back from (trained/model-file.ts).
import { checkOptions } from '@lockstep/errors';
import {
  encodeNpz,
  encodeSafetensors,
  type NpzOptions,
  type StoredTensor,
} from '@lockstep/formats';
import type { TrainedModel } from '../trained/trained-model.js';
import { type ExportFormat, requireTrained } from './export-format.js';

/**
 * A trained model's tensors as an archive that numpy.load reads: `dict(numpy.load(path))`.
 *
 * @throws ConfigError if it is no trained model; FormatError beyond 4 GiB
 */
export function exportNpz(trained: TrainedModel, options: NpzOptions = {}): Uint8Array {
  checkOptions('exportNpz', options, { compress: true });
  requireTrained('exportNpz', trained);
  return encodeNpz(tensorsOf(trained), options);
}

/**
 * A trained model's tensors as a safetensors file that says nothing else: `safetensors.torch.load_file(path)`.
 *
 * @throws ConfigError if it is no trained model
 */
export function exportSafetensors(trained: TrainedModel): Uint8Array {
  requireTrained('exportSafetensors', trained);
  // PyTorch's own readers look for the format.
  const chunks = encodeSafetensors(tensorsOf(trained), { format: 'pt' });
  const bytes = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.byteLength, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}

function tensorsOf({ parameters, buffers }: TrainedModel): Map<string, StoredTensor> {
  return new Map(
    [...parameters, ...buffers].map(([name, { shape, data }]) => [
      name,
      { dtype: 'F32', shape, data },
    ]),
  );
}

export const NPZ: ExportFormat = {
  name: 'npz',
  extension: '.npz',
  what: 'weights for NumPy',
  settings: ['compress'],
  encode: (trained, { compress = false }) => exportNpz(trained, { compress }),
};

export const SAFETENSORS: ExportFormat = {
  name: 'safetensors',
  extension: '.safetensors',
  what: 'weights alone, for PyTorch',
  settings: [],
  encode: exportSafetensors,
};
