// A network as whoever calls has it, a model or its graph, becomes the graph that the rest works on.
import { ConfigError } from '../errors.js';
import type { Graph } from '../graph/graph.js';
import type { Loss, TargetShape } from '../losses/loss.js';
import type { Model } from '../model/model.js';
import { traceModel } from '../model/trace.js';
import { GraphBuilder, neededNodes } from '../transform/builder.js';
import { attachLoss } from './attach-loss.js';
import { validateGraph } from './validate.js';

/**
 * @param model a graph is checked, since it may come from anywhere
 * @param inputShape of one sample, for a model
 * @throws GraphError or ShapeError if it is none
 */
export function toGraph(model: Model | Graph, inputShape: readonly number[]): Graph {
  const isGraph = typeof model === 'object' && model !== null;
  return isGraph ? validateGraph(model) : traceModel(model, inputShape);
}

/**
 * The same with a loss, which a graph may have already.
 *
 * @param operation for errors
 * @throws ConfigError if there is none; GraphError if there are two
 */
export function toGraphWithLoss(
  operation: string,
  model: Model | Graph,
  loss: Loss | undefined,
  inputShape: readonly number[],
  data: TargetShape,
): Graph {
  const graph = toGraph(model, inputShape);
  if (loss) return attachLoss(graph, loss, data);
  if (graph.outputs.loss !== undefined) return graph;
  throw new ConfigError(`${operation}: the model has no loss; give one`);
}

/** A graph's output, and nothing that does not lead to it: no loss, no targets. */
export function outputAlone(graph: Graph): Graph {
  const output = graph.outputs.output!;
  const needed = neededNodes(graph.nodes, [output]);
  const builder = new GraphBuilder(graph);
  const map: number[] = [];
  for (const [index, { op, inputs, attributes }] of graph.nodes.entries()) {
    if (!needed[index]) continue;
    const mapped = inputs.map((input) => map[input]!);
    map[index] = builder.add(op, mapped, attributes);
  }
  return builder.finish({ output: map[output]! });
}
