// Windows over the last two axes, and pictures with borders or of another size.
import { applyOperator } from '../../model/tensor.js';
import type { Part } from './part.js';

export const pooling: Part = (growth, { tensor: x, bound }) => {
  if (x.shape.length < 3) return;
  const { random } = growth;
  const draw = (least: number, most: number) =>
    [random.integer(least, most), random.integer(least, most)] as const;
  const sides = x.shape.slice(-2) as number[];
  const kernel = draw(1, 3).map((k, axis) => Math.min(k, sides[axis]!));
  const padding = kernel.map((k) => random.integer(0, k >> 1));
  const stride = random.pick([kernel, draw(1, 2)]);
  const windows = { kernel, stride, padding, ceilMode: random.integer(0, 1) };
  random.pick([
    () => growth.add(applyOperator('maxPool2d', [x], { ...windows, dilation: [1, 1] }), bound),
    () =>
      growth.add(
        applyOperator('avgPool2d', [x], {
          ...windows,
          countPadding: random.integer(0, 1),
          divisor: 0,
        }),
        bound,
      ),
    () => growth.add(applyOperator('adaptiveAvgPool2d', [x], { size: draw(1, 4) }), bound),
    () => {
      const before = draw(0, 1);
      const size = draw(0, 1).map((after, axis) => before[axis]! + sides[axis]! + after);
      const way = random.pick(Math.min(...sides) > 1 ? [0, 1, 2] : [0, 2]);
      const value = way === 0 ? 0.5 : 0;
      const attributes = { size, way, rows: before[0], columns: before[1], value };
      growth.add(applyOperator('resample2d', [x], attributes), Math.max(bound, value));
    },
    () => {
      const size = draw(1, 3).map((times, axis) => times * sides[axis]! + (times - 1));
      const [rows, columns] = size.map((to, axis) => Math.fround(sides[axis]! / to));
      const attributes = { size, way: 3, rows: rows!, columns: columns!, value: 0 };
      growth.add(applyOperator('resample2d', [x], attributes), bound);
    },
  ])();
};
