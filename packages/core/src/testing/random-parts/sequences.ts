// What reads sequences [N, steps, features]: attention to themselves and to others, and recurrent units.
import { step } from '../../layers/activations.js';
import { add, applyOperator, matmul, mean, mul, type Tensor } from '../../model/tensor.js';
import { isBatched } from '../../shape.js';
import type { Bounded, Part } from './part.js';

export const attention: Part = (growth, itself) => {
  const { random } = growth;
  const x = itself.tensor;
  const [batch, length] = x.shape;
  if (x.shape.length !== 3 || batch !== 'N') return;
  const heads = random.integer(1, 3);
  const width = heads * random.pick([1, 3, 4, 9]);
  const project = (from: Bounded, to: number): Tensor => {
    const size = from.tensor.shape[2] as number;
    const weight = growth.parameter([size, to]);
    return mul(matmul(from.tensor, weight), 1 / (from.bound * size));
  };
  const attributes = {
    heads,
    causal: random.integer(0, 1),
    scale: random.pick([0.5, 3]),
    ...(random.next() < 0.3 && { rate: 0.25, layer: random.integer(0, 1000) }),
  };
  const others = growth.pool.filter(
    ({ tensor: { shape } }) => shape.length === 3 && isBatched(shape),
  );
  const record = random.pick([
    () => applyOperator('selfAttention', [project(itself, 3 * width)], attributes),
    () => {
      const operands = [project(itself, width), project(random.pick(others), 2 * width)];
      return applyOperator('crossAttention', operands, attributes);
    },
  ])();
  const shape = ['N' as const, length as number, width];
  growth.add(applyOperator('recordOutput', [record], { shape }), 2);
};

/** Recurrent units over the middle axis. */
export const scan: Part = (growth, { tensor: x }) => {
  if (x.shape.length !== 3 || !isBatched(x.shape)) return;
  const { random } = growth;
  const [, steps, features] = x.shape as [unknown, number, number];
  const size = random.pick([1, 2, 3, 5, 8, 9]);
  const [op, gates, own] = random.pick([
    ['rnn', 1, 'relu'],
    ['gru', 3, undefined],
    ['lstm', 4, 'cell'],
  ] as const);
  const [bias, lengths, reverse] = [0, 1, 2].map(() => random.integer(0, 1));
  const cell = own === 'cell' ? random.integer(0, 1) : 0;
  const width = gates * size;
  const inputs = [
    x,
    growth.parameter([features, width]),
    growth.parameter([size, width]),
    ...(bias ? [growth.parameter([width]), growth.parameter([width])] : []),
    // All steps, or one.
    ...(lengths ? [add(mul(step(mean(x, { axes: [1, 2] })), steps - 1), 0.5)] : []),
  ];
  const flags = { bias: bias!, lengths: lengths!, state: 0, reverse: reverse! };
  const record = applyOperator(op, inputs, { ...flags, ...(own && { [own]: cell }) });
  const shape = ['N', steps + cell, size] as const;
  growth.add(applyOperator('recordOutput', [record], { shape }), cell ? steps : 1);
};
