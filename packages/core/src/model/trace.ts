// Turns a model, and a loss, into a graph: each is called once with tensors that record what is done to them.
import { describeValue } from '@lockstep/errors';
import { ConfigError, GraphError, ShapeError } from '../errors.js';
import { GraphBuilder, mapOutputs, replay } from '../graph/builder.js';
import type { Graph } from '../graph/graph.js';
import { isBuiltIn } from '../losses/built-in.js';
import type { Loss, TargetShape } from '../losses/loss.js';
import { checkShape, formatShape, isBatched, sameShape } from '../shape.js';
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
  const output = callModel(model, 'model', input, new Scope(builder));
  if (!isBatched(output.shape) || output.type !== 'f32') {
    throw new ShapeError(
      `model: the output is ${formatShape(output.shape)}, expected numbers with a batch axis [N, …]`,
    );
  }
  return builder.finish({ output: output.node });
}

/**
 * Adds a loss to a model's graph.
 *
 * @returns a graph with the outputs `output`, `loss` [N] and, where the loss knows right from wrong,
 * `correct` [N]
 * @throws ShapeError if output and targets do not fit the loss
 */
export function attachLoss(graph: Graph, loss: Loss, data: TargetShape): Graph {
  if (typeof loss?.build !== 'function') {
    throw new ConfigError('loss: expected a loss such as crossEntropy() gives');
  }
  if (graph.outputs.loss !== undefined) {
    throw new GraphError('loss: the graph already has one');
  }
  const builder = new GraphBuilder();
  builder.parameters.push(...graph.parameters);
  const { output } = mapOutputs(graph, replay(graph, builder));
  const target =
    data.classes === undefined
      ? builder.add('target', [], { shape: ['N', ...data.targetShape] })
      : builder.add('labels', []);
  const result = loss.build(new Tensor(builder, output!), new Tensor(builder, target), data);
  if (!(result?.loss instanceof Tensor)) {
    throw new ConfigError(
      `${loss.name}: a loss's build must return { loss } or { loss, correct }, with a tensor of one number a sample; did it return the tensor itself, or nothing?`,
    );
  }
  const { shape } = result.loss;
  if (shape.length !== 1 || !isBatched(shape)) {
    throw new ShapeError(
      `${loss.name}: a loss must be one number a sample, [N], got ${formatShape(shape)}`,
    );
  }
  const { correct } = result;
  if (correct !== undefined && !(correct instanceof Tensor && sameShape(correct.shape, ['N']))) {
    const got = correct instanceof Tensor ? formatShape(correct.shape) : describeValue(correct);
    throw new ShapeError(`${loss.name}: correct must be one number a sample, [N], got ${got}`);
  }
  const outputs = {
    output: output!,
    loss: result.loss.node,
    ...(correct && { correct: correct.node }),
  };
  return { ...builder.finish(outputs), ...(isBuiltIn(loss) && { loss: loss.name }) };
}
