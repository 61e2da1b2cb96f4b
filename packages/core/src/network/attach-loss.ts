// Adds a loss to a model's graph: it is called once with tensors that record what is done to them, as a model is.
import { ConfigError, GraphError } from '../errors.js';
import type { Graph } from '../graph/graph.js';
import { WEIGHT } from '../graph/sample-weight.js';
import { isBuiltIn } from '../losses/built-in.js';
import type { Loss, Losses, TargetShape } from '../losses/loss.js';
import { metricOutput } from '../metrics/metric.js';
import { Tensor } from '../model/tensor.js';
import { GraphBuilder, mapOutputs, replay } from '../transform/builder.js';
import { attachLosses } from './attach-losses.js';
import { buildLoss } from './build-loss.js';

/** Adds what a dataset gives to compare with: values, or class labels of samples or of positions. @returns its node */
export function addTarget(
  builder: GraphBuilder,
  { targetShape, classes }: Pick<TargetShape, 'targetShape' | 'classes'>,
): number {
  const shape = { shape: ['N' as const, ...targetShape] };
  if (classes === undefined) return builder.add('target', [], shape);
  return builder.add('labels', [], targetShape.length > 0 ? shape : {});
}

/**
 * Adds a loss to a model's graph, or losses by name to that of a model whose outputs have names.
 *
 * @returns a graph with the outputs `output`, `loss` [N], where samples have weights `weight` [N] and, where the loss knows
 * right from wrong, that of the metric `accuracy`
 * @throws ShapeError if output and targets do not fit the loss
 */
export function attachLoss(graph: Graph, given: Loss | Losses, data: TargetShape): Graph {
  if (graph.heads) return attachLosses(graph, graph.heads, given, data);
  const loss = given as Loss;
  if (typeof loss?.build !== 'function') {
    throw new ConfigError(
      typeof loss === 'object' && loss !== null
        ? 'loss: it has losses by name, and the model gives one output; give one loss such as crossEntropy() gives, or let the model return { name: tensor }'
        : 'loss: expected a loss such as crossEntropy() gives',
    );
  }
  if (graph.outputs.loss !== undefined) {
    throw new GraphError('loss: the graph already has one');
  }
  const builder = new GraphBuilder(graph);
  const { output, ...updates } = mapOutputs(graph, replay(graph, builder));
  const target = addTarget(builder, data);
  const outputTensor = new Tensor(builder, output!);
  const targetTensor = new Tensor(builder, target);
  const result = buildLoss(loss, outputTensor, targetTensor, data);
  const { correct, weight, counted } = result;
  const outputs = {
    output: output!,
    loss: result.loss.node,
    ...(weight && { [WEIGHT]: weight.node }),
    ...(correct && { [metricOutput('accuracy', 'correct')]: correct.node }),
    ...(correct && counted && { [metricOutput('accuracy', 'counted')]: counted.node }),
    ...updates,
  };
  return {
    ...builder.finish(outputs),
    ...(isBuiltIn(loss) && { loss: loss.name }),
    ...(result.positive === 0 && { positive: 0 as const }),
    ...(correct && { metrics: ['accuracy'] }),
  };
}
