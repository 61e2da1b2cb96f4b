// Gradient by graph transformation: the graph of a loss becomes the graph of the loss summed over the batch
// and of each parameter's gradient of that sum. Sums, not means, so that shards can be added up.
import { GraphError } from '../errors.js';
import type { Graph, GraphNode } from '../graph/graph.js';
import { WEIGHT } from '../graph/sample-weight.js';
import { operatorNamed, sourceOf } from '../ops/registry.js';
import { GraphBuilder, mapOutputs, neededNodes, parameterNode, replay } from './builder.js';
import { isUpdate } from './updates.js';

/** The output that holds parameter `index`'s gradient. */
export function gradientOutput(index: number): string {
  return `gradient.${index}`;
}

/** What the names of outputs that are summed over the batch begin with. */
export const SUM = 'sum.';

/** The output that holds the sum over the batch of what the model's graph calls `output`. */
export function sumOutput(output: string): string {
  return SUM + output;
}

/** The nodes that are sums over all samples of a batch. */
export function ofBatch(nodes: readonly GraphNode[]): number[] {
  return nodes.flatMap(({ op }, index) => (operatorNamed(op).ofBatch ? [index] : []));
}

/** What is summed for the node at `place` in that list. */
export function batchSumName(place: number): string {
  return `batch.${place}`;
}

/**
 * @param graph a graph with the output `loss` [N]
 * @param frozen names of parameters whose gradients are zero, and cost nothing
 * @returns a graph with the output `sum.loss` [], `sum.weight` [] where samples have weights, the sums over the batch that updates of buffers read, and the gradient
 * of sum.loss with respect to each parameter, in the parameter's shape. Nothing is computed towards the input.
 * @throws GraphError if the graph has no loss
 */
export function differentiate(graph: Graph, frozen: ReadonlySet<string> = new Set()): Graph {
  const builder = new GraphBuilder(graph);
  const map = replay(graph, builder);
  const { loss } = mapOutputs(graph, map);
  if (loss === undefined) throw new GraphError('differentiate: the graph has no loss');

  const depends: boolean[] = [];
  for (const node of builder.nodes) {
    const isTrained =
      sourceOf(node) === 'parameter' &&
      !frozen.has(graph.parameters[node.attributes.index as number]!.name);
    depends.push(isTrained || node.inputs.some((input) => depends[input]));
  }
  const gradients = backpropagate(builder, loss, depends);
  return builder.finish(collectOutputs(graph, map, builder, gradients));
}

/**
 * Adds the gradients of a loss [N], summed over the batch, to the graph of the loss.
 *
 * @param depends which nodes a gradient is wanted of, and all nodes that are made of those; no others get one
 * @returns the node of each node's gradient, of the node's shape; undefined where it is zero
 */
export function backpropagate(
  builder: GraphBuilder,
  loss: number,
  depends: readonly boolean[],
): (number | undefined)[] {
  const forward = depends.length;
  const gradients: (number | undefined)[] = new Array(forward).fill(undefined);
  if (depends[loss]) {
    gradients[loss] = builder.add('broadcast', [builder.constant(1)], { shape: ['N'] });
  }
  for (let index = forward - 1; index >= 0; index--) {
    const node = builder.node(index);
    const dOutput = gradients[index];
    if (dOutput === undefined || node.inputs.length === 0) continue;
    const rule = operatorNamed(node.op).gradient;
    if (!rule) continue;
    const needed = node.inputs.map((input) => depends[input]!);
    const nodeOf = (input: number): GraphNode => builder.node(input);
    const { inputs } = node;
    const results = rule({ builder, node, inputs, output: index, dOutput, needed, nodeOf });
    for (const [i, gradient] of results.entries()) {
      const input = node.inputs[i]!;
      if (gradient === undefined || !needed[i]) continue;
      const sum = gradients[input];
      gradients[input] = sum === undefined ? gradient : builder.add('add', [sum, gradient]);
    }
  }
  return gradients;
}

function collectOutputs(
  graph: Graph,
  map: readonly number[],
  builder: GraphBuilder,
  gradients: readonly (number | undefined)[],
): Record<string, number> {
  const summed = ['loss', WEIGHT].filter((name) => graph.outputs[name] !== undefined);
  const outputs = batchSums(graph, map, builder, summed);
  for (const [place, node] of ofBatch(builder.nodes).entries()) {
    outputs[sumOutput(batchSumName(place))] = node;
  }
  for (const [index, parameter] of graph.parameters.entries()) {
    const node = parameterNode(builder.nodes, index);
    // A parameter that is frozen, or that no loss depends on, has a gradient of zero, and stays as it is.
    outputs[gradientOutput(index)] =
      gradients[node] ??
      builder.add('broadcast', [builder.constant(0)], { shape: parameter.shape });
  }
  return outputs;
}

/**
 * The graph of a loss as it is evaluated: the output, the sum over the batch of every other one, no gradient and no update;
 * operators that differ there, as dropout does, are what they say.
 *
 * @throws GraphError if an operator that mixes samples does not say
 */
export function evaluation(graph: Graph): Graph {
  const builder = new GraphBuilder(graph);
  const map = replay(graph, builder, ({ op, attributes }, inputs) =>
    operatorNamed(op).inEvaluation?.({ builder, attributes, inputs }),
  );
  const summed = Object.keys(graph.outputs).filter((name) => name !== 'output' && !isUpdate(name));
  const outputs = {
    output: map[graph.outputs.output!]!,
    ...batchSums(graph, map, builder, summed),
  };
  const needed = neededNodes(builder.nodes, Object.values(outputs));
  const mixing = builder.nodes.find(
    ({ op }, index) => needed[index] && operatorNamed(op).mixesSamples,
  );
  if (mixing) {
    throw new GraphError(
      `evaluation: ${mixing.op} mixes samples, and says not what stands for it where each is evaluated by itself`,
    );
  }
  return builder.finish(outputs);
}

function batchSums(
  graph: Graph,
  map: readonly number[],
  builder: GraphBuilder,
  names: readonly string[],
): Record<string, number> {
  return Object.fromEntries(
    names.map((name) => [
      sumOutput(name),
      builder.add('sum', [map[graph.outputs[name]!]!], { axis: 0, count: 1 }),
    ]),
  );
}
