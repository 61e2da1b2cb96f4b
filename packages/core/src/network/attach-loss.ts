// Adds a loss to a model's graph: it is called once with tensors that record what is done to them, as a model is.
import { describeValue } from '@lockstep/errors';
import { ConfigError, GraphError, ShapeError } from '../errors.js';
import type { Graph } from '../graph/graph.js';
import { WEIGHT } from '../graph/sample-weight.js';
import { isBuiltIn } from '../losses/built-in.js';
import type { Loss, TargetShape } from '../losses/loss.js';
import { metricOutput } from '../metrics/metric.js';
import { Tensor } from '../model/tensor.js';
import { formatShape, isBatched, sameShape } from '../shape.js';
import { GraphBuilder, mapOutputs, replay } from '../transform/builder.js';

/**
 * Adds a loss to a model's graph.
 *
 * @returns a graph with the outputs `output`, `loss` [N], where samples have weights `weight` [N] and, where the loss knows
 * right from wrong, that of the metric `accuracy`
 * @throws ShapeError if output and targets do not fit the loss
 */
export function attachLoss(graph: Graph, loss: Loss, data: TargetShape): Graph {
  if (typeof loss?.build !== 'function') {
    throw new ConfigError('loss: expected a loss such as crossEntropy() gives');
  }
  if (graph.outputs.loss !== undefined) {
    throw new GraphError('loss: the graph already has one');
  }
  const builder = new GraphBuilder(graph);
  const { output, ...updates } = mapOutputs(graph, replay(graph, builder));
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
  const { correct, weight } = result;
  for (const [name, tensor] of Object.entries({ correct, weight })) {
    if (tensor === undefined || (tensor instanceof Tensor && sameShape(tensor.shape, ['N']))) {
      continue;
    }
    const got = tensor instanceof Tensor ? formatShape(tensor.shape) : describeValue(tensor);
    throw new ShapeError(`${loss.name}: ${name} must be one number a sample, [N], got ${got}`);
  }
  const outputs = {
    output: output!,
    loss: result.loss.node,
    ...(weight && { [WEIGHT]: weight.node }),
    ...(correct && { [metricOutput('accuracy', 'correct')]: correct.node }),
    ...updates,
  };
  return {
    ...builder.finish(outputs),
    ...(isBuiltIn(loss) && { loss: loss.name }),
    ...(result.positive === 0 && { positive: 0 as const }),
    ...(correct && { metrics: ['accuracy'] }),
  };
}
