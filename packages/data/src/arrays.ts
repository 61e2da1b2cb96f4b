// Datasets from numbers that are in memory already: typed arrays, arrays, or arrays of rows.
// Invariant: what comes out has been checked whole (by core's conversion), lies in shared memory and is never written
// again. Bytes stay bytes; every other number becomes float32.

import { DataError, type Dataset, type NamedInputs, type NumberSource } from '@lockstep/core';
import {
  checkClassNames,
  checkDivisor,
  checkLengths,
  product,
  shapeOfSamples,
  toFloats,
  toInputs,
  toInputsOrTokens,
  toLabels,
} from '@lockstep/core/internal';
import { checkOptions, describeValue, type OptionNames, requireText } from '@lockstep/errors';
import { type ByName, isByName, namedInputs, namedTargets } from './named-arrays.js';
import { allocate, toShared } from './shared.js';

/** What `fromArrays` takes. */
export interface FromArraysOptions {
  /** `arrays` unless given. */
  readonly name?: string;
  /**
   * [samples, ...inputShape]: flat, or a list for each sample. Bytes stay bytes. Or several inputs by name, for a model that
   * takes them so: bytes stay bytes where all are, and are divided by the same number. Or, with a vocabulary, tokens.
   */
  readonly inputs: NumberSource | NamedInputs;
  /** Shape of one sample. That of a row unless given, where inputs are rows. */
  readonly inputShape?: ByName<readonly number[]>;
  /**
   * Of tokens: how many different ones there are. The inputs are whole numbers in [0, vocabulary) then, and the model gets
   * them as such; bytes stay bytes.
   */
  readonly vocabulary?: number;
  /**
   * [samples] class labels, integers in [0, classes). Either these or `targets`; or both by name, for a model that gives
   * several outputs. Or a label for each position of a sample, in lists or with a `targetShape`: [samples, ...targetShape],
   * −100 where a position does not count.
   */
  readonly labels?: ByName<NumberSource>;
  /** One more than the largest label unless given. */
  readonly classes?: ByName<number>;
  /** What class 0, 1, … is called; then there are so many classes. */
  readonly classNames?: ByName<readonly string[]>;
  /** [samples, ...targetShape] values to be predicted. */
  readonly targets?: ByName<NumberSource>;
  /** [values a sample] unless given: [1] for one value each. */
  readonly targetShape?: ByName<readonly number[]>;
  /** Inputs are divided by this when they are used; 1 unless given (255 is usual for pixels). */
  readonly inputDivisor?: ByName<number>;
}

const OPTIONS: OptionNames<FromArraysOptions> = {
  name: true,
  inputs: true,
  inputShape: true,
  vocabulary: true,
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
  const { name = 'arrays', inputs, labels, targets } = options;
  requireText('fromArrays', 'name', name);
  if (isByName(inputs) && options.vocabulary !== undefined) {
    throw fault('inputs by name are numbers, and have no vocabulary; tokens are the only input');
  }
  const row = isByName(inputs)
    ? namedInputs(inputs, options.inputShape, options.inputDivisor)
    : plainInputs(options as PlainOptions);
  const base = { name, ...row };
  if (isByName(labels) || isByName(targets)) {
    return { ...base, ...namedTargets(options, row.samples) };
  }
  return { ...base, ...plainTargets(options as PlainOptions, row.samples) };
}

/** Without names. */
type PlainOptions = {
  readonly [Name in keyof FromArraysOptions]: Exclude<
    FromArraysOptions[Name],
    Readonly<Record<string, unknown>>
  >;
};

function plainInputs(
  options: PlainOptions,
): Pick<Dataset, 'samples' | 'inputShape' | 'inputs' | 'inputDivisor' | 'vocabulary'> {
  const { inputDivisor = 1, vocabulary } = options;
  const inputs = options.inputs as NumberSource;
  const given = options.inputShape as readonly number[] | undefined;
  const what = 'fromArrays';
  const inputShape = given ?? shapeOfSamples(inputs);
  if (!inputShape) {
    // What is no list of numbers is the nearer fault.
    toInputs(inputs, { what, value: 'input', shape: [] });
    throw fault('inputShape is needed where inputs are not rows: the shape of one sample');
  }
  checkLengths(`${what}: inputShape`, inputShape);
  const place = { what, value: 'input', shape: inputShape, allocate };
  const flat = toInputsOrTokens(inputs, vocabulary, place);
  checkDivisor(what, inputDivisor, flat);
  const samples = flat.length / product(inputShape);
  return {
    ...{ samples, inputShape: [...inputShape], inputs: toShared(flat), inputDivisor },
    ...(vocabulary !== undefined && { vocabulary }),
  };
}

function plainTargets(
  options: PlainOptions,
  samples: number,
): Pick<Dataset, 'targetShape' | 'targets' | 'classes' | 'classNames'> {
  const { classNames } = options as { classNames?: readonly string[] };
  const labels = options.labels as NumberSource | undefined;
  const targets = options.targets as NumberSource | undefined;
  const what = 'fromArrays';
  if ((labels === undefined) === (targets === undefined)) {
    throw fault('expected either labels (classes) or targets (values)');
  }
  if (labels !== undefined) {
    const given = options.classes ?? classNames?.length;
    if (given !== undefined && (!Number.isSafeInteger(given) || given < 1)) {
      throw fault(`classes is ${describeValue(given)}; expected an integer of at least 1`);
    }
    const targetShape = [
      ...((options.targetShape as readonly number[] | undefined) ?? shapeOfSamples(labels) ?? []),
    ];
    checkLengths(`${what}: targetShape`, targetShape);
    const place = { what, value: 'label', shape: targetShape, samples, allocate };
    const classed = toLabels(labels, place, given);
    const classes = given ?? classed.reduce((most, label) => Math.max(most, label), 0) + 1;
    const found = {
      ...{ targetShape, targets: toShared(classed), classes },
      ...(classNames && { classNames }),
    };
    checkClassNames(what, found);
    return found;
  }
  if (options.classes !== undefined || options.classNames !== undefined)
    throw fault('classes go with labels, not with targets');
  const flatShape = [
    Math.ceil(((targets as ArrayLike<number> | null)?.length ?? 0) / samples) || 1,
  ];
  const targetShape = [
    ...((options.targetShape as readonly number[] | undefined) ??
      shapeOfSamples(targets!) ??
      flatShape),
  ];
  checkLengths(`${what}: targetShape`, targetShape);
  const place = { what, value: 'target', shape: targetShape, samples, allocate };
  const values = toFloats(targets!, place);
  return { targetShape, targets: toShared(values), classes: undefined };
}

function fault(message: string): DataError {
  return new DataError(`fromArrays: ${message}`);
}
