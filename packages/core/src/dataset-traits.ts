// What a network that was trained on one dataset expects of another: how a sample is laid out, what its inputs are divided
// by, what is learnt, and which input and which class is which.
// Invariant: a dataset that comes out of alignDataset means the same, number by number, as the one that was trained on.
// Not here: whether a dataset agrees with itself (dataset.ts), and whether a graph can take it (run/run-plan.ts).
import { describeValue } from '@lockstep/errors';
import type { Dataset } from './dataset.js';
import { ConfigError, DataError, ShapeError } from './errors.js';
import { type NamedPart, sameParts } from './parts.js';
import { samePreparation } from './preparation/validate.js';
import { formatShape, sameShape } from './shape.js';
import { sameTokenizer } from './text/validate.js';

/** A dataset without its samples. */
export type DatasetTraits = Pick<
  Dataset,
  | 'inputShape'
  | 'inputDivisor'
  | 'vocabulary'
  | 'targetShape'
  | 'classes'
  | 'classNames'
  | 'inputNames'
  | 'preparation'
  | 'pictures'
  | 'inputParts'
  | 'targetParts'
  | 'tokenizer'
>;

/** What a dataset says of its samples besides the numbers, as a value of its own. */
export function traitsOf(data: DatasetTraits): DatasetTraits {
  const { inputShape, inputDivisor, targetShape, classes, classNames, inputNames } = data;
  const { preparation, pictures, inputParts, targetParts, tokenizer, vocabulary } = data;
  return {
    ...{ inputShape, inputDivisor, targetShape, classes },
    ...(vocabulary !== undefined && { vocabulary }),
    ...(classNames && { classNames }),
    ...(inputNames && { inputNames }),
    ...(preparation && { preparation }),
    ...(pictures && { pictures }),
    ...(inputParts && { inputParts }),
    ...(targetParts && { targetParts }),
    ...(tokenizer && { tokenizer }),
  };
}

/**
 * Whether two shapes are the same numbers in the same order: axes of length 1 may come and go, [1, 28, 28] is [28, 28],
 * but [784] says nothing of rows and [56, 14] is not [14, 56].
 */
export function sameLayout(a: readonly number[], b: readonly number[]): boolean {
  const long = (shape: readonly number[]): number[] => shape.filter((size) => size !== 1);
  return sameShape(long(a), long(b));
}

/**
 * A dataset as a network takes it that was trained on data with these traits. Classes that both sides have names for are
 * found by name: a dataset that lacks some, or has them in another order, gets the numbers that were trained.
 *
 * @param operation for errors
 * @param what of the dataset, for errors: `the test data`
 * @param of what the traits are of, for errors
 * @returns the dataset itself, or one that differs in targets, classes and classNames only
 * @throws ConfigError if these are no traits
 * @throws ShapeError if samples or targets have another shape
 * @throws DataError if inputs are divided by another number, or there are other inputs or classes, by name
 */
export function alignDataset(
  operation: string,
  what: string,
  data: Dataset,
  trained: DatasetTraits,
  of = 'the training data',
): Dataset {
  if (!isTraits(trained)) {
    throw new ConfigError(
      `${operation}: trainedOn is ${describeValue(trained)} without shapes; expected what loadRunWeights and loadWeights give as trainedOn`,
    );
  }
  const fault = `${operation}: ${what} ("${data.name}")`;
  if ((data.classes === undefined) !== (trained.classes === undefined)) {
    const [has, had] = [data, trained].map(({ classes }) =>
      classes === undefined ? 'numbers as targets' : 'class labels',
    );
    throw new ShapeError(`${fault} has ${has}, ${of} has ${had}; the two must be equal`);
  }
  checkInputs(fault, data, trained, of);
  if (!sameLayout(data.targetShape, trained.targetShape)) {
    throw new ShapeError(
      `${fault} has targets of ${formatShape(data.targetShape)}, ${of} has ${formatShape(trained.targetShape)}; the two must be equal`,
    );
  }
  if (!sameParts(data.targetParts, trained.targetParts)) {
    throw new DataError(
      `${fault} has ${partsOf(data.targetParts)} as targets, ${of} has ${partsOf(trained.targetParts)}; the two must be equal, in names, order, shapes and classes`,
    );
  }
  checkPreparation(fault, data, trained, of, 'targets');
  const { preparation = data.preparation } = trained;
  const prepared = preparation === data.preparation ? data : { ...data, preparation };
  return trained.classes === undefined ? prepared : alignClasses(fault, prepared, trained, of);
}

/**
 * Whether a dataset's inputs are those that a network was trained on, whatever is to be learnt of them.
 *
 * @param fault begins each error
 * @param of what the traits are of
 * @throws ShapeError or DataError
 */
export function checkInputs(
  fault: string,
  data: Pick<
    Dataset,
    | 'inputShape'
    | 'inputDivisor'
    | 'vocabulary'
    | 'inputNames'
    | 'preparation'
    | 'inputParts'
    | 'tokenizer'
  >,
  trained: DatasetTraits,
  of: string,
): void {
  if (!sameLayout(data.inputShape, trained.inputShape)) {
    throw new ShapeError(
      `${fault} has inputs of ${formatShape(data.inputShape)}, ${of} has ${formatShape(trained.inputShape)}; the two must be equal. If only the name of the shape is wrong, give the right one as inputShape`,
    );
  }
  if (data.vocabulary !== trained.vocabulary) {
    const kind = (vocabulary: number | undefined): string =>
      vocabulary === undefined ? 'numbers' : `tokens of a vocabulary of ${vocabulary}`;
    throw new DataError(
      `${fault} has ${kind(data.vocabulary)} as inputs, ${of} has ${kind(trained.vocabulary)}; the two must be equal. Give vocabulary where the data is made`,
    );
  }
  if (!sameParts(data.inputParts, trained.inputParts)) {
    throw new DataError(
      `${fault} has ${partsOf(data.inputParts)} as inputs, ${of} has ${partsOf(trained.inputParts)}; the two must be equal, in names, order, shapes and divisors`,
    );
  }
  checkInputNames(fault, data.inputNames, trained.inputNames, of);
  if (data.inputDivisor !== trained.inputDivisor) {
    throw new DataError(
      `${fault} has inputs that are divided by ${data.inputDivisor}, those of ${of} are divided by ${trained.inputDivisor}; scale both alike and give both the same inputDivisor`,
    );
  }
  checkPreparation(fault, data, trained, of, 'inputs');
  if (!data.tokenizer || !trained.tokenizer) return;
  if (sameTokenizer(data.tokenizer, trained.tokenizer)) return;
  throw new DataError(
    `${fault} has tokens of another tokenizer than ${of}; make both with one textDataset, or this one with the tokenizer of ${of}`,
  );
}

/** Numbers that were scaled by another mean are other numbers; data that nobody prepared here is taken at its word. */
function checkPreparation(
  fault: string,
  { preparation }: Pick<Dataset, 'preparation'>,
  trained: DatasetTraits,
  of: string,
  part: 'inputs' | 'targets',
): void {
  if (preparation === undefined || trained.preparation === undefined) return;
  if (samePreparation(preparation, trained.preparation, part)) return;
  throw new DataError(
    `${fault} has ${part} that were prepared otherwise than those of ${of}: what is learnt from one table goes for all; give both tables to one prepare({ train, test }, …), or this one to datasetOf with the preparation of ${of}`,
  );
}

function partsOf(parts: readonly NamedPart[] | undefined): string {
  return parts ? parts.map(partOf).join(', ') : 'one row without names';
}

function partOf({ name, shape, divisor, classNames }: NamedPart): string {
  const by = divisor === undefined ? '' : ` / ${divisor}`;
  const of = classNames
    ? ` (${classNames.slice(0, 8).join(', ')}${classNames.length > 8 ? ', …' : ''})`
    : '';
  return `${name} ${formatShape(shape)}${by}${of}`;
}

function isTraits(traits: unknown): traits is DatasetTraits {
  const { inputShape, targetShape } = (traits ?? {}) as Partial<DatasetTraits>;
  return Array.isArray(inputShape) && Array.isArray(targetShape);
}

/** Inputs are never moved: which column is which is said where the table is read. */
function checkInputNames(
  fault: string,
  names: readonly string[] | undefined,
  trained: readonly string[] | undefined,
  of: string,
): void {
  if (!isNamed(names) || !isNamed(trained) || names.length !== trained.length) return;
  const at = names.findIndex((name, i) => name !== trained[i]);
  if (at === -1) return;
  const advice = trained.every((name) => names.includes(name))
    ? `Give columns: [${list(trained)}] when the table is read`
    : 'If the two are the same, rename the column';
  throw new DataError(
    `${fault} has the input ${JSON.stringify(names[at])} where ${of} has ${JSON.stringify(trained[at])} (input ${at} of ${names.length}). ${advice}`,
  );
}

/** Whether somebody gave these names: a table without a header has `column 0`, `column 1`, …, by where they stand. */
function isNamed(names: readonly string[] | undefined): names is readonly string[] {
  return Array.isArray(names) && !names.every((name) => /^column \d+$/.test(name));
}

function alignClasses(fault: string, data: Dataset, trained: DatasetTraits, of: string): Dataset {
  const { classes, classNames } = trained;
  if (data.classNames === undefined || classNames === undefined) {
    if (data.classes === classes) return data;
    const advice =
      data.classes! < classes!
        ? `. If the labels mean the same and some classes do not occur, give classes: ${classes}`
        : '';
    throw new DataError(
      `${fault} has ${data.classes} ${data.classes === 1 ? 'class' : 'classes'}, ${of} has ${classes}; the two must be equal${advice}`,
    );
  }
  const numbers = data.classNames.map((name) => classNames.indexOf(name));
  const unknown = data.classNames.filter((_, i) => numbers[i] === -1);
  if (unknown.length > 0) {
    throw new DataError(
      `${fault} has ${list(unknown)}, which ${unknown.length === 1 ? 'is no class' : 'are no classes'} of ${of}: ${list(classNames)}`,
    );
  }
  if (data.classes === classes && numbers.every((number, i) => number === i)) return data;
  const targets = (data.targets as Int32Array).map((label) => numbers[label] ?? label);
  return { ...data, targets, classes, classNames };
}

const SHOWN_NAMES = 12;

/** Names for a message: quoted, and not all of thousands. */
function list(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN_NAMES).map((name) => JSON.stringify(name));
  const rest = names.length - shown.length;
  return rest > 0 ? `${shown.join(', ')} and ${rest} more` : shown.join(', ');
}
