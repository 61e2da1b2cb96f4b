// A network that reads a whole sequence becomes one that reads it position by position: each from its token and from what the
// positions before it have handed on, such as keys and values of attention, or the state of a recurrence. What an operator is then,
// it says itself.
// Invariant: at every position the outputs are those of the whole sequence, up to the order of additions.
import { CARRIED } from '../graph/carried.js';
import type { Graph, GraphNode } from '../graph/graph.js';
import { elementsOfPosition } from '../ops/one-position.js';
import type { Carried, PositionTensor } from '../ops/operator.js';
import { operatorNamed, sourceOf } from '../ops/registry.js';
import type { Shape } from '../shape.js';
import { GraphBuilder } from './builder.js';

/**
 * @param network in evaluation, with its output alone; its samples are sequences, [N, T]
 * @returns a graph of samples [N, 1] and a position, with the outputs `output` and, for each tensor that is handed on, what it
 *   becomes; undefined if an operator cannot be had so
 */
export function onePosition(network: Graph): Graph | undefined {
  const builder = new GraphBuilder(network);
  const samples = network.nodes.find((node) => sourceOf(node) === 'samples');
  const positions = samples?.shape[1];
  if (samples?.shape.length !== 2 || typeof positions !== 'number') return undefined;
  const position = builder.add('position', []);
  const outputs: Record<string, number> = {};
  let carriedCount = 0;
  const carry = (shape: Shape): Carried => {
    const index = carriedCount++;
    const becomes = (node: number): void => {
      outputs[CARRIED + index] = node;
    };
    return { before: builder.add('carried', [], { index, shape }), becomes };
  };
  const map: PositionTensor[] = [];
  const atPosition = (node: GraphNode): PositionTensor | undefined => {
    const { op, attributes } = node;
    if (node === samples) {
      return { node: builder.add(op, [], { ...attributes, shape: ['N', 1] }), axis: 1 };
    }
    const inputs = node.inputs.map((input) => map[input]!);
    if (inputs.every(({ axis }) => axis === undefined)) {
      return {
        node: builder.add(
          op,
          inputs.map((input) => input.node),
          attributes,
        ),
      };
    }
    const operator = operatorNamed(op);
    const shapes = node.inputs.map((input) => network.nodes[input]!.shape);
    const nodeOf = (index: number): GraphNode => builder.node(index);
    const request = { builder, node, shapes, inputs, positions, position, nodeOf, carry };
    if (operator.onePosition) return operator.onePosition(request);
    return operator.elementwise ? elementsOfPosition(request) : undefined;
  };
  for (const node of network.nodes) {
    const one = atPosition(node);
    if (!one) return undefined;
    map.push(one);
  }
  const output = map[network.outputs.output!]!;
  return output.axis === 1 ? builder.finish({ output: output.node, ...outputs }) : undefined;
}
