// Pooling: windows that overlap, leave gaps, reach beyond the edge, and are dilated; parts of uneven sizes.
import { applyOperator, type Tensor } from '../../model/tensor.js';
import type { Build, Case } from '../gradient-case.js';

function pictures({ random, batched, constant }: Build): Tensor {
  const shape = [random.integer(1, 2), random.integer(2, 5), random.integer(2, 6)];
  return random.next() < 0.8 ? batched(shape) : constant(shape);
}

function pair(draw: () => number): readonly [number, number] {
  return [draw(), draw()];
}

/** Attributes that fit any picture of at least 2 × 2. */
function windows({ random }: Build) {
  const kernel = pair(() => random.integer(1, 2));
  return {
    kernel,
    stride: pair(() => random.integer(1, 3)),
    padding: kernel.map((k) => random.integer(0, k >> 1)),
    ceilMode: random.integer(0, 1),
  };
}

export const POOLING: Readonly<Record<string, Case>> = {
  maxPool2d(build) {
    const x = pictures(build);
    const attributes = windows(build);
    return applyOperator('maxPool2d', [x], { ...attributes, dilation: [1, 1] });
  },
  avgPool2d(build) {
    const { random } = build;
    return applyOperator('avgPool2d', [pictures(build)], {
      ...windows(build),
      countPadding: random.integer(0, 1),
      divisor: random.pick([0, 0, 3]),
    });
  },
  adaptiveAvgPool2d(build) {
    const size = pair(() => build.random.integer(1, 4));
    return applyOperator('adaptiveAvgPool2d', [pictures(build)], { size });
  },
  resample2d(build) {
    const { random } = build;
    const x = pictures(build);
    const [h, w] = x.shape.slice(-2) as [number, number];
    const way = random.integer(0, 3);
    const [rows, columns] = pair(() => random.integer(0, 1));
    if (way === 3) {
      const size = pair(() => random.integer(1, 7));
      const steps = { rows: h / size[0], columns: w / size[1] };
      return applyOperator('resample2d', [x], { size, way, ...steps, value: 0 });
    }
    const size = [rows + h + random.integer(0, 1), columns + w + random.integer(0, 1)];
    return applyOperator('resample2d', [x], { size, way, rows, columns, value: 0.5 });
  },
};
