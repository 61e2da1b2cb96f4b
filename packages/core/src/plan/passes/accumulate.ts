// A gradient that goes straight into the partial, and that nothing else reads, is added to another partial there and
// then, where a kernel can do that: one pass over it less. All others are written as usual.
import type { KernelArgument, KernelCall } from '../../ops/operator.js';
import type { Draft, DraftVariant, Operation } from '../draft.js';

export function accumulate(draft: Draft): Draft {
  return { ...draft, variants: draft.variants.map((variant) => accumulateIn(draft, variant)) };
}

function accumulateIn({ tensors, places, compute }: Draft, variant: DraftVariant): DraftVariant {
  const operations = compute.map((operation) => variant.instead.get(operation.writes) ?? operation);
  const read = new Set(
    operations.flatMap(({ reads }) => reads.map((tensor) => tensors[tensor]!.memory)),
  );
  const instead = new Map(variant.instead);
  const added: number[] = [];
  for (const operation of operations) {
    const { writes } = operation;
    if (!canAdd(operation)) continue;
    if (places.get(writes)?.region === 'partial' && !read.has(writes)) added.push(writes);
    else instead.set(writes, withoutAdding(operation));
  }
  return { ...variant, instead, added };
}

function canAdd({ calls }: Operation): boolean {
  return calls.some((call) => call.arguments.some(isAccumulator));
}

function withoutAdding(operation: Operation): Operation {
  const calls = operation.calls.map((call) => {
    const args = call.arguments.map((argument) =>
      isAccumulator(argument) ? { node: argument.accumulator } : argument,
    );
    // As many as there were, and addresses where there were addresses.
    return { ...call, arguments: args } as unknown as KernelCall;
  });
  return { ...operation, calls };
}

function isAccumulator(argument: KernelArgument): argument is { accumulator: number } {
  return typeof argument === 'object' && 'accumulator' in argument;
}
