// What a run's state is made of, by name: the parameters first, then the optimizer's vectors, each laid out as the
// parameters are (updates rely on that), then the model's buffers, then the running sums. A state is one stretch of bytes without gaps, in the
// memory and wherever it is handed to; every offset and size of it, and every name in a checkpoint, comes from here.
import { buffersOf, type Graph } from '../graph/graph.js';
import type { ParameterLayout } from './parameters.js';

export const PARAMETERS = 'parameters';
/** Of models that have some. */
export const BUFFERS = 'buffers';
/** The sum of the losses of the epoch's samples so far. */
export const EPOCH_LOSS = 'epochLoss';
/** Every state has these, float64 each. */
export const RUNNING_SUMS: readonly string[] = [EPOCH_LOSS];

const OPTIMIZER = 'optimizer.';

/** float32 tensors. */
export interface TensorSection {
  readonly kind: 'parameters' | 'optimizer' | 'buffers';
  /** Of the optimizer's, `optimizer.` and the vector's name. */
  readonly name: string;
  readonly byteOffset: number;
  readonly layout: ParameterLayout;
}

/** One float64. */
export interface RunningSum {
  readonly name: string;
  readonly byteOffset: number;
}

export interface StateLayout {
  readonly tensors: readonly TensorSection[];
  readonly sums: readonly RunningSum[];
  readonly bytes: number;
}

/** @param vectors the names of the optimizer's */
export function layOutState(
  parameters: ParameterLayout,
  vectors: readonly string[],
  buffers: ParameterLayout,
): StateLayout {
  let bytes = 0;
  const take = (length: number): number => {
    bytes += length;
    return bytes - length;
  };
  const section = (
    kind: TensorSection['kind'],
    name: string,
    layout: ParameterLayout,
  ): TensorSection => ({ kind, name, byteOffset: take(4 * layout.length), layout });
  const tensors = [
    section('parameters', PARAMETERS, parameters),
    ...vectors.map((vector) => section('optimizer', OPTIMIZER + vector, parameters)),
    ...(buffers.length > 0 ? [section('buffers', BUFFERS, buffers)] : []),
  ];
  const sums = RUNNING_SUMS.map((name) => ({ name, byteOffset: take(8) }));
  return { tensors, sums, bytes };
}

/** What a tensor of a section is called in a file: parameters and buffers have their PyTorch names. */
export function storedName(section: string, tensor: string): string {
  return section === PARAMETERS || section === BUFFERS ? tensor : `${section}.${tensor}`;
}

/** The section and the name of the tensor that a file calls so. @param graph of the model */
export function fromStoredName(
  graph: Pick<Graph, 'buffers'>,
  stored: string,
): { section: string; tensor: string } {
  if (!isOptimizers(stored)) {
    const isBuffer = buffersOf(graph).some(({ name }) => name === stored);
    return { section: isBuffer ? BUFFERS : PARAMETERS, tensor: stored };
  }
  const dot = stored.indexOf('.', OPTIMIZER.length);
  return { section: stored.slice(0, dot), tensor: stored.slice(dot + 1) };
}

/** Whether a name in a file is that of an optimizer's vector. */
export function isOptimizers(stored: string): boolean {
  return stored.startsWith(OPTIMIZER);
}
