// The draft that passes start from: a graph's operations as their operators lower them, each computed for every shard, and
// every result copied to its place in the partial. It can be run as it is.
import type { Graph } from '../graph/graph.js';
import type { KernelCall } from '../ops/operator.js';
import { operatorNamed } from '../ops/registry.js';
import { collapseLoops, concreteShape, product } from '../shape.js';
import { neededNodes } from '../transform/builder.js';
import { gradientOutput, sumOutput } from '../transform/differentiate.js';
import { layOutConstants } from './constants.js';
import { type Draft, lowerNode, type Operation, type Tensor, TensorList } from './draft.js';
import type { ParameterLayout } from './parameters.js';
import type { Place } from './program.js';
import { layOutSums, SAMPLES, type SumLayout, sumOffset } from './sum-layout.js';

export function firstDraft(graph: Graph, parameters: ParameterLayout, capacity: number): Draft {
  const tensors: Tensor[] = [];
  const places = new Map<number, Place>();
  const compute: Operation[] = [];
  const batch: number[] = [];
  const constants = layOutConstants(graph.constants);
  const needed = neededNodes(graph.nodes, Object.values(graph.outputs));
  for (const [index, node] of graph.nodes.entries()) {
    const operator = operatorNamed(node.op);
    const memory = operator.kind === 'view' ? tensors[node.inputs[0]!]!.memory : index;
    tensors.push({ bytes: 4 * product(concreteShape(node.shape, capacity)), memory });
    if (!needed[index]) continue;
    if (operator.kind === 'compute') {
      const calls = lowerNode(graph, index);
      compute.push({ writes: index, reads: node.inputs, calls, node });
    } else if (operator.source === 'parameter') {
      const { offset } = parameters.slots[node.attributes.index as number]!;
      places.set(index, { region: 'state', byteOffset: 4 * offset });
    } else if (operator.source === 'constant') {
      const offset = constants.offsets[node.attributes.index as number]!;
      places.set(index, { region: 'constants', byteOffset: 4 * offset });
    } else if (operator.kind === 'source') {
      batch.push(index);
    }
  }
  const list = new TensorList(tensors);
  const sampleIds = list.add(4 * capacity);
  const sums = layOutSums(graph, parameters);
  const results = placeResults(graph, parameters, sums, list, places);
  return {
    graph,
    capacity,
    sums,
    tensors: list.tensors,
    prepare: [],
    compute: [...compute, ...results],
    variants: [{ condition: { kind: 'any samples' }, instead: new Map(), added: [] }],
    kept: [sampleIds, ...batch],
    places,
    sampleIds,
  };
}

/** The operations that copy every result to its place in the partial, and count the samples there. */
function placeResults(
  { outputs }: Graph,
  parameters: ParameterLayout,
  sums: SumLayout,
  list: TensorList,
  places: Map<number, Place>,
): Operation[] {
  const operations: Operation[] = [];
  const place = (offset: number, bytes: number): number => {
    const writes = list.add(bytes);
    places.set(writes, { region: 'partial', byteOffset: 4 * offset });
    return writes;
  };
  const copyTo = (offset: number, output: string): void => {
    const node = outputs[output];
    if (node === undefined) return;
    const { bytes } = list.tensors[node]!;
    const writes = place(offset, bytes);
    operations.push({ writes, reads: [node], calls: [copy(writes, node, bytes)], copies: node });
  };
  for (const [index, { offset }] of parameters.slots.entries()) {
    copyTo(offset, gradientOutput(index));
  }
  for (const { name, offset } of sums.sections) copyTo(offset, sumOutput(name));
  const samples = place(sumOffset(sums, SAMPLES), 4);
  operations.push({ writes: samples, reads: [], calls: [countSamples(samples)] });
  return operations;
}

function copy(to: number, from: number, bytes: number): KernelCall {
  const { lengths, strides } = collapseLoops([bytes / 4], [[1]]);
  return {
    kernel: 'copyStrided',
    arguments: [{ node: to }, { node: from }, ...lengths, ...strides[0]],
  };
}

function countSamples(to: number): KernelCall {
  return { kernel: 'fill', arguments: [{ node: to }, 1, { perRow: 1, constant: 0 }] };
}
