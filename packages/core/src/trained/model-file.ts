// A trained model as the bytes of one file, and back: a safetensors file whose tensors have PyTorch's names and layout, and
// whose metadata says the rest as JSON, so that who knows nothing of us still reads the tensors. docs/model-file.md is its page.
// Invariant: bytes may come from anywhere. What comes out of them is a model whose parts were checked one by one and against
// each other; equal models give equal bytes.
import { checkOptions, describeValue, inPlace } from '@lockstep/errors';
import {
  decodeSafetensors,
  encodeSafetensors,
  FormatError,
  type StoredTensor,
  toFloat32,
} from '@lockstep/formats';
import type { Backend } from '@lockstep/kernels';
import { readTraits, recordTraits } from '../dataset-record.js';
import type { DatasetTraits } from '../dataset-traits.js';
import { ConfigError } from '../errors.js';
import type { Graph } from '../graph/graph.js';
import { validateGraph } from '../network/validate.js';
import type { ParameterValues } from '../run/parameter-values.js';
import { TrainedModel } from './trained-model.js';

/** What a file's metadata has under `lockstep`. */
export const MODEL_FORMAT = 'lockstep-model/1';
const FAMILY = 'lockstep-model/';
/** The keys of the metadata. Files of before there were models have the last one alone. */
const KEYS = {
  format: 'lockstep',
  graph: 'lockstep-graph',
  trainedOn: 'lockstep-trained-on',
} as const;
const SHOWN_TENSORS = 3;

/** A file's metadata: texts by name. */
export type FileMetadata = Readonly<Record<string, string>>;

/**
 * A trained model's file, whole: for a download, a store of a page's, a message. In Node, `saveModel` writes one.
 *
 * @throws FormatError if graph and traits are longer than the header of a file may be (10 MB)
 */
export function encodeModel(trained: TrainedModel): Uint8Array<ArrayBuffer> {
  const chunks = modelChunks(trained);
  const bytes = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.byteLength, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}

/** The same in pieces, which are not copied: views of the model's own arrays. @throws as `encodeModel` */
export function modelChunks(trained: TrainedModel): Uint8Array[] {
  if (!(trained instanceof TrainedModel)) {
    throw new ConfigError(
      `saving a model: got ${describeValue(trained)}, expected a trained model, as fit, train and coordinate give it`,
    );
  }
  const { parameters, buffers, graph, traits } = trained;
  const tensors = [...parameters, ...buffers].map(
    ([name, { shape, data }]): [string, StoredTensor] => [name, { dtype: 'F32', shape, data }],
  );
  return encodeSafetensors(new Map(tensors), {
    // What readers of PyTorch's own files look for.
    format: 'pt',
    [KEYS.format]: MODEL_FORMAT,
    [KEYS.graph]: JSON.stringify(graph),
    [KEYS.trainedOn]: JSON.stringify(recordTraits(traits)),
  });
}

/** What `decodeModel` takes. */
export interface DecodeOptions {
  /** What computes. Default: the WebAssembly kernels. */
  readonly backend?: Backend | undefined;
}

/**
 * Reads a trained model from the bytes of its file.
 *
 * @param bytes as `encodeModel` gave them, from anywhere; they are copied
 * @throws FormatError if they are no safetensors file, or one that holds tensors and no model
 * @throws LockstepError (GraphError's, ShapeError's, ConfigError's code) if the model's parts are not valid, or do not fit
 * together
 */
export function decodeModel(bytes: Uint8Array, options: DecodeOptions = {}): TrainedModel {
  checkOptions('decodeModel', options, { backend: true });
  if (!(bytes instanceof Uint8Array)) {
    throw new ConfigError(
      `decodeModel: got ${describeValue(bytes)}, expected the bytes of a model's file as a Uint8Array`,
    );
  }
  const { tensors, metadata } = decodeSafetensors(bytes);
  if (metadata[KEYS.format] !== MODEL_FORMAT) throw refusal(metadata, [...tensors.keys()]);
  const graph = graphIn(metadata, 'model file');
  if (!graph) throw new FormatError(`model file: its metadata has no ${KEYS.graph}`);
  const traits = trainedOnIn(metadata, 'model file');
  if (!traits) {
    throw new FormatError(`model file: its metadata has no ${KEYS.trainedOn}, or an empty one`);
  }
  const parameters = new Map(
    [...tensors].map(([name, tensor]): [string, ParameterValues] => [
      name,
      { shape: tensor.shape, data: toFloat32(name, tensor).slice() },
    ]),
  );
  const { backend } = options;
  return inPlace('model file', () => new TrainedModel({ graph, parameters, traits, backend }));
}

/**
 * The network that the metadata of a file says; undefined where it says none.
 *
 * @throws FormatError if it says one under another format than this; else as `validateGraph`
 */
export function graphIn(metadata: FileMetadata, what: string): Graph | undefined {
  if (metadata[KEYS.graph] === undefined) return undefined;
  const format = metadata[KEYS.format];
  if (format !== MODEL_FORMAT) {
    throw new FormatError(
      `${what}: expected the format ${MODEL_FORMAT}, got ${format === undefined ? 'none' : quote(format)}; it was altered, or another version wrote it`,
    );
  }
  return inPlace(what, () => validateGraph(parse(metadata, KEYS.graph, what)));
}

/** Whether a safetensors file's metadata says that it is a trained model's, of whatever version. */
export function isModel(metadata: FileMetadata): boolean {
  return metadata[KEYS.format]?.startsWith(FAMILY) === true;
}

function refusal(metadata: FileMetadata, names: readonly string[]): FormatError {
  if (isModel(metadata)) {
    return new FormatError(
      `model file: expected the format ${MODEL_FORMAT}, got ${quote(metadata[KEYS.format]!)}; another version wrote it`,
    );
  }
  if (metadata.format?.startsWith('lockstep-checkpoint/')) {
    return new FormatError(
      'model file: these are the bytes of a checkpoint; loadModel reads checkpoints, or take the weights.safetensors of the run',
    );
  }
  if (metadata[KEYS.trainedOn] !== undefined) {
    return new FormatError(
      "model file: it holds the weights of a run and not their network, which files of before models were kept do not have; load the run's folder",
    );
  }
  const shown = names.slice(0, SHOWN_TENSORS).map(quote).join(', ');
  return new FormatError(
    `model file: it holds tensors (${names.length}${shown && `: ${shown}${names.length > SHOWN_TENSORS ? ', …' : ''}`}) and not the network that they belong to, so it is from elsewhere. Give the network with them, as new TrainedModel({ graph: traceModel(model, inputShape), parameters, traits }), or start a run from them with --init`,
  );
}

/** What the metadata of a file says of the training data; undefined where it says nothing. @throws as `readTraits` */
export function trainedOnIn(metadata: FileMetadata, what: string): DatasetTraits | undefined {
  if (metadata[KEYS.trainedOn] === undefined) return undefined;
  return readTraits(Object(parse(metadata, KEYS.trainedOn, what)), what);
}

function parse(metadata: FileMetadata, key: string, what: string): unknown {
  try {
    return JSON.parse(metadata[key]!);
  } catch (cause) {
    throw new FormatError(`${what}: its metadata ${key} is not JSON`, { cause });
  }
}

/** A text for a message, cut short: a file may hold megabytes. */
function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
