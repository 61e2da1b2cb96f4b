// Tables become datasets: what is learnt from the training part alone goes for every part, and is kept with the model.
// Invariant: the preparation is a function of the training table and the options; no other part can change it.
import {
  applyPreparation,
  ConfigError,
  DataError,
  type Dataset,
  type Preparation,
  validatePreparation,
} from '@lockstep/core';
import { preparedInputNames, prepareTargets, requireColumn } from '@lockstep/core/internal';
import { checkOptions, describeValue, inPlace } from '@lockstep/errors';
import { allocate } from '../shared.js';
import { Table } from '../table/table.js';
import { planInput, planTarget } from './automatic.js';
import { type ColumnPlan, checkMissingRule, type MissingRule } from './columns.js';
import { learnInput, learnTarget } from './learn.js';

/** What `prepare` takes. */
export interface PrepareOptions {
  /**
   * What becomes an input, in order. Unless given, every column but the target's; a name alone, too, stands for what is usual:
   * numbers are standardised, texts become one input a category.
   */
  readonly inputs?: readonly (ColumnPlan | string)[] | undefined;
  /**
   * What is learnt, needed unless `from` says it: `classOf('species')`, `standardise('price')`, or a list of columns of numbers. A name alone stands for
   * classes if the column holds texts, else for numbers that are standardised.
   */
  readonly target?: ColumnPlan | string | readonly (ColumnPlan | string)[] | undefined;
  /**
   * What was learnt of another table, to go on from a model that was trained on it: its inputs stay as they are, and so do its
   * targets, unless `target` names classes, which are found by name, or another column.
   */
  readonly from?: Preparation | undefined;
  /** What stands where an input is missing; a target never may. `refuse` unless given. */
  readonly missing?: MissingRule | undefined;
}

/** Parts of one table, as `split` gives them. */
export type TableParts = { readonly train: Table } & Readonly<Record<string, Table>>;

/** What `prepare` gives. */
export interface Prepared<D> {
  /** A dataset, or one for each part, ready for `fit`, `train` and `coordinate`. */
  readonly data: D;
  /** What was learnt; the datasets carry it, and a trained model keeps it. */
  readonly preparation: Preparation;
}

/**
 * @param parts the training table, or `{ train, test, … }`: it is learnt from `train`, and applied to all
 * @throws DataError that names column and row if a value is missing or of another kind, or a part has categories or classes
 *   that the training part lacks; ConfigError if an option is none
 */
export function prepare(parts: Table, options: PrepareOptions): Prepared<Dataset>;
export function prepare<P extends TableParts>(
  parts: P,
  options: PrepareOptions,
): Prepared<{ readonly [K in keyof P]: Dataset }>;
export function prepare(
  parts: Table | TableParts,
  options: PrepareOptions,
): Prepared<Dataset | Readonly<Record<string, Dataset>>> {
  checkOptions('prepare', options, {
    ...{ inputs: true, target: true, from: true, missing: true },
  });
  const train = parts instanceof Table ? parts : (parts as Partial<TableParts> | null)?.train;
  if (!(train instanceof Table)) {
    throw new DataError(
      `prepare: expected a table, or { train: a table, test: a table }, got ${describeValue(parts)}; readTable, parseTable and tableOf make tables`,
    );
  }
  const preparation = learn(train, options);
  if (parts instanceof Table) return { data: datasetOf(parts, preparation), preparation };
  const datasets = Object.entries(parts).map(([name, table]): [string, Dataset] => [
    name,
    inPlace(`prepare ${name}`, () => datasetOf(table, preparation)),
  ]);
  return { data: Object.fromEntries(datasets), preparation };
}

function learn(
  train: Table,
  { inputs, target, from: before, missing = 'refuse' }: PrepareOptions,
): Preparation {
  checkMissingRule('prepare', missing);
  const known = before && validatePreparation(before, 'prepare: from');
  if (known && inputs) {
    throw new ConfigError('prepare: from has inputs of its own; leave inputs out');
  }
  if (target === undefined) {
    if (known) return known;
    throw new ConfigError(
      `prepare: target is missing; expected what is learnt: a column, as in target: ${JSON.stringify(train.names.at(-1))}`,
    );
  }
  const targets = (Array.isArray(target) ? target : [target]).map((one) =>
    planTarget(train, one as ColumnPlan | string),
  );
  if (targets.length === 0) throw new ConfigError('prepare: target is an empty list');
  if (targets.length > 1 && targets.some(({ kind }) => kind === 'class')) {
    throw new ConfigError('prepare: classOf is the only target; several targets are numbers each');
  }
  const others = train.names.filter((name) => targets.every(({ column }) => column !== name));
  const plans = known ? [] : (inputs ?? others).map((one) => planInput(train, one));
  if (plans.length === 0 && !known)
    throw new ConfigError('prepare: inputs is empty; expected at least one');
  const both = (known?.inputs ?? plans).find(({ column }) =>
    targets.some((one) => one.column === column),
  );
  if (both !== undefined) {
    throw new ConfigError(
      `prepare: ${JSON.stringify(both.column)} is the target and an input; expected only one of them`,
    );
  }
  const from = (column: string) => ({
    cells: requireColumn('prepare', train, column),
    rows: train.rows,
    what: `prepare: table ${train.name}: column ${JSON.stringify(column)}`,
    missing,
  });
  const kept = (plan: ColumnPlan) =>
    known?.targets.find(({ kind, column }) => kind !== 'class' && column === plan.column);
  return {
    inputs: known?.inputs ?? plans.map((plan) => learnInput(plan, from(plan.column))),
    targets: targets.map(
      (plan) => kept(plan) ?? learnTarget(plan, from(plan.column)),
    ) as unknown as Preparation['targets'],
  };
}

/**
 * Another table as a model takes it that was trained with this preparation: to be evaluated, or to go on with.
 *
 * @throws DataError that names column and row if a column is not there, a value is missing or of another kind, or a category
 *   or class is unknown
 */
export function datasetOf(table: Table, preparation: Preparation): Dataset {
  if (!(table instanceof Table)) {
    throw new DataError(`datasetOf: expected a table, got ${describeValue(table)}`);
  }
  const options = { operation: `table ${table.name}`, allocate };
  const { inputs, inputShape, samples } = applyPreparation(preparation, table, options);
  return {
    name: table.name,
    ...{ samples, inputShape, inputs, inputDivisor: 1 },
    ...prepareTargets(preparation, table, options),
    inputNames: preparedInputNames(preparation),
    preparation,
  };
}
