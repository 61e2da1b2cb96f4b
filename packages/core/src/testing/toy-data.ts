// Small datasets for tests.
import type { Dataset } from '../dataset.js';
import { product } from '../shape.js';
import { Random } from './random.js';

export interface ToyOptions {
  readonly samples: number;
  readonly inputShape: readonly number[];
  readonly classes?: number;
  readonly targetShape?: readonly number[];
  readonly seed?: number;
}

/** Random inputs in [-1, 1); random labels in [0, classes), or targets in [0.01, 0.99) of `targetShape`. */
export function toyDataset(options: ToyOptions): Dataset {
  const { samples, inputShape, classes, targetShape = [], seed = 1 } = options;
  const random = new Random(seed);
  return {
    name: 'toy',
    samples,
    inputShape,
    inputs: random.floats(samples * product(inputShape)),
    inputDivisor: 1,
    targetShape,
    targets:
      classes === undefined
        ? random.floats(samples * product(targetShape), 0.01, 0.99)
        : Int32Array.from({ length: samples }, () => random.integer(0, classes - 1)),
    classes,
  };
}

/** All four pairs of two bits, and a bit for each. */
export function truthTable(
  name: string,
  targets: readonly [number, number, number, number],
): Dataset {
  return {
    name,
    samples: 4,
    inputShape: [2],
    inputs: Float32Array.of(0, 0, 0, 1, 1, 0, 1, 1),
    inputDivisor: 1,
    targetShape: [1],
    targets: Float32Array.from(targets),
    classes: undefined,
  };
}
