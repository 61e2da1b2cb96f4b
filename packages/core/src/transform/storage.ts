// Chooses how each parameter lies in memory. A weight [out, in] whose forward uses are all transposed (a
// linear layer's x Wᵀ) is stored as [in, out], the layout the product reads, and its gradient is written
// in that layout too. The exported layout never changes; conversion happens at the edges (see parameters.ts).

import type { Graph, GraphNode } from '../graph/graph.js';
import { operatorNamed, sourceOf } from '../ops/registry.js';
import { GraphBuilder, mapOutputs, parameterNode, replay } from './builder.js';
import { gradientOutput } from './differentiate.js';

const SWAPPED = { axes: [1, 0] };

/** Whether all that a node does is to order the two axes of a matrix. */
function isSwap({ op, attributes }: GraphNode): boolean {
  return operatorNamed(op).axes?.(attributes).length === 2;
}

/** Whether each parameter of a model's graph is to be stored transposed. */
export function transposedParameters(forward: Graph): boolean[] {
  return forward.parameters.map((parameter, index) => {
    if (parameter.shape.length !== 2) return false;
    const node = parameterNode(forward.nodes, index);
    const uses = forward.nodes.filter(({ inputs }) => inputs.includes(node));
    return uses.length > 0 && uses.every(isSwap);
  });
}

/**
 * The same computation on parameters as they are stored: parameter nodes and gradient outputs take the
 * stored shape.
 */
export function withStoredParameters(graph: Graph, transposed: readonly boolean[]): Graph {
  const builder = new GraphBuilder(graph);
  const map = replay(graph, builder, (node) => {
    const index = node.attributes.index as number;
    if (sourceOf(node) !== 'parameter' || !transposed[index]) return undefined;
    const [rows, columns] = graph.parameters[index]!.shape as [number, number];
    const stored = builder.add('parameter', [], { index, shape: [columns, rows] });
    return builder.add('transpose', [stored], SWAPPED);
  });
  const outputs = mapOutputs(graph, map);
  for (const [index, isTransposed] of transposed.entries()) {
    const name = gradientOutput(index);
    const gradient = outputs[name];
    if (isTransposed && gradient !== undefined) {
      outputs[name] = builder.add('transpose', [gradient], SWAPPED);
    }
  }
  return builder.finish(outputs);
}
