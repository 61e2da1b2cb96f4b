// Samples that are mostly zero are read by lists of their non-zeros, which whoever gathers them makes. The bits are the
// same, since what is left out is adding zeros. It takes that nothing but products reads the samples.
import {
  batchNode,
  type Draft,
  type DraftVariant,
  lowerNode,
  operatorOf,
  readsMemory,
  scratchOf,
  TensorList,
} from '../draft.js';

/** Above this share of non-zeros the dense kernels are faster. */
const MAX_DENSITY = 0.5;
/** A row of fewer values fits one vector: no list of it is read as quickly. */
const MIN_WIDTH = 5;

export function readNonZeros(draft: Draft): Draft {
  const { graph, tensors, compute, capacity } = draft;
  const samples = batchNode(graph, 'samples');
  if (samples === undefined || graph.nodes[samples]!.type !== 'f32') return draft;
  const readers = compute.filter((operation) => readsMemory(draft, operation, samples));
  const shapes = readers.map(({ reads }) => graph.nodes[reads[0]!]!.shape);
  const suits = readers.every(
    (operation, i) =>
      operatorOf(operation)?.readsNonZeros &&
      tensors[operation.reads[0]!]!.memory === samples &&
      tensors[operation.reads[1]!]!.memory !== samples &&
      shapes[i]!.length === 2,
  );
  if (!suits || readers.length === 0) return draft;
  const width = shapes[0]![1] as number;
  if (width < MIN_WIDTH) return draft;
  const limit = Math.ceil(MAX_DENSITY * capacity * width) + width;
  const list = new TensorList(draft.tensors);
  const lists = {
    rowStarts: list.add(4 * (capacity + 1)),
    columnStarts: list.add(4 * (width + 1)),
    rowEntries: list.add(8 * limit),
    columnEntries: list.add(8 * limit),
  };
  const variant: DraftVariant = {
    condition: { kind: 'sparse samples', lists, width, limit },
    instead: new Map(
      readers.map((operation) => [
        operation.writes,
        {
          ...operation,
          calls: lowerNode(graph, operation.writes, { nonZeros: lists, ...scratchOf(operation) }),
        },
      ]),
    ),
    added: [],
  };
  return {
    ...draft,
    tensors: list.tensors,
    kept: [...draft.kept, ...Object.values(lists)],
    variants: [variant, ...draft.variants],
  };
}
