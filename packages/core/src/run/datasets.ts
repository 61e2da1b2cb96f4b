// The datasets of a run, by name: `train` is learnt from, every other is evaluated after each epoch, in the order in which
// they stand. The chunks of all that are evaluated are numbered through, so that whoever computes deals out one range.
// Not here: what a dataset is (dataset.ts), and whether a network can take it (run-plan.ts).
import { describeValue } from '@lockstep/errors';
import { type Dataset, type DatasetInput, toDataset } from '../dataset.js';
import { alignDataset, type DatasetTraits } from '../dataset-traits.js';
import { ConfigError } from '../errors.js';

/** `train` first. */
export interface Datasets<D = Dataset> {
  readonly train: D;
  readonly [name: string]: D;
}

/** What somebody gives to learn from, and to be evaluated on after each epoch. */
export interface RunData {
  readonly train: DatasetInput;
  /** Where they came from, as the functions that load data say it; nothing here looks at it. */
  readonly source?: string | undefined;
  readonly notes?: readonly string[] | undefined;
  /** `test`, `validation`, … */
  readonly [name: string]: DatasetInput | string | readonly string[] | undefined;
}

/** What loaders say of datasets, beside them. */
const REMARKS: ReadonlySet<string> = new Set(['source', 'notes']);
/** Each is a row of sums in every report; more are a mistake. */
export const MAX_DATASETS = 16;
const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,31}$/;

/** @throws ConfigError unless it names a dataset: metrics are called `<dataset>.<metric>` */
export function checkDatasetName(operation: string, name: string): void {
  if (NAME.test(name)) return;
  throw new ConfigError(
    `${operation}: ${describeValue(name)} is no name of a dataset; expected a letter, and up to 31 letters, digits, - and _ after it, such as validation`,
  );
}

/**
 * Looks at every value of a run's datasets, each by itself.
 *
 * @param data one dataset stands for `{ train: data }`
 * @throws ConfigError or DataError if these are no datasets
 */
export function namedDatasets(operation: string, data: DatasetInput | RunData): Datasets {
  const { train, ...others } = byName(data);
  const rest = Object.entries(others).filter(
    ([name, value]) => value !== undefined && !isRemark(operation, name, value),
  );
  if (rest.length >= MAX_DATASETS) {
    throw new ConfigError(
      `${operation}: data holds ${rest.length + 1} datasets, at most ${MAX_DATASETS} are possible`,
    );
  }
  const first = toDataset(operation, train);
  const named = rest.map(([name, value]) => {
    checkDatasetName(operation, name);
    return [name, toDataset(operation, value as DatasetInput, `the ${name} data`)] as const;
  });
  return { train: first, ...Object.fromEntries(named) };
}

/**
 * The same, and makes them alike: those that are evaluated as the network takes them that is trained on `train`.
 *
 * @param began of the data that a run began with
 * @throws ConfigError, ShapeError or DataError if these are no datasets, or not all of a kind
 */
export function toDatasets(
  operation: string,
  data: DatasetInput | RunData,
  began?: DatasetTraits,
): Datasets {
  const { train: first, ...others } = namedDatasets(operation, data);
  const train = began
    ? alignDataset(operation, 'the data', first, began, 'the data that the run began with')
    : first;
  const evaluated = Object.entries(others).map(([name, dataset]): [string, Dataset] => [
    name,
    alignDataset(operation, `the ${name} data`, dataset, train),
  ]);
  return { train, ...Object.fromEntries(evaluated) };
}

/** @throws ConfigError if a dataset has the name of what loaders say beside theirs: it would not be evaluated */
function isRemark(operation: string, name: string, value: unknown): boolean {
  if (!REMARKS.has(name)) return false;
  if (typeof value === 'string' || Array.isArray(value)) return true;
  throw new ConfigError(
    `${operation}: data.${name} is ${describeValue(value)}; that name is for words on where datasets came from, so call the dataset otherwise`,
  );
}

/** What is no map of datasets is taken for one dataset, and looked at as such. */
export function byName(data: DatasetInput | RunData): RunData {
  const isMap = typeof data === 'object' && data !== null && Object.hasOwn(data, 'train');
  return isMap ? (data as RunData) : { train: data as DatasetInput };
}

/** Names of those that are evaluated, in order. */
export function evaluatedNames(datasets: Datasets<unknown>): string[] {
  return Object.keys(datasets).filter((name) => name !== 'train');
}
