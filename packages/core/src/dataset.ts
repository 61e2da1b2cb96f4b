// Datasets as the engine sees them: flat typed arrays with a shape, nothing else.
// The arrays may lie in a SharedArrayBuffer, so that threads read one copy. Loading files is not done here.
import { DataError } from './errors.js';
import { formatShape, product } from './shape.js';

/** Samples and what is to be learnt of them, row-major, sample i at row i. */
export interface Dataset {
  readonly name: string;
  /** Number of samples. */
  readonly samples: number;
  /** Shape of one sample, without the batch axis: [1, 28, 28] for MNIST. */
  readonly inputShape: readonly number[];
  /** [samples, ...inputShape]. Bytes stay bytes in memory and become float32 when a shard is gathered. */
  readonly inputs: Uint8Array | Float32Array;
  /** Each input is divided by this when gathered: 255 for pixels, 1 for what is already scaled. */
  readonly inputDivisor: number;
  /** Shape of one target: [] for a class label, [k] for k values. */
  readonly targetShape: readonly number[];
  /** [samples, ...targetShape]: class labels in [0, classes) as integers, or float32 values. */
  readonly targets: Int32Array | Float32Array;
  /** Number of classes; undefined where targets are values. */
  readonly classes: number | undefined;
  /** Class i is called classNames[i]; left out where nobody knows names, or targets are values. */
  readonly classNames?: readonly string[] | undefined;
}

/**
 * Looks at every label, and at no other value.
 *
 * @throws DataError if the arrays are not as long as the shapes say, a label is not a class, or names are not one for
 *   each class
 */
export function checkDataset(data: Dataset): void {
  const what = `dataset "${data.name}"`;
  const checkLength = (name: string, length: number, shape: readonly number[]): void => {
    const expected = data.samples * product(shape);
    if (length !== expected) {
      throw new DataError(
        `${what}: ${length} ${name}, expected ${expected} (${data.samples} samples of ${formatShape(shape)})`,
      );
    }
  };
  checkLength('input values', data.inputs.length, data.inputShape);
  checkLength('target values', data.targets.length, data.targetShape);
  const { classes, targets } = data;
  if ((classes !== undefined) !== targets instanceof Int32Array) {
    throw new DataError(
      `${what}: class labels come as an Int32Array with a number of classes, values as a Float32Array without`,
    );
  }
  checkClassNames(data, what);
  if (classes === undefined) return;
  for (let i = 0; i < targets.length; i++) {
    const label = targets[i]!;
    if (label < 0 || label >= classes) {
      throw new DataError(`${what}: label ${label} of sample ${i} is not in [0, ${classes})`);
    }
  }
}

function checkClassNames({ classes, classNames }: Dataset, what: string): void {
  if (classNames === undefined) return;
  if (classNames.length !== classes) {
    throw new DataError(
      `${what}: ${classNames.length} class names for ${classes ?? 'no'} classes; expected one for each`,
    );
  }
  const twice = classNames.find((name, i) => classNames.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new DataError(`${what}: two classes are called ${JSON.stringify(twice)}`);
  }
}
