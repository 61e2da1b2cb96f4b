// Datasets from numbers that are in memory already: typed arrays, arrays, or arrays of rows.
// Invariant: what comes out has been checked whole (lengths, labels, no NaN or infinity), lies in
// shared memory and is never written again. Bytes stay bytes; every other number becomes float32.
import { DataError, type Dataset } from '@lockstep/core';
import { checkDataset } from '@lockstep/core/engine';
import { isShared, sharedFloat32, sharedInt32, toShared } from './shared.js';

/** Flat numbers, row-major, or one array of numbers for each sample. */
export type ArrayInput = ArrayLike<number> | readonly ArrayLike<number>[];

export interface FromArraysOptions {
  /** `arrays` unless given. */
  readonly name?: string;
  /** [samples, ...inputShape]. A Uint8Array keeps its bytes. */
  readonly inputs: ArrayInput;
  /** Shape of one sample. [row length] unless given, where inputs are rows. */
  readonly inputShape?: readonly number[];
  /** [samples] class labels, integers in [0, classes). Either these or `targets`. */
  readonly labels?: ArrayLike<number>;
  /** One more than the largest label unless given. */
  readonly classes?: number;
  /** What class 0, 1, … is called; then there are so many classes. */
  readonly classNames?: readonly string[];
  /** [samples, ...targetShape] values to be predicted. */
  readonly targets?: ArrayInput;
  /** [values a sample] unless given: [1] for one value each. */
  readonly targetShape?: readonly number[];
  /** Inputs are divided by this when they are used; 1 unless given (255 is usual for pixels). */
  readonly inputDivisor?: number;
}

/**
 * A dataset of one's own. Arrays that lie in shared memory with the right type are taken over as they
 * are (do not write to them again); everything else is copied once.
 *
 * @throws DataError if a length does not fit, a label is out of range or a number is not finite
 */
export function fromArrays(options: FromArraysOptions): Dataset {
  const { name = 'arrays', inputs, labels, targets, inputDivisor = 1 } = options;
  const inputShape = options.inputShape ?? rowShape(inputs);
  if (!inputShape)
    throw fault('inputShape is needed where inputs are not rows: the shape of one sample');
  const inputSize = sizeOf(inputShape, 'inputShape');
  if (!Number.isFinite(inputDivisor) || inputDivisor <= 0) {
    throw fault(`inputDivisor is ${inputDivisor}, expected a number above 0`);
  }
  const flatInputs = flatten(inputs, inputSize, 'inputs');
  if (flatInputs.length === 0 || flatInputs.length % inputSize !== 0) {
    throw fault(
      `inputs have ${flatInputs.length} numbers; expected a multiple of ${inputSize}, the size of [${inputShape.join(', ')}], and at least one sample`,
    );
  }
  const samples = flatInputs.length / inputSize;
  if ((labels === undefined) === (targets === undefined)) {
    throw fault('expected either labels (classes) or targets (values)');
  }
  const base = {
    name,
    samples,
    inputShape: [...inputShape],
    inputs:
      flatInputs instanceof Uint8Array
        ? toShared(flatInputs)
        : toFloats(flatInputs, inputSize, 'input'),
    inputDivisor,
  };
  if (labels !== undefined) {
    const { classNames } = options;
    const classes = options.classes ?? classNames?.length ?? largest(labels) + 1;
    const named = { classes, ...(classNames && { classNames }) };
    const dataset: Dataset = {
      ...base,
      ...{ targetShape: [], targets: toLabels(labels, samples, classes) },
      ...named,
    };
    checkDataset(dataset);
    return dataset;
  }
  if (options.classes !== undefined || options.classNames !== undefined)
    throw fault('classes go with labels, not with targets');
  const targetShape = [
    ...(options.targetShape ?? rowShape(targets!) ?? [Math.ceil(targets!.length / samples) || 1]),
  ];
  const targetSize = sizeOf(targetShape, 'targetShape');
  const flatTargets = flatten(targets!, targetSize, 'targets');
  if (flatTargets.length !== samples * targetSize) {
    throw fault(
      `targets have ${flatTargets.length} numbers, expected ${samples * targetSize} for ${samples} samples of [${targetShape.join(', ')}]`,
    );
  }
  const values = toFloats(flatTargets, targetSize, 'target');
  return { ...base, targetShape, targets: values, classes: undefined };
}

/** [length] of the first row, where there are rows. */
function rowShape(source: ArrayInput): [number] | undefined {
  const first = source[0];
  return typeof first === 'object' ? [first.length] : undefined;
}

function fault(message: string): DataError {
  return new DataError(`fromArrays: ${message}`);
}

function sizeOf(shape: readonly number[], what: string): number {
  let size = 1;
  for (const n of shape) {
    if (!Number.isSafeInteger(n) || n < 1) {
      throw fault(`${what} is [${shape.join(', ')}]; expected integers of at least 1`);
    }
    size *= n;
  }
  return size;
}

function flatten(source: ArrayInput, rowLength: number, what: string): ArrayLike<number> {
  if (source.length === 0 || typeof source[0] === 'number') return source as ArrayLike<number>;
  const rows = source as readonly ArrayLike<number>[];
  const flat = new Float64Array(rows.length * rowLength);
  rows.forEach((row, i) => {
    if (row.length !== rowLength) {
      throw fault(`row ${i} of ${what} has ${row.length} numbers, expected ${rowLength}`);
    }
    flat.set(row, i * rowLength);
  });
  return flat;
}

function toFloats(source: ArrayLike<number>, rowLength: number, what: string): Float32Array {
  const takeOver = source instanceof Float32Array && isShared(source);
  const floats = takeOver ? source : sharedFloat32(source.length);
  for (let i = 0; i < source.length; i++) {
    const value = source[i]!;
    const rounded = Math.fround(value);
    if (!Number.isFinite(rounded)) {
      throw fault(
        `${what} ${i % rowLength} of sample ${Math.floor(i / rowLength)} is ${value}; expected a finite float32`,
      );
    }
    if (!takeOver) floats[i] = rounded;
  }
  return floats;
}

function largest(labels: ArrayLike<number>): number {
  let max = 0;
  for (let i = 0; i < labels.length; i++) max = Math.max(max, labels[i]!);
  return max;
}

function toLabels(labels: ArrayLike<number>, samples: number, classes: number): Int32Array {
  if (labels.length !== samples) {
    throw fault(`${labels.length} labels for ${samples} samples; the two must be equal`);
  }
  const takeOver = labels instanceof Int32Array && isShared(labels);
  const checked = takeOver ? labels : sharedInt32(samples);
  for (let i = 0; i < samples; i++) {
    const label = labels[i]!;
    if (!Number.isInteger(label) || label < 0 || label > 0x7fff_fffe) {
      throw fault(`label of sample ${i} is ${label}; expected an integer of at least 0`);
    }
    if (label >= classes) {
      throw fault(`label of sample ${i} is ${label}; expected 0 to ${classes - 1}`);
    }
    if (!takeOver) checked[i] = label;
  }
  if (!Number.isSafeInteger(classes) || classes < 1) {
    throw fault(`classes is ${classes}; expected an integer of at least 1`);
  }
  return checked;
}
