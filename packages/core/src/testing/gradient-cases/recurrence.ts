// Scans over time: in both directions, with and without biases, lengths that end within the steps or before them, and
// states to begin with.
import { applyOperator, type Tensor } from '../../model/tensor.js';
import type { Case } from '../gradient-case.js';

function scan(op: string, gates: number, states: number, own?: string): Case {
  return (build) => {
    const { random, batched, constant } = build;
    const [steps, features, size] = [1, 2, 3].map(() => random.integer(1, 3)) as [
      number,
      number,
      number,
    ];
    const flag = (): number => random.integer(0, 1);
    const width = gates * size;
    const [bias, lengths, state, reverse] = [flag(), flag(), flag(), flag()];
    const ownFlag = own === undefined ? 0 : flag();
    const inputs: Tensor[] = [
      batched([steps, features]),
      constant([features, width], -1, 1),
      constant([size, width], -1, 1),
      ...(bias ? [constant([width], -1, 1), constant([width], -1, 1)] : []),
      ...(lengths ? [batched([], 0, steps)] : []),
      ...(state ? Array.from({ length: states }, () => batched([size])) : []),
    ];
    const attributes = { bias, lengths, state, reverse, ...(own && { [own]: ownFlag }) };
    const shape = ['N', own === 'cell' ? steps + ownFlag : steps, size] as const;
    return applyOperator('recordOutput', [applyOperator(op, inputs, attributes)], { shape });
  };
}

export const RECURRENCE: Readonly<Record<string, Case>> = {
  rnn: scan('rnn', 1, 1, 'relu'),
  gru: scan('gru', 3, 1),
  lstm: scan('lstm', 4, 2, 'cell'),
};
