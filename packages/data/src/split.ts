// A table or a dataset cut into parts: at random by a seed, class by class, or in order; or its first samples only.
// Invariant: which sample goes where is a pure function of (number of samples, sizes, seed, classes), on every machine; no
// sample is lost or taken twice.
import { ConfigError, type Dataset, type DatasetInput, permutation, STREAM } from '@lockstep/core';
import { requireColumn, toDataset } from '@lockstep/core/internal';
import {
  checkOptions,
  describeValue,
  requireBoolean,
  requireInteger,
  requireNumber,
} from '@lockstep/errors';
import { sharedLike } from './shared.js';
import { Table } from './table/table.js';

/** What `split` takes. */
export interface SplitOptions {
  /** A share of the rows in (0, 1), rounded to whole ones, or a number of rows from 1. */
  readonly test?: number;
  /** The same, of all rows. */
  readonly validation?: number;
  /** An integer in [0, 2^53); 0 unless given. */
  readonly seed?: number;
  /** Training rows first, then validation, test last, each as they stand: for what is ordered by time. */
  readonly inOrder?: boolean;
  /** Every part has the classes in the same shares: those of this column, or, of a dataset with classes, `true`. */
  readonly stratify?: string | true;
}

/** A part for each size that was asked for, and the rest in `train`. */
export type Parts<T, O extends SplitOptions> = {
  readonly train: T;
} & (O extends { readonly validation: number } ? { readonly validation: T } : unknown) &
  (O extends { readonly test: number } ? { readonly test: T } : unknown);

/**
 * Cuts a table or a dataset; the parts are copies, those of a dataset in shared memory.
 *
 * @throws ConfigError if a part would be empty, an option is out of range, or there are fewer rows of a class than parts
 */
export function split<const O extends SplitOptions>(data: Table, options: O): Parts<Table, O>;
export function split<T extends DatasetInput, const O extends SplitOptions>(
  data: T,
  options: O,
): Parts<T & Dataset, O>;
export function split(data: Table | DatasetInput, options: SplitOptions): object {
  checkOptions('split', options, {
    ...{ test: true, validation: true, seed: true, inOrder: true, stratify: true },
  });
  const source = data instanceof Table ? data : toDataset('split', data);
  const count = source instanceof Table ? source.rows : source.samples;
  const { inOrder = false, stratify, seed } = options;
  requireBoolean('split', 'inOrder', inOrder);
  requireInteger('split', 'seed', seed ?? 0, 0);
  if (inOrder && (seed !== undefined || stratify !== undefined)) {
    throw new ConfigError(
      `split: inOrder goes without ${seed === undefined ? 'stratify' : 'seed'}; rows in order are not drawn`,
    );
  }
  const test = sizeOf('test', options.test, count);
  const validation = sizeOf('validation', options.validation, count);
  const names = (['train', 'validation', 'test'] as const).filter(
    (name) => name === 'train' || options[name] !== undefined,
  );
  if (names.length === 1) {
    throw new ConfigError('split: expected test, validation or both: the share of each part');
  }
  if (test + validation >= count) {
    throw new ConfigError(
      `split: ${test + validation} of ${count} rows are for ${names.slice(1).join(' and ')}; none is left for training`,
    );
  }
  const indices = inOrder
    ? cutInOrder(count, { test, validation })
    : cutAtRandom(count, { test, validation }, seed ?? 0, groupsOf(source, stratify, names.length));
  const take = (chosen: Uint32Array): Table | Dataset =>
    source instanceof Table ? source.take(chosen) : takeSamples(source, chosen);
  return Object.fromEntries(names.map((name) => [name, take(indices[name])]));
}

type Sizes = Readonly<Record<'test' | 'validation', number>>;
type Cut = Readonly<Record<'train' | 'validation' | 'test', Uint32Array>>;

function sizeOf(name: string, size: number | undefined, count: number): number {
  if (size === undefined) return 0;
  requireNumber('split', name, size, { above: 0 });
  if (count < 2) throw new ConfigError(`split: ${count} row makes no two parts`);
  const rows = size < 1 ? Math.round(size * count) : size;
  if (Number.isInteger(rows) && rows >= 1 && rows < count) return rows;
  throw new ConfigError(
    `split: ${name} ${size} of ${count} rows is ${rows}; expected 1 to ${count - 1}, as a share below 1 or as a whole number of rows`,
  );
}

function cutInOrder(count: number, { test, validation }: Sizes): Cut {
  const all = Uint32Array.from({ length: count }, (_, i) => i);
  return {
    train: all.subarray(0, count - validation - test),
    validation: all.subarray(count - validation - test, count - test),
    test: all.subarray(count - test),
  };
}

/** @param groups of each row, from 0; of each group every part has its share */
function cutAtRandom(
  count: number,
  { test, validation }: Sizes,
  seed: number,
  groups: Uint32Array | undefined,
): Cut {
  const order = permutation(count, seed, 0, STREAM.split);
  const sizes = new Map<number, number>();
  const groupOf = (row: number): number => groups?.[row] ?? 0;
  for (let row = 0; row < count; row++) sizes.set(groupOf(row), (sizes.get(groupOf(row)) ?? 0) + 1);
  const forTest = shares(test, count, sizes);
  const left = new Map([...sizes].map(([group, size]) => [group, size - forTest.get(group)!]));
  const forValidation = shares(validation, count - test, left);
  const cut = {
    train: new Uint32Array(count - validation - test),
    validation: new Uint32Array(validation),
    test: new Uint32Array(test),
  };
  const at = { train: 0, validation: 0, test: 0 };
  for (const row of order) {
    const group = groupOf(row);
    const part = takeOne(forTest, group)
      ? 'test'
      : takeOne(forValidation, group)
        ? 'validation'
        : 'train';
    cut[part][at[part]++] = row;
  }
  return cut;
}

function takeOne(left: Map<number, number>, group: number): boolean {
  const count = left.get(group)!;
  if (count > 0) left.set(group, count - 1);
  return count > 0;
}

/** Of `part` rows each group's share, in whole rows: what is left over goes to the largest fractions, the first among equals. */
function shares(
  part: number,
  whole: number,
  sizes: ReadonlyMap<number, number>,
): Map<number, number> {
  const exact = [...sizes].map(([group, size]) => ({ group, product: size * part }));
  const given = new Map(exact.map(({ group, product }) => [group, Math.floor(product / whole)]));
  const rest = part - [...given.values()].reduce((sum, rows) => sum + rows, 0);
  exact.sort((a, b) => (b.product % whole) - (a.product % whole) || a.group - b.group);
  for (const { group } of exact.slice(0, rest)) given.set(group, given.get(group)! + 1);
  return given;
}

function groupsOf(
  source: Table | Dataset,
  stratify: SplitOptions['stratify'],
  parts: number,
): Uint32Array | undefined {
  if (stratify === undefined) return undefined;
  const labels = labelsOf(source, stratify);
  const numbers = new Map<unknown, number>();
  const counts: number[] = [];
  const groups = Uint32Array.from(labels, (label) => {
    const group = numbers.get(label) ?? numbers.size;
    numbers.set(label, group);
    counts[group] = (counts[group] ?? 0) + 1;
    return group;
  });
  for (const [label, group] of numbers) {
    if (counts[group]! >= parts) continue;
    const name = source instanceof Table ? label : (source.classNames?.[label as number] ?? label);
    const isMissing = name === undefined || Number.isNaN(name);
    throw new ConfigError(
      `split: stratify: ${isMissing ? 'the class of missing values' : `class ${describeValue(name)}`} has ${counts[group]} ${counts[group] === 1 ? 'row' : 'rows'} for ${parts} parts; leave it out, join it with another, or split without stratify`,
    );
  }
  return groups;
}

function labelsOf(
  source: Table | Dataset,
  stratify: string | true,
): ArrayLike<number | string | undefined> {
  if (source instanceof Table) {
    if (typeof stratify === 'string') {
      return requireColumn('split: stratify', source, stratify) as ArrayLike<number | string>;
    }
    throw new ConfigError(
      `split: stratify is ${describeValue(stratify)}; expected the name of a column of the table`,
    );
  }
  if (stratify !== true) {
    throw new ConfigError(
      `split: stratify is ${describeValue(stratify)}; a dataset is split by its classes: stratify: true`,
    );
  }
  if (source.targets instanceof Int32Array) return source.targets;
  throw new ConfigError(
    `split: stratify: dataset "${source.name}" has numbers as targets; expected classes`,
  );
}

/** What `trainTestSplit` takes. */
export interface TrainTestSplitOptions {
  /** Share of the samples that is kept for testing, in (0, 1); rounded to whole samples. */
  readonly testFraction: number;
  /** An integer in [0, 2^53). */
  readonly seed: number;
}

/**
 * `split` by a share and a seed: another name of it, from before.
 *
 * @throws ConfigError if a part would be empty, or the seed is out of range
 */
export function trainTestSplit<T extends DatasetInput>(
  data: T,
  options: TrainTestSplitOptions,
): { train: T & Dataset; test: T & Dataset } {
  checkOptions('trainTestSplit', options, { testFraction: true, seed: true });
  const { testFraction, seed } = options;
  requireInteger('trainTestSplit', 'seed', seed, 0);
  const dataset = toDataset('trainTestSplit', data) as T & Dataset;
  const { samples } = dataset;
  requireNumber('trainTestSplit', 'testFraction', testFraction, { above: 0, below: 1 });
  const testSamples = Math.round(samples * testFraction);
  if (!(testSamples >= 1 && testSamples <= samples - 1)) {
    throw new ConfigError(
      `trainTestSplit: testFraction ${testFraction} of ${samples} samples leaves ${testSamples} for testing; expected 1 to ${samples - 1}`,
    );
  }
  return split(dataset, { test: testSamples, seed });
}

/**
 * The first `count` samples, or all if there are fewer; a view, nothing is copied.
 *
 * @throws ConfigError if count is not an integer of at least 1
 */
export function firstSamples<T extends DatasetInput>(data: T, count: number): T & Dataset {
  const dataset = toDataset('firstSamples', data) as T & Dataset;
  if (!Number.isInteger(count) || count < 1) {
    throw new ConfigError(
      `firstSamples: count is ${describeValue(count)}, expected an integer of at least 1`,
    );
  }
  const samples = Math.min(count, dataset.samples);
  const { inputs, targets } = dataset;
  return {
    ...dataset,
    samples,
    inputs: inputs.subarray(0, (inputs.length / dataset.samples) * samples),
    targets: targets.subarray(0, (targets.length / dataset.samples) * samples),
  };
}

function takeSamples<T extends Dataset>(dataset: T, indices: Uint32Array): T {
  const inputSize = dataset.inputs.length / dataset.samples;
  const targetSize = dataset.targets.length / dataset.samples;
  const inputs = sharedLike(dataset.inputs, indices.length * inputSize);
  copyRows(dataset.inputs, inputs, inputSize, indices);
  const targets = sharedLike(dataset.targets, indices.length * targetSize);
  copyRows(dataset.targets, targets, targetSize, indices);
  return { ...dataset, samples: indices.length, inputs, targets };
}

function copyRows(
  from: Uint8Array | Int32Array | Float32Array,
  to: Uint8Array | Int32Array | Float32Array,
  size: number,
  indices: Uint32Array,
): void {
  indices.forEach((index, i) => {
    to.set(from.subarray(index * size, (index + 1) * size), i * size);
  });
}
