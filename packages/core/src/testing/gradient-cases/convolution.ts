// Convolutions for gradients by finite differences: strides, one-sided padding, dilation and groups of all kinds.
import { applyOperator, type Tensor } from '../../model/tensor.js';
import type { Build, Case } from '../gradient-case.js';
import type { Random } from '../random.js';

/** Sizes and attributes of a convolution whose kernel fits. */
function draw(random: Random) {
  const groups = random.pick([1, 1, 2]);
  const kernel = random.pick([
    [1, 1],
    [1, 3],
    [2, 2],
    [3, 1],
    [3, 2],
  ] as const);
  const dilation = [random.integer(1, 2), random.integer(1, 2)] as const;
  const padding = Array.from({ length: 4 }, () => random.integer(0, 1));
  const picture = kernel.map((taps, axis) => {
    const least = (taps - 1) * dilation[axis]! + 1 - padding[axis]! - padding[axis + 2]!;
    return Math.max(1, least) + random.integer(0, 2);
  });
  const stride = [random.integer(1, 3), random.integer(1, 3)] as const;
  const attributes = { stride, padding, dilation, groups };
  return { groups, kernel, picture, stride, attributes };
}

function withBias(build: Build, operands: Tensor[], channels: number): Tensor[] {
  return build.random.next() < 0.5 ? operands : [...operands, build.constant([channels])];
}

function conv2d(build: Build): Tensor {
  const { random } = build;
  const { groups, kernel, picture, attributes } = draw(random);
  const [c, o] = random.pick([
    [groups, groups],
    [2 * groups, groups],
    [groups, 2 * groups],
  ]) as [number, number];
  const x = build.batched([c, ...picture]);
  const weight = build.constant([o, c / groups, ...kernel]);
  return applyOperator('conv2d', withBias(build, [x, weight], o), attributes);
}

function convTranspose2d(build: Build): Tensor {
  const { random } = build;
  const { groups, kernel, stride, attributes } = draw(random);
  const [c, o] = random.pick([
    [groups, groups],
    [2 * groups, groups],
    [groups, 2 * groups],
  ]) as [number, number];
  // So many rows and columns that the padding leaves some.
  const x = build.batched([o, random.integer(3, 4), 3]);
  const weight = build.constant([o, c / groups, ...kernel]);
  const outputPadding = stride.map((step) => random.integer(0, step - 1));
  return applyOperator('convTranspose2d', withBias(build, [x, weight], c), {
    ...attributes,
    outputPadding,
  });
}

export const CONVOLUTION_CASES: Readonly<Record<string, Case>> = { conv2d, convTranspose2d };
