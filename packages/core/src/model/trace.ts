// Turns a model into a graph: it is called once with tensors that record what is done to them.
import { ShapeError } from '../errors.js';
import type { Graph } from '../graph/graph.js';
import { checkShape, formatShape, isBatched } from '../shape.js';
import { GraphBuilder } from '../transform/builder.js';
import { checkUpdates } from '../transform/updates.js';
import { callModel, type Model, Scope } from './model.js';
import { Tensor } from './tensor.js';

/**
 * Traces a model.
 *
 * @param inputShape the shape of one sample, without the batch axis
 * @returns a graph with the output `output`
 * @throws ShapeError if the layers do not fit together or the output has no batch axis
 */
export function traceModel(model: Model, inputShape: readonly number[]): Graph {
  if (!Array.isArray(inputShape)) {
    throw new ShapeError(
      `model input: inputShape is ${String(inputShape)}, expected a list such as [784]`,
    );
  }
  const shape = ['N' as const, ...(inputShape as readonly number[])];
  checkShape(shape, 'model input');
  const builder = new GraphBuilder();
  const input = new Tensor(builder, builder.add('input', [], { shape }));
  const scope = new Scope(builder);
  const output = callModel(model, 'model', input, scope);
  if (!isBatched(output.shape) || output.type !== 'f32') {
    throw new ShapeError(
      `model: the output is ${formatShape(output.shape)}, expected numbers with a batch axis [N, …]`,
    );
  }
  const graph = builder.finish({ output: output.node, ...scope.updates });
  checkUpdates(graph);
  return graph;
}
