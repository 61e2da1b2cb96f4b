// Targets of rows, as a preparation says it, and the way back: from what a model answers to values of the target's column.
// Invariant: the way back is computed in float64, from the float32 that the model gives.
import { describeValue, nearestName } from '@lockstep/errors';
import { ConfigError, DataError } from '../errors.js';
import { isMissingCell, placesOf, textIn } from './cells.js';
import { type ApplyOptions, writeNumbers } from './inputs.js';
import { type ClassColumn, type NumberColumn, type Preparation, scalingOf } from './preparation.js';
import { type NamedRows, requireColumn, toColumns } from './rows.js';

/** What a dataset has of its targets. */
export interface PreparedTargets {
  /** [samples] class labels, or [samples, k] values. */
  readonly targets: Int32Array | Float32Array;
  /** [] for a class label, [k] for k values. */
  readonly targetShape: readonly number[];
  readonly classes: number | undefined;
  readonly classNames?: readonly string[];
}

/** The columns of numbers that are learnt; undefined where it is classes. */
export function targetNumbers({
  targets,
}: Pick<Preparation, 'targets'>): readonly NumberColumn[] | undefined {
  return targets[0]!.kind === 'class' ? undefined : (targets as readonly NumberColumn[]);
}

/**
 * @throws DataError that names row and column if a target is missing, no number, or no class that is known
 */
export function prepareTargets(
  preparation: Pick<Preparation, 'targets'>,
  rows: NamedRows,
  { operation = 'predict', allocate = (bytes) => new ArrayBuffer(bytes) }: ApplyOptions = {},
): PreparedTargets {
  const columns = toColumns(operation, rows);
  const samples = columns.rows;
  const faultIn =
    (column: string) =>
    (row: number, what: string): DataError =>
      new DataError(`${operation}: row ${row}, ${JSON.stringify(column)}: ${what}`);
  const numbers = targetNumbers(preparation);
  if (numbers) {
    const width = numbers.length;
    const to = new Float32Array(allocate(4 * samples * width));
    for (const [at, column] of numbers.entries()) {
      const cells = requireColumn(operation, columns, column.column);
      writeNumbers(column, cells, samples, { to, at, width, fault: faultIn(column.column) });
    }
    return { targets: to, targetShape: [width], classes: undefined };
  }
  const { column, classNames } = preparation.targets[0] as ClassColumn;
  const cells = requireColumn(operation, columns, column);
  const placeOf = placesOf(classNames);
  const labels = new Int32Array(allocate(4 * samples));
  for (let row = 0; row < samples; row++) {
    const cell = cells[row];
    const text = isMissingCell(cell) ? undefined : textIn(cell);
    if (text === undefined) {
      throw faultIn(column)(row, `expected a class, got ${describeValue(cell)}`);
    }
    const label = placeOf(text);
    if (label === undefined) throw faultIn(column)(row, explainClass(text, classNames));
    labels[row] = label;
  }
  return { targets: labels, targetShape: [], classes: classNames.length, classNames };
}

function explainClass(text: string, classNames: readonly string[]): string {
  const near = nearestName(text, classNames);
  const most = 12;
  const rest = classNames.length > most ? `, … (${classNames.length})` : '';
  return `class ${describeValue(text)} is not known; the training data has ${classNames.slice(0, most).join(', ')}${rest}${near === undefined ? '' : `; did you mean ${JSON.stringify(near)}?`}`;
}

/**
 * Answers in the units of the target's columns.
 *
 * @param values [samples, k] as the model gives them, k the number of target columns
 * @returns [samples, k] in float64, new
 * @throws ConfigError if the target is a class: classNameOf says its name; DataError if the length is no multiple of k
 */
export function invertTargets(
  preparation: Pick<Preparation, 'targets'>,
  values: ArrayLike<number>,
): Float64Array {
  const numbers = targetNumbers(preparation);
  if (!numbers) throw new ConfigError('invertTargets: the target is a class, which has no unit');
  if (values.length % numbers.length !== 0) {
    throw new DataError(
      `invertTargets: ${values.length} values for ${numbers.length} columns; expected a multiple`,
    );
  }
  const scalings = numbers.map(scalingOf);
  return Float64Array.from({ length: values.length }, (_, i) => {
    const { before, divisor, factor, after } = scalings[i % scalings.length]!;
    return ((values[i]! - after) / factor) * divisor + before;
  });
}

/**
 * By how much a difference of answers is larger in the unit of each target's column; undefined where these are classes.
 */
export function targetUnits(
  preparation: Pick<Preparation, 'targets'>,
): readonly number[] | undefined {
  return targetNumbers(preparation)?.map((column) => {
    const { divisor, factor } = scalingOf(column);
    return divisor / factor;
  });
}

/** @throws ConfigError if there is no class of that index, or the target is no class */
export function classNameOf(preparation: Pick<Preparation, 'targets'>, index: number): string {
  const [target] = preparation.targets;
  const name = target!.kind === 'class' ? target.classNames[index] : undefined;
  if (name !== undefined) return name;
  throw new ConfigError(`classNameOf: there is no class ${describeValue(index)}`);
}
