// The larger and the smaller of two, element by element, with broadcasting. Where they are equal each gets half of the
// gradient, as in PyTorch.
import { binaryOperator } from './binary.js';
import type { GradientRequest } from './operator.js';

/** dOutput where `wins(x, other)` is 1, half of it where they are equal. */
function shares(
  { builder, inputs: [a, b], dOutput, needed }: GradientRequest,
  wins: (x: number, other: number) => readonly [number, number],
): (number | undefined)[] {
  const half = builder.add('mul', [builder.add('equal', [a!, b!]), builder.constant(0.5)]);
  const share = (x: number, other: number): number =>
    builder.add('mul', [
      dOutput,
      builder.add('add', [builder.add('greater', wins(x, other)), half]),
    ]);
  return [needed[0] ? share(a!, b!) : undefined, needed[1] ? share(b!, a!) : undefined];
}

export const maximum = binaryOperator({
  name: 'maximum',
  onnx: 'Max',
  gradient: (request) => shares(request, (x, other) => [x, other]),
  scalar: Math.max,
});

export const minimum = binaryOperator({
  name: 'minimum',
  onnx: 'Min',
  gradient: (request) => shares(request, (x, other) => [other, x]),
  scalar: Math.min,
});
