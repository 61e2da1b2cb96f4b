// The last step of planning: a draft becomes a program. Tensors that are kept lie side by side; all others share the
// arena, each from the operation that writes it to the last that reads it. Not a pass: there is no program without it.
import { Arena, alignUp } from './arena.js';
import { batchNode, type Draft, type DraftVariant, type Operation } from './draft.js';
import type { CallsOfShard, Condition, Place, Program, Span, Variant } from './program.js';

export function layOut(draft: Draft): Program {
  const { graph, tensors, prepare, variants, capacity, shards, sums } = draft;
  const arena = new Arena();
  const places = new Map(draft.places);
  placeKept(draft, places, arena);
  placeShared(draft, places, arena);
  for (const [tensor, { memory }] of tensors.entries()) {
    const place = places.get(memory);
    if (place) places.set(tensor, place);
  }
  const offset = (tensor: number | undefined): number | undefined =>
    tensor === undefined ? undefined : places.get(tensor)?.byteOffset;
  return {
    places,
    prepare: prepare.flatMap(({ calls }) => calls),
    variants: variants.map((variant) => finish(draft, variant, places)),
    capacity,
    shards,
    arenaBytes: alignUp(arena.bytes),
    preparedBytes: prepare.reduce((bytes, { writes }) => bytes + tensors[writes]!.bytes, 0),
    inputOffset: offset(batchNode(graph, 'samples')),
    targetOffset: offset(batchNode(graph, 'targets')),
    sampleIdsOffset: offset(draft.sampleIds)!,
    shardStartsOffset: offset(draft.shardStarts),
    sums,
    output: places.get(graph.outputs.output ?? -1),
  };
}

function placeKept({ kept, tensors }: Draft, places: Map<number, Place>, arena: Arena): void {
  for (const tensor of kept) {
    places.set(tensor, { region: 'arena', byteOffset: arena.take(tensors[tensor]!.bytes) });
  }
}

/** Places go back as soon as nobody reads them; sources, kept tensors and outputs stay. */
function placeShared(draft: Draft, places: Map<number, Place>, arena: Arena): void {
  const { tensors, compute } = draft;
  const lastReads = lastReaders(draft);
  const shared = new Set<number>();
  for (const operation of compute) {
    const { writes, reads } = operation;
    if (!places.has(writes)) {
      shared.add(writes);
      places.set(writes, { region: 'arena', byteOffset: arena.take(tensors[writes]!.bytes) });
    }
    for (const meanwhile of [operation.scratch, operation.rights]) {
      if (meanwhile === undefined) continue;
      const { bytes } = tensors[meanwhile]!;
      const byteOffset = arena.take(bytes);
      places.set(meanwhile, { region: 'arena', byteOffset });
      arena.give(byteOffset, bytes);
    }
    for (const memory of new Set([...reads.map((read) => tensors[read]!.memory), writes])) {
      if (!shared.has(memory) || lastReads.get(memory) !== operation) continue;
      arena.give(places.get(memory)!.byteOffset, tensors[memory]!.bytes);
    }
  }
}

/** For each tensor's memory the operation that is the last to need it; none, if it is needed beyond them. */
function lastReaders({ graph, tensors, compute }: Draft): Map<number, Operation | undefined> {
  const last = new Map<number, Operation | undefined>();
  for (const operation of compute) {
    last.set(operation.writes, operation);
    for (const read of operation.reads) last.set(tensors[read]!.memory, operation);
  }
  for (const output of Object.values(graph.outputs)) last.set(tensors[output]!.memory, undefined);
  return last;
}

function finish(
  { compute, tensors }: Draft,
  { condition, instead, added }: DraftVariant,
  places: ReadonlyMap<number, Place>,
): Variant {
  const spans = added.map((tensor): Span => {
    const first = places.get(tensor)!.byteOffset / 4;
    return { first, end: first + tensors[tensor]!.bytes / 4 };
  });
  const operations = compute.map((operation) => instead.get(operation.writes) ?? operation);
  return {
    condition: placedCondition(condition, places),
    calls: operations.flatMap(({ calls }) => calls),
    callsOfShard: callsOfShard(operations, tensors),
    added: spans.sort((a, b) => a.first - b.first),
  };
}

function callsOfShard(operations: readonly Operation[], tensors: Draft['tensors']): CallsOfShard[] {
  let end = 0;
  return operations.flatMap(({ writes, rights, calls }) => {
    const first = end;
    end += calls.length;
    if (rights === undefined) return [];
    return [{ first, end, writes, rights, floats: tensors[writes]!.bytes / 4 }];
  });
}

function placedCondition(
  condition: DraftVariant['condition'],
  places: ReadonlyMap<number, Place>,
): Condition {
  if (condition.kind === 'any samples') return condition;
  const { lists, ...rest } = condition;
  const offset = (tensor: number): number => places.get(tensor)!.byteOffset;
  return {
    ...rest,
    rowStartsOffset: offset(lists.rowStarts),
    rowEntriesOffset: offset(lists.rowEntries),
    columnStartsOffset: offset(lists.columnStarts),
    columnEntriesOffset: offset(lists.columnEntries),
  };
}
