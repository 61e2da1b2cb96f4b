// A trained model against its ONNX file, on the same inputs.
import type { DatasetTraits } from '../../packages/core/src/dataset-traits.js';
import { exportOnnx, type OnnxOptions } from '../../packages/core/src/export/onnx/export-onnx.js';
import type { Graph } from '../../packages/core/src/graph/graph.js';
import { product } from '../../packages/core/src/shape.js';
import { Random } from '../../packages/core/src/testing/random.js';
import { TrainedModel } from '../../packages/core/src/trained/trained-model.js';
import { OnnxSession } from './ort.js';

/**
 * Absolute, and relative above 1: two orders of adding up a few hundred products of float32, and exponentials, logarithms
 * and error functions of another make, which differ by a few units in the last place (1.2e-7).
 */
export const TOLERANCE = 1e-5;

/** A model with random parameters and buffers from `low` on, that was trained on nothing. */
export function randomModel(
  graph: Graph,
  inputShape: readonly number[],
  low: number,
  traits: Partial<DatasetTraits> = {},
): TrainedModel {
  const random = new Random(1);
  const values = (tensors: Graph['parameters']) =>
    new Map(
      tensors.map(({ name, shape }) => [name, { shape, data: random.floats(product(shape), low) }]),
    );
  return new TrainedModel({
    graph,
    parameters: values(graph.parameters),
    buffers: values(graph.buffers ?? []),
    traits: { inputShape, inputDivisor: 1, targetShape: [1], classes: undefined, ...traits },
  });
}

export interface Comparison {
  readonly rows: number;
  readonly ours: Float32Array;
  readonly theirs: Float32Array;
  /** Elements of one sample's output. */
  readonly size: number;
}

/** What both say of so many samples. */
export async function compare(
  trained: TrainedModel,
  inputs: Float32Array,
  options: OnnxOptions = {},
): Promise<Comparison> {
  const { inputShape, vocabulary } = trained.traits;
  const rows = inputs.length / product(inputShape);
  const session = await OnnxSession.open(exportOnnx(trained, options));
  const { dims, data } = await session.compute(inputs, rows, inputShape, vocabulary !== undefined);
  await session.close();
  const ours = trained.predict(inputs) as Float32Array;
  const expected = [rows, ...trained.outputShape];
  if (dims.join() !== expected.join()) throw new Error(`ONNX gives [${dims}], not [${expected}]`);
  return { rows, ours, theirs: data, size: ours.length / rows };
}

/** The first sample on which they differ, and how; undefined if none. */
export function firstDifference({
  ours,
  theirs,
  size,
}: Comparison): { readonly row: number; readonly what: string } | undefined {
  for (let i = 0; i < ours.length; i++) {
    const [a, b] = [ours[i]!, theirs[i]!];
    if (Math.abs(a - b) <= TOLERANCE * Math.max(1, Math.abs(a))) continue;
    return { row: Math.floor(i / size), what: `element ${i}: ${a}, by ONNX ${b}` };
  }
  return undefined;
}
