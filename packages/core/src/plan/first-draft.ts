// The draft that passes start from: a graph's operations as their operators lower them, each computed for every shard, and
// every result copied to its place in the partial, or among the new buffers. It can be run as it is.
import type { Graph, GraphNode } from '../graph/graph.js';
import type { ComputeOperator, KernelCall } from '../ops/operator.js';
import { operatorNamed } from '../ops/registry.js';
import { collapseLoops, concreteShape, product } from '../shape.js';
import { neededNodes } from '../transform/builder.js';
import { batchSumName, gradientOutput, ofBatch, sumOutput } from '../transform/differentiate.js';
import { updateOutput } from '../transform/updates.js';
import { layOutConstants } from './constants.js';
import { type Draft, lowerNode, type Operation, TensorList } from './draft.js';
import { layOutBuffers, type ParameterLayout } from './parameters.js';
import { countFor, type Place, type Region } from './program.js';
import { layOutSums, SAMPLES, type SumLayout, sumOffset } from './sum-layout.js';

interface DraftOptions {
  /** That the rows may be of. Default: one. */
  readonly mostShards?: number;
  /** How sums over the batch lie in the partial, which are read there and not computed. */
  readonly given?: SumLayout;
}

export function firstDraft(
  graph: Graph,
  parameters: ParameterLayout,
  capacity: number,
  { mostShards = 1, given }: DraftOptions = {},
): Draft {
  const buffers = layOutBuffers(graph);
  // Numbers of nodes come first; what nodes use besides comes behind.
  const list = new TensorList(graph.nodes.map((_, memory) => ({ bytes: 0, memory })));
  const places = new Map<number, Place>();
  const compute: Operation[] = [];
  const batch: number[] = [];
  const constants = layOutConstants(graph.constants);
  const sumsOfBatch = ofBatch(graph.nodes);
  const needed = neededNodes(graph.nodes, Object.values(graph.outputs), given ? sumsOfBatch : []);
  for (const [index, node] of graph.nodes.entries()) {
    const operator = operatorNamed(node.op);
    const memory = operator.kind === 'view' ? list.tensors[node.inputs[0]!]!.memory : index;
    list.put(index, { bytes: 4 * product(concreteShape(node.shape, capacity)), memory });
    if (!needed[index]) continue;
    const declared = node.attributes.index as number;
    if (given && operator.ofBatch) {
      const offset = sumOffset(given, batchSumName(sumsOfBatch.indexOf(index)));
      places.set(index, { region: 'partial', byteOffset: 4 * offset });
    } else if (operator.kind === 'compute') {
      const scratch = scratchFor(graph, operator, node, capacity, list);
      const calls = lowerNode(
        graph,
        index,
        scratch === undefined ? {} : { scratch: { node: scratch } },
      );
      compute.push({ writes: index, reads: node.inputs, calls, node, ...(scratch && { scratch }) });
    } else if (operator.source === 'parameter') {
      const { offset } = parameters.slots[declared]!;
      places.set(index, { region: 'state', byteOffset: 4 * offset });
    } else if (operator.source === 'buffer') {
      const { offset } = buffers.slots[declared]!;
      places.set(index, { region: 'buffers', byteOffset: 4 * offset });
    } else if (operator.source === 'constant') {
      const offset = constants.offsets[declared]!;
      places.set(index, { region: 'constants', byteOffset: 4 * offset });
    } else if (operator.kind === 'source') {
      batch.push(index);
    }
  }
  const sampleIds = list.add(4 * capacity);
  const sums = given ?? layOutSums(graph, parameters);
  const results = placeResults(graph, parameters, buffers, sums, list, places);
  if (!given) results.push(countSamples(sums, list, places));
  return {
    graph,
    capacity,
    shards: 1,
    mostShards,
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

/** @returns the tensor that a node's kernels use meanwhile, if they want one */
function scratchFor(
  { nodes }: Graph,
  operator: ComputeOperator,
  node: GraphNode,
  capacity: number,
  list: TensorList,
): number | undefined {
  const floats = operator.scratch?.(
    node,
    node.inputs.map((input) => nodes[input]!),
    false,
  );
  return floats && list.add(4 * countFor(floats, capacity));
}

/** The operations that copy every result to its place outside of the arena. */
function placeResults(
  { outputs }: Graph,
  parameters: ParameterLayout,
  buffers: ParameterLayout,
  sums: SumLayout,
  list: TensorList,
  places: Map<number, Place>,
): Operation[] {
  const operations: Operation[] = [];
  const copyTo = (region: Region, offset: number, output: string): void => {
    const node = outputs[output];
    if (node === undefined) return;
    const { bytes } = list.tensors[node]!;
    const writes = list.add(bytes);
    places.set(writes, { region, byteOffset: 4 * offset });
    operations.push({ writes, reads: [node], calls: [copy(writes, node, bytes)], copies: node });
  };
  for (const [index, { offset }] of parameters.slots.entries()) {
    copyTo('partial', offset, gradientOutput(index));
  }
  for (const { name, offset } of sums.sections) copyTo('partial', offset, sumOutput(name));
  for (const [index, { offset }] of buffers.slots.entries()) {
    copyTo('new buffers', offset, updateOutput(index));
  }
  return operations;
}

function copy(to: number, from: number, bytes: number): KernelCall {
  const { lengths, strides } = collapseLoops([bytes / 4], [[1]]);
  return {
    kernel: 'copyStrided',
    arguments: [{ node: to }, { node: from }, ...lengths, ...strides[0]],
  };
}

function countSamples(sums: SumLayout, list: TensorList, places: Map<number, Place>): Operation {
  const writes = list.add(4);
  places.set(writes, { region: 'partial', byteOffset: 4 * sumOffset(sums, SAMPLES) });
  const count: KernelCall = {
    kernel: 'fill',
    arguments: [{ node: writes }, 1, { perRow: 1, constant: 0 }],
  };
  return { writes, reads: [], calls: [count] };
}
