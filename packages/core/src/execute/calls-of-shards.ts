// The calls of a run over some shards, in order: those over all rows; and of what is summed of each shard by itself a call for
// each, whose results are added along the tree, always left + right. Not here: addresses, which whoever binds the calls knows.
import type { KernelArgument, KernelCall } from '../ops/operator.js';
import { type CallsOfShard, rightBytes, type Variant } from '../plan/program.js';

/** A call, and how many rows it is of. */
export interface CallOfRows {
  readonly call: KernelCall;
  readonly rows: number;
}

/** @param starts the first row of each shard, and of the one behind the last */
export function callsOf(
  { calls, callsOfShard }: Pick<Variant, 'calls' | 'callsOfShard'>,
  starts: readonly number[],
): CallOfRows[] {
  const all: CallOfRows[] = [];
  const ofAllRows = (first: number, end: number): void => {
    for (const call of calls.slice(first, end)) all.push({ call, rows: starts.at(-1)! });
  };
  let at = 0;
  for (const ofShard of callsOfShard) {
    ofAllRows(at, ofShard.first);
    addBlock(all, calls.slice(ofShard.first, ofShard.end), ofShard, starts, 0);
    at = ofShard.end;
  }
  ofAllRows(at, calls.length);
  return all;
}

/** @param right of how many blocks around it it is in the right half: where its result goes */
function addBlock(
  all: CallOfRows[],
  calls: readonly KernelCall[],
  ofShard: CallsOfShard,
  starts: readonly number[],
  right: number,
): void {
  const [first, next] = [starts[0]!, starts[1]!];
  if (starts.length === 2) {
    for (const call of calls) {
      all.push({ call: movedTo(call, first, ofShard, right), rows: next - first });
    }
    return;
  }
  const middle = (starts.length - 1) / 2;
  addBlock(all, calls, ofShard, starts.slice(0, middle + 1), right);
  addBlock(all, calls, ofShard, starts.slice(middle), right + 1);
  const sum = [resultOf(ofShard, right), resultOf(ofShard, right + 1), ofShard.floats] as const;
  all.push({ call: { kernel: 'addInto', arguments: sum }, rows: 0 });
}

function resultOf(
  { writes, rights, floats }: CallsOfShard,
  right: number,
): Extract<KernelArgument, { node: number }> {
  if (right === 0) return { node: writes };
  return { node: rights, skipped: ((right - 1) * rightBytes(floats)) / 4 };
}

/** The call, with rows from the shard's first one on, and its result where it belongs. */
function movedTo(
  call: KernelCall,
  first: number,
  ofShard: CallsOfShard,
  right: number,
): KernelCall {
  const moved = call.arguments.map((argument: KernelArgument): KernelArgument => {
    if (typeof argument !== 'object' || !('node' in argument)) return argument;
    if (argument.node === ofShard.writes) return resultOf(ofShard, right);
    const { node, ofRow } = argument;
    return ofRow === undefined ? argument : { node, skipped: first * ofRow };
  });
  // As many as there were, and addresses where there were addresses.
  return { ...call, arguments: moved } as unknown as KernelCall;
}
