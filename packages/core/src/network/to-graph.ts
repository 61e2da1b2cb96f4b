// A network as whoever calls has it, a model or its graph, becomes the graph that the rest works on.
import type { Dataset } from '../dataset.js';
import { ConfigError } from '../errors.js';
import type { Graph } from '../graph/graph.js';
import type { Loss, Losses, TargetShape } from '../losses/loss.js';
import type { Model } from '../model/model.js';
import { traceModel } from '../model/trace.js';
import { sourceOf } from '../ops/registry.js';
import { GraphBuilder, nameLayers, neededNodes } from '../transform/builder.js';
import { isUpdate } from '../transform/updates.js';
import { attachLoss } from './attach-loss.js';
import { withMetrics } from './attach-metrics.js';
import { validateGraph } from './validate.js';

/**
 * @param model a graph is checked, since it may come from anywhere
 * @param inputs what a model is traced for
 * @throws GraphError or ShapeError if it is none
 */
export function toGraph(
  model: Model | Graph,
  inputs: Pick<Dataset, 'inputShape' | 'inputParts' | 'vocabulary'>,
): Graph {
  const isGraph = typeof model === 'object' && model !== null;
  if (isGraph) return validateGraph(model);
  const { inputShape, inputParts, vocabulary } = inputs;
  return traceModel(model, inputShape, { inputParts, vocabulary });
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
  loss: Loss | Losses | undefined,
  inputs: Pick<Dataset, 'inputShape' | 'inputParts' | 'vocabulary'>,
  data: TargetShape,
): Graph {
  const graph = toGraph(model, inputs);
  if (loss) return attachLoss(graph, loss, data);
  if (graph.outputs.loss !== undefined) return graph;
  throw new ConfigError(`${operation}: the model has no loss; give one`);
}

/** A graph's output, and nothing that does not lead to it: no loss, no targets. */
export function outputAlone(graph: Graph): Graph {
  return withOutputs(graph, ({ output }) => ({ output: output! }));
}

/** A model's graph as it was before it had a loss. */
export function withoutLoss(graph: Graph): Graph {
  const bare = withOutputs(graph, (outputs) =>
    Object.fromEntries(
      Object.entries(outputs).filter(([name]) => name === 'output' || isUpdate(name)),
    ),
  );
  if (!bare.heads) return bare;
  return { ...bare, heads: bare.heads.map(({ name, shape }) => ({ name, shape })) };
}

/**
 * A graph as a trained model keeps it: with its loss, and accuracy where the loss knows right from wrong. What somebody
 * measured besides has done its work.
 */
export function withoutMetrics(graph: Graph): Graph {
  const own = (graph.metrics ?? []).filter((name) => name === 'accuracy' || OF_LOSSES.test(name));
  const kept = withMetrics(graph, own);
  if (kept === graph) return graph;
  const { loss, metrics, positive } = kept;
  return {
    ...withOutputs(graph, () => kept.outputs),
    ...(loss !== undefined && { loss }),
    ...(positive !== undefined && { positive }),
    ...(metrics && { metrics }),
  };
}

/** What losses of several outputs tell themselves. */
const OF_LOSSES = /\.(?:loss|accuracy)$/;

/** The graph of these outputs, without nodes and constants that lead to none of them. */
function withOutputs(graph: Graph, choose: (outputs: Graph['outputs']) => Graph['outputs']): Graph {
  const outputs = choose(graph.outputs);
  const needed = neededNodes(graph.nodes, Object.values(outputs));
  const builder = new GraphBuilder({ ...graph, constants: [] });
  const map: number[] = [];
  for (const [index, node] of graph.nodes.entries()) {
    if (!needed[index]) continue;
    const { op, inputs, attributes } = node;
    if (sourceOf(node) === 'constant') {
      const { values, shape } = graph.constants![attributes.index as number]!;
      map[index] = builder.constantTensor(values, shape);
      continue;
    }
    const mapped = inputs.map((input) => map[input]!);
    map[index] = builder.add(op, mapped, attributes);
  }
  nameLayers(graph, builder, map);
  const moved = Object.entries(outputs).map(([name, node]) => [name, map[node]!]);
  return builder.finish(Object.fromEntries(moved));
}
