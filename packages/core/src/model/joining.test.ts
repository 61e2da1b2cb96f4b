// Taking tensors apart and putting them together: what comes out, and what is refused. Gradients and kernels are tested with
// those of all operators.
import { describe, expect, it } from 'vitest';
import { runReference } from '../execute/reference.js';
import { concat, pad, slice, split, squeeze, stack, unsqueeze } from './joining.js';
import { abs, maximum, minimum, sign } from './selection.js';
import { reshape, type Tensor } from './tensor.js';
import { traceModel } from './trace.js';

const INPUT = [1, -2, 3, -4, 5, -6];

function outputOf(model: (x: Tensor) => Tensor, input = INPUT): number[] {
  const graph = traceModel(model, [input.length]);
  const { output } = runReference(graph, { rows: 1, precision: 'f64', parameters: [], input });
  return Array.from(output!.data);
}

describe('pad', () => {
  it('puts zeros, or other numbers, before and after along an axis', () => {
    expect(outputOf((x) => pad(x, 1, 2))).toEqual([0, 1, -2, 3, -4, 5, -6, 0, 0]);
    expect(outputOf((x) => pad(reshape(x, [2, 3]), 1, 0, 1, 9))).toEqual([
      ...[9, 9, 9],
      ...[1, -2, 3, -4, 5, -6],
    ]);
    expect(outputOf((x) => pad(reshape(x, [3, 2]), 0, 1, -1, -1))).toEqual([
      ...[1, -2, -1],
      ...[3, -4, -1],
      ...[5, -6, -1],
    ]);
    expect(outputOf((x) => pad(x, 0, 0, 1, 7))).toEqual([1, -2, 3, -4, 5, -6]);
  });

  it.each<[string, (x: Tensor) => Tensor, string]>([
    ['the batch axis', (x) => pad(x, 1, 1, 0), 'pad: axis 0 is no axis of one sample'],
    ['less than nothing', (x) => pad(x, -1, 1), 'pad: before must be'],
    ['half a number', (x) => pad(x, 0, 0.5), 'pad: after must be'],
    ['what is not finite', (x) => pad(x, 0, 1, 1, Infinity), 'pad: value must be a finite float32'],
    ['too many', (x) => pad(x, 2 ** 28, 0), 'more than 268435456 elements'],
  ])('refuses %s', (_, model, message) => {
    expect(() => traceModel(model, [6])).toThrow(message);
  });
});

describe('slice', () => {
  it('takes a part of an axis, counted from either end', () => {
    expect(outputOf((x) => slice(x, 1, 3))).toEqual([-2, 3]);
    expect(outputOf((x) => slice(x, -2))).toEqual([5, -6]);
    expect(outputOf((x) => slice(reshape(x, [2, 3]), 1, 2, 1))).toEqual([-4, 5, -6]);
    expect(outputOf((x) => slice(reshape(x, [2, 3]), 0, -1))).toEqual([1, -2, -4, 5]);
  });

  it.each<[string, (x: Tensor) => Tensor, string]>([
    ['nothing', (x) => slice(x, 2, 2), 'slice: [2, 2) is no part of axis 1 of [N, 6]'],
    ['too much', (x) => slice(x, 2, 7), 'slice: [2, 7) is no part of axis 1 of [N, 6]'],
    ['samples', (x) => slice(x, 0, 1, 0), 'slice: axis 0 is no axis of one sample of [N, 6]'],
    ['an axis that there is not', (x) => slice(x, 0, 1, 2), 'slice: axis 2 is no axis'],
  ])('refuses %s', (_, model, message) => {
    expect(() => traceModel(model, [6])).toThrow(message);
  });
});

describe('concat', () => {
  it('puts tensors side by side, and takes apart again', () => {
    expect(outputOf((x) => concat([slice(x, 4), x, slice(x, 0, 1)]))).toEqual([5, -6, ...INPUT, 1]);
    const halves = (x: Tensor): Tensor[] => [reshape(x, [2, 3]), reshape(x, [2, 3])];
    expect(outputOf((x) => concat(halves(x), 1))).toEqual([...INPUT, ...INPUT]);
    expect(outputOf((x) => concat(halves(x), 2))).toEqual([
      ...[1, -2, 3, 1, -2, 3],
      ...[-4, 5, -6, -4, 5, -6],
    ]);
    expect(outputOf((x) => concat([x]))).toEqual(INPUT);
  });

  it('refuses shapes that differ otherwise, samples, and what is no list of tensors', () => {
    const other = (x: Tensor): Tensor => concat([reshape(x, [2, 3]), reshape(x, [3, 2])]);
    expect(() => traceModel(other, [6])).toThrow(
      'concat: [N, 2, 3] and [N, 3, 2] differ in other axes than 2',
    );
    expect(() => traceModel((x) => concat([x, x], 0), [6])).toThrow('concat: axis 0 is no axis');
    for (const wrong of [[], undefined, [1]]) {
      expect(() => traceModel(() => concat(wrong as never), [6])).toThrow(
        'concat: expected a list of tensors, at least one',
      );
    }
  });
});

describe('stack, split, squeeze and unsqueeze', () => {
  it('are what concat, slice and reshape make of it', () => {
    const halves = (x: Tensor): Tensor[] => split(x, 2);
    expect(outputOf((x) => stack(halves(x), 1))).toEqual(INPUT);
    expect(outputOf((x) => stack(halves(x)))).toEqual([1, -4, -2, 5, 3, -6]);
    expect(outputOf((x) => split(x, [1, 3, 2])[1]!)).toEqual([-2, 3, -4]);
    const shapes = (make: (x: Tensor) => Tensor) =>
      traceModel(
        (x) => {
          expect(make(unsqueeze(x, -1)).shape).toEqual(['N', 6]);
          return x;
        },
        [6],
      );
    shapes((x) => squeeze(x));
    shapes((x) => squeeze(x, 2));
    // More than a node may read.
    expect(outputOf((x) => concat(Array.from({ length: 100 }, () => x)))).toHaveLength(600);
  });

  it.each<[string, (x: Tensor) => Tensor, string]>([
    ['uneven parts', (x) => split(x, 4)[0]!, 'split: axis 1 of [N, 6] cannot be cut into 4 equal'],
    ['too few', (x) => split(x, [2, 3])[0]!, 'split: axis 1 of [N, 6] cannot be cut into [2, 3]'],
    ['shapes that differ', (x) => stack([x, slice(x, 1)]), 'stack: [N, 6] and [N, 5]'],
    ['a long axis', (x) => squeeze(x, 1), 'squeeze: axis 1 of [N, 6] is not of length 1'],
    ['a place before the batch', (x) => unsqueeze(x, 0), 'unsqueeze: axis 0 is no place'],
  ])('refuse %s', (_, model, message) => {
    expect(() => traceModel(model, [6])).toThrow(message);
  });
});

describe('selections', () => {
  it('are exact', () => {
    expect(outputOf(abs)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(outputOf(sign, [3, 0, -0.1])).toEqual([1, 0, -1]);
    expect(outputOf((x) => maximum(x, 2.5))).toEqual([2.5, 2.5, 3, 2.5, 5, 2.5]);
    expect(outputOf((x) => minimum(0.1, x))).toEqual([0.1, -2, 0.1, -4, 0.1, -6]);
  });
});
