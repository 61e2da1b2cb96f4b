// The graph that an inspection computes: the forward pass, and the gradient of everything that the loss depends on, with
// respect to inputs, too; each value an output of its own, by a name that people know.
import { GraphError } from '../errors.js';
import type { Graph } from '../graph/graph.js';
import { WEIGHT } from '../graph/sample-weight.js';
import { operatorNamed, sourceOf } from '../ops/registry.js';
import { isBatched } from '../shape.js';
import {
  GraphBuilder,
  mapOutputs,
  neededNodes,
  parameterNode,
  replay,
} from '../transform/builder.js';
import { backpropagate } from '../transform/differentiate.js';

/** The input's name among activations and gradients. */
const INPUT = 'input';

/**
 * @param graph with a loss, or without one: then there are no gradients
 * @param training whether operators are as they are in training, or in evaluation
 * @returns its outputs are `output`, `loss`, perhaps `weight`, and `value <name>`, `gradient <name>`, `parameter <name>`
 */
export function traceGradients(graph: Graph, training: boolean): { readonly graph: Graph } {
  const builder = new GraphBuilder(graph);
  const map = replay(graph, builder, ({ op, attributes }, inputs) =>
    training ? undefined : operatorNamed(op).inEvaluation?.({ builder, attributes, inputs }),
  );
  const { loss, output, [WEIGHT]: weight } = mapOutputs(graph, map);
  if (output === undefined) throw new GraphError('inspect: the graph has no output');
  const depends: boolean[] = [];
  for (const node of builder.nodes) {
    const isStart = ['parameter', 'samples'].includes(sourceOf(node) ?? '') && node.type === 'f32';
    depends.push(isStart || node.inputs.some((input) => depends[input]));
  }
  const names = nameNodes(builder, graph, output, loss ?? output, depends);
  const gradients = loss === undefined ? [] : backpropagate(builder, loss, depends);
  const outputs: Record<string, number> = {
    output,
    ...(loss !== undefined && { loss }),
    ...(weight !== undefined && { [WEIGHT]: weight }),
  };
  const parameters = new Set(graph.parameters.map(({ name }) => name));
  for (const [name, node] of names) {
    outputs[parameters.has(name) ? `parameter ${name}` : `value ${name}`] = node;
    if (loss === undefined) continue;
    const { shape } = builder.node(node);
    outputs[`gradient ${name}`] =
      gradients[node] ?? builder.add('broadcast', [builder.constant(0)], { shape });
  }
  // The graph that it is made of has no other outputs, and updates of buffers are not computed.
  const { layers: _, ...traced } = builder.finish(outputs);
  return { graph: traced };
}

/** Parameters, the input, layers and operations in the order in which they are computed; no name is taken twice. */
function nameNodes(
  builder: GraphBuilder,
  graph: Graph,
  output: number,
  loss: number,
  depends: readonly boolean[],
): Map<string, number> {
  const names = new Map<string, number>();
  const add = (name: string, node: number): void => {
    // Tokens have no gradient, and a record is nobody's but its operator's.
    if (builder.node(node).type !== 'f32') return;
    let unique = name;
    for (let use = 2; names.has(unique); use++) unique = `${name}:${use}`;
    names.set(unique, node);
  };
  for (const [index, { name }] of graph.parameters.entries()) {
    const node = parameterNode(builder.nodes, index);
    if (node >= 0) add(name, node);
  }
  const input = builder.nodes.findIndex((node) => sourceOf(node) === 'samples');
  if (input >= 0) add(INPUT, input);
  for (const [name, node] of builder.layers) add(name, node);
  const layers = new Set(builder.layers.values());
  const ofOutput = neededNodes(builder.nodes, [output]);
  const ofLoss = neededNodes(builder.nodes, [loss]);
  for (const [index, node] of [...builder.nodes.entries()]) {
    const isNamed = layers.has(index) || sourceOf(node) !== undefined;
    if (isNamed || !depends[index] || !ofLoss[index] || !isBatched(node.shape)) continue;
    add(ofOutput[index] ? node.op : `loss.${node.op}`, index);
  }
  return names;
}
