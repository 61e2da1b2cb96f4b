// Several shards are computed in one run: what there is of each row is computed of all rows together, and what is summed over
// a shard's rows of each shard by itself, and added along the tree. Weights are read once for all of them, and so is a sum's
// place. Rows do not know each other, so the bits are those of one shard after the other. Where an operator sees the shard in
// another way (batch statistics, sums of an own kind), the program stays one for a single shard.
import type { KernelArgument, KernelCall, NonZeroLists } from '../../ops/operator.js';
import { isBatched, sampleSize } from '../../shape.js';
import {
  batchNode,
  type Draft,
  lowerNode,
  type Operation,
  operatorOf,
  TensorList,
} from '../draft.js';
import { countFor, rightBytes } from '../program.js';

/** What there is of each row, and what is a sum over the rows of a shard, or over a block of shards. */
type Kind = 'rows' | 'sum';

/** By the tensor whose memory it is; of others, which are the step's, nothing is said. */
type Kinds = ReadonlyMap<number, Kind>;

export function sumShards(draft: Draft): Draft {
  const { mostShards, compute, variants, capacity, graph } = draft;
  const kinds = mostShards > 1 ? kindsOf(draft) : undefined;
  if (!kinds) return draft;
  const list = new TensorList(draft.tensors);
  const rewritten = new Map<number, Operation>();
  for (const operation of compute) {
    const { node, writes, copies } = operation;
    const isCopyOfSum = copies !== undefined && kindOf(draft, kinds, copies) === 'sum';
    if (kinds.get(writes) !== 'sum' || isCopyOfSum) continue;
    const operator = operatorOf(operation);
    if (operator?.sumsOver === 'shards') {
      const inputs = node!.inputs.map((input) => graph.nodes[input]!);
      const floats = operator.scratch!(node!, inputs, true);
      rewritten.set(writes, { ...operation, scratch: list.add(4 * countFor(floats, capacity)) });
      continue;
    }
    const floats = draft.tensors[writes]!.bytes / 4;
    const rights = list.add((31 - Math.clz32(mostShards)) * rightBytes(floats));
    rewritten.set(writes, { ...operation, rights });
  }
  const shardStarts = list.add(4 * (mostShards + 1));
  /** An operation of a variant, or of all, with what was rewritten. */
  const rewrite = (operation: Operation, nonZeros?: NonZeroLists): Operation => {
    const { scratch, rights } = rewritten.get(operation.writes) ?? {};
    if (rights !== undefined) {
      return { ...operation, rights, calls: ofShardsRows(draft, kinds, operation.calls) };
    }
    if (scratch === undefined) return operation;
    const reading = { ofShards: true, scratch: { node: scratch }, ...(nonZeros && { nonZeros }) };
    return { ...operation, scratch, calls: lowerNode(graph, operation.writes, reading) };
  };
  return {
    ...draft,
    tensors: list.tensors,
    shards: mostShards,
    shardStarts,
    kept: [...draft.kept, shardStarts],
    compute: compute.map((operation) => rewrite(operation)),
    variants: variants.map((variant) => {
      const { condition } = variant;
      const lists = condition.kind === 'sparse samples' ? condition.lists : undefined;
      const instead = [...variant.instead].map(
        ([writes, operation]) => [writes, rewrite(operation, lists)] as const,
      );
      return { ...variant, instead: new Map(instead) };
    }),
  };
}

/** @returns undefined if something sees the shards in a way that is not known here */
function kindsOf(draft: Draft): Kinds | undefined {
  const kinds = new Map<number, Kind>();
  for (const source of ['samples', 'targets'] as const) {
    const node = batchNode(draft.graph, source);
    if (node !== undefined) kinds.set(node, 'rows');
  }
  for (const operation of draft.compute) {
    const { node, writes, reads, copies } = operation;
    const read = reads.map((tensor) => kindOf(draft, kinds, tensor));
    const readsSum = read.includes('sum');
    if (node && isBatched(node.shape)) {
      if (readsSum || operatorOf(operation)!.mixesSamples) return undefined;
      kinds.set(writes, 'rows');
      continue;
    }
    if (node) {
      const sums = operatorOf(operation)!.sumsOver && read.every((kind) => kind === 'rows');
      if (!sums) return undefined;
    }
    // Copies are of what is summed, which is copied when it is whole, or of what is the same for each shard.
    if (!node && (copies === undefined ? readsSum : read.includes('rows'))) return undefined;
    kinds.set(writes, 'sum');
  }
  return kinds;
}

function kindOf({ tensors }: Draft, kinds: Kinds, tensor: number): Kind | undefined {
  return kinds.get(tensors[tensor]!.memory);
}

/** The calls, reading a shard's rows where they lie among those of others. */
function ofShardsRows(draft: Draft, kinds: Kinds, calls: readonly KernelCall[]): KernelCall[] {
  const ofRows = (argument: KernelArgument): KernelArgument => {
    if (typeof argument !== 'object' || !('node' in argument)) return argument;
    if (kindOf(draft, kinds, argument.node) !== 'rows') return argument;
    return { ...argument, ofRow: sampleSize(draft.graph.nodes[argument.node]!.shape) };
  };
  // As many as there were, and addresses where there were addresses.
  return calls.map(
    (call) => ({ ...call, arguments: call.arguments.map(ofRows) }) as unknown as KernelCall,
  );
}
