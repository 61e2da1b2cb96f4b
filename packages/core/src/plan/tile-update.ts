// Plans an optimizer's update, a graph over stretches of the flat vectors: it reads the old state, the mean gradient and
// the step's scalars where they lie, and writes the new state where it belongs. No two of those overlap.
import type { Graph } from '../graph/graph.js';
import type { KernelCall } from '../ops/operator.js';
import { sourceOf } from '../ops/registry.js';
import { collapseLoops, concreteShape, product } from '../shape.js';
import { type DraftTensor, lowerNode, type Operation, TensorList } from './draft.js';
import { layOut } from './lay-out.js';
import { writeInPlace } from './passes/write-in-place.js';
import type { Place, Program } from './program.js';

/**
 * @param graph without views; its outputs are the new values of a state's vectors, in their order
 * @param vectorBytes of each of a state's vectors
 * @param capacity the most floats of a stretch
 */
export function planTileUpdate(graph: Graph, vectorBytes: number, capacity: number): Program {
  const places = new Map<number, Place>();
  const tensors: DraftTensor[] = [];
  const compute: Operation[] = [];
  for (const [index, node] of graph.nodes.entries()) {
    tensors.push({ bytes: 4 * product(concreteShape(node.shape, capacity)), memory: index });
    const source = sourceOf(node);
    const number = node.attributes.index as number;
    if (source === 'vector') places.set(index, vectorPlace(number, vectorBytes));
    else if (source === 'scalar') {
      places.set(index, { region: 'scalars', byteOffset: 4 * number });
    } else {
      const calls = lowerNode(graph, index);
      compute.push({ writes: index, reads: node.inputs, calls, node });
    }
  }
  const list = new TensorList(tensors);
  const results = Object.values(graph.outputs).map((from, vector): Operation => {
    const writes = list.add(tensors[from]!.bytes);
    places.set(writes, { region: 'new state', byteOffset: vector * vectorBytes });
    return { writes, reads: [from], calls: [copy(writes, from)], copies: from };
  });
  const sampleIds = list.add(0);
  return layOut(
    writeInPlace({
      graph,
      capacity,
      shards: 1,
      mostShards: 1,
      sums: { gradientFloats: 0, sections: [], floats: 0 },
      tensors: list.tensors,
      prepare: [],
      compute: [...compute, ...results],
      variants: [{ condition: { kind: 'any samples' }, instead: new Map(), added: [] }],
      kept: [sampleIds],
      places,
      sampleIds,
    }),
  );
}

/** Of what a node reads: 0 the parameters, 1 the gradient, then the optimizer's vectors, which follow the parameters. */
function vectorPlace(number: number, vectorBytes: number): Place {
  if (number === 1) return { region: 'partial', byteOffset: 0 };
  return { region: 'state', byteOffset: Math.max(0, number - 1) * vectorBytes };
}

function copy(to: number, from: number): KernelCall {
  const { lengths, strides } = collapseLoops(['N'], [[1]]);
  return {
    kernel: 'copyStrided',
    arguments: [{ node: to }, { node: from }, ...lengths, ...strides[0]],
  };
}
