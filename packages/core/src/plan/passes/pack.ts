// Wide matrices that depend on parameters alone are packed into panels once a step, so that products read them in
// order: from so many columns on, neighbouring rows are too far apart to be read panel by panel.
import {
  batchNode,
  type Draft,
  lowerNode,
  type Operation,
  operatorOf,
  readsMemory,
  scratchOf,
  TensorList,
} from '../draft.js';

const MIN_PACKED_COLUMNS = 256;

export function pack(draft: Draft): Draft {
  const list = new TensorList(draft.tensors);
  const packed = new Map<number, number>();
  const packing: Operation[] = [];
  const compute = draft.compute.map((operation) => {
    const matrix = packable(draft, operation);
    if (matrix === undefined) return operation;
    let panels = packed.get(matrix);
    if (panels === undefined) {
      panels = list.add(draft.tensors[matrix]!.bytes);
      packed.set(matrix, panels);
      packing.push(packingOf(draft, matrix, panels));
    }
    return {
      ...operation,
      reads: [...operation.reads, panels],
      calls: lowerNode(draft.graph, operation.writes, { packed: panels, ...scratchOf(operation) }),
    };
  });
  return {
    ...draft,
    tensors: list.tensors,
    prepare: [...draft.prepare, ...packing],
    compute,
    kept: [...draft.kept, ...packed.values()],
  };
}

/** The matrix that a product had better read packed. Products with the samples have a way of their own. */
function packable(draft: Draft, operation: Operation): number | undefined {
  const matrix = operation.reads[1];
  if (matrix === undefined || !operatorOf(operation)?.readsPacked) return undefined;
  const { shape } = draft.graph.nodes[matrix]!;
  if (shape.length !== 2 || (shape[1] as number) < MIN_PACKED_COLUMNS) return undefined;
  const samples = batchNode(draft.graph, 'samples');
  if (samples !== undefined && readsMemory(draft, operation, samples)) return undefined;
  return isOfStep(draft, matrix) ? matrix : undefined;
}

/** Whether a tensor is there before the first shard: a parameter, buffer or constant, or computed once a step. */
function isOfStep({ tensors, places, prepare }: Draft, tensor: number): boolean {
  const { memory } = tensors[tensor]!;
  const region = places.get(memory)?.region;
  const isGiven = region === 'state' || region === 'buffers' || region === 'constants';
  return isGiven || prepare.some(({ writes }) => writes === memory);
}

function packingOf({ graph }: Draft, matrix: number, panels: number): Operation {
  const [k, p] = graph.nodes[matrix]!.shape as [number, number];
  return {
    writes: panels,
    reads: [matrix],
    calls: [{ kernel: 'packPanels', arguments: [{ node: panels }, { node: matrix }, k, p] }],
  };
}
