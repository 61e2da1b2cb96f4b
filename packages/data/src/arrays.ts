// Datasets from numbers that are in memory already: typed arrays, arrays, or arrays of rows.
// Invariant: what comes out has been checked whole (by core's conversion), lies in shared memory and is never written
// again. Bytes stay bytes; every other number becomes float32.

import { DataError, type Dataset, type NumberSource } from '@lockstep/core';
import {
  checkClassNames,
  checkDivisor,
  checkLengths,
  product,
  shapeOfSamples,
  toFloats,
  toInputs,
  toLabels,
} from '@lockstep/core/internal';
import { checkOptions, describeValue, type OptionNames, requireText } from '@lockstep/errors';
import { allocate, toShared } from './shared.js';

export interface FromArraysOptions {
  /** `arrays` unless given. */
  readonly name?: string;
  /** [samples, ...inputShape]: flat, or a list for each sample. Bytes stay bytes. */
  readonly inputs: NumberSource;
  /** Shape of one sample. That of a row unless given, where inputs are rows. */
  readonly inputShape?: readonly number[];
  /** [samples] class labels, integers in [0, classes). Either these or `targets`. */
  readonly labels?: ArrayLike<number> | ArrayLike<bigint>;
  /** One more than the largest label unless given. */
  readonly classes?: number;
  /** What class 0, 1, … is called; then there are so many classes. */
  readonly classNames?: readonly string[];
  /** [samples, ...targetShape] values to be predicted. */
  readonly targets?: NumberSource;
  /** [values a sample] unless given: [1] for one value each. */
  readonly targetShape?: readonly number[];
  /** Inputs are divided by this when they are used; 1 unless given (255 is usual for pixels). */
  readonly inputDivisor?: number;
}

const OPTIONS: OptionNames<FromArraysOptions> = {
  name: true,
  inputs: true,
  inputShape: true,
  labels: true,
  classes: true,
  classNames: true,
  targets: true,
  targetShape: true,
  inputDivisor: true,
};

/**
 * A dataset of one's own. Arrays that lie in shared memory with the right type are taken over as they
 * are (do not write to them again); everything else is copied once.
 *
 * @throws DataError if a length does not fit, a label is out of range, or a number is missing, none, not finite or would
 * not be the same as float32
 */
export function fromArrays(options: FromArraysOptions): Dataset {
  checkOptions('fromArrays', options, OPTIONS);
  const { name = 'arrays', inputs, labels, targets, inputDivisor = 1 } = options;
  const what = 'fromArrays';
  requireText(what, 'name', name);
  const inputShape = options.inputShape ?? shapeOfSamples(inputs);
  if (!inputShape) {
    // What is no list of numbers is the nearer fault.
    toInputs(inputs, { what, value: 'input', shape: [] });
    throw fault('inputShape is needed where inputs are not rows: the shape of one sample');
  }
  checkLengths(`${what}: inputShape`, inputShape);
  const flat = toInputs(inputs, { what, value: 'input', shape: inputShape, allocate });
  checkDivisor(what, inputDivisor, flat);
  const samples = flat.length / product(inputShape);
  if ((labels === undefined) === (targets === undefined)) {
    throw fault('expected either labels (classes) or targets (values)');
  }
  const base = {
    name,
    samples,
    inputShape: [...inputShape],
    inputs: toShared(flat),
    inputDivisor,
  };
  if (labels !== undefined) {
    const { classNames } = options;
    const given = options.classes ?? classNames?.length;
    if (given !== undefined && (!Number.isSafeInteger(given) || given < 1)) {
      throw fault(`classes is ${describeValue(given)}; expected an integer of at least 1`);
    }
    const place = { what, value: 'label', shape: [], samples, allocate };
    const classed = toLabels(labels, place, given);
    const classes = given ?? classed.reduce((most, label) => Math.max(most, label), 0) + 1;
    const dataset: Dataset = {
      ...base,
      ...{ targetShape: [], targets: toShared(classed), classes },
      ...(classNames && { classNames }),
    };
    checkClassNames(what, dataset);
    return dataset;
  }
  if (options.classes !== undefined || options.classNames !== undefined)
    throw fault('classes go with labels, not with targets');
  const flatShape = [
    Math.ceil(((targets as ArrayLike<number> | null)?.length ?? 0) / samples) || 1,
  ];
  const targetShape = [...(options.targetShape ?? shapeOfSamples(targets!) ?? flatShape)];
  checkLengths(`${what}: targetShape`, targetShape);
  const place = { what, value: 'target', shape: targetShape, samples, allocate };
  const values = toFloats(targets!, place);
  return { ...base, targetShape, targets: toShared(values), classes: undefined };
}

function fault(message: string): DataError {
  return new DataError(`fromArrays: ${message}`);
}
