// Series as samples: windows over what came, and what came after each of them.
// Invariant: no target lies in its own window; what comes later than a target is in no input of its sample. So windows of parts
// that were cut in the order of time share nothing.
import { ConfigError, DataError, type Dataset, type NumberSource } from '@lockstep/core';
import { product, shapeOfSamples, toDataset, toFloats, toInputs } from '@lockstep/core/internal';
import { checkOptions, describeValue, requireInteger, requireText } from '@lockstep/errors';
import { allocate } from '../shared.js';
import { copyWindows } from './copy-windows.js';

/** What `windows` takes. */
export interface WindowOptions {
  /** Steps that a sample sees. */
  readonly length: number;
  /** Steps that are to be foretold. 1 unless given. */
  readonly horizon?: number;
  /** How many steps behind the window's last one the first of those lies. 1 unless given: the next one. */
  readonly ahead?: number;
  /** Steps from one window to the next. 1 unless given: as many windows as there are. */
  readonly stride?: number;
  /** Of a series of columns: those that are foretold. All unless given. */
  readonly targets?: readonly string[];
  readonly name?: string;
}

/** Columns by name, step by step, all as long. */
export type SeriesColumns = Readonly<Record<string, ArrayLike<number>>>;

/**
 * @param series numbers, one a step; a list of rows, one a step; columns by name; or a dataset whose samples are steps, in
 *   their order, as `prepare` makes it of a table: its inputs are seen, its targets foretold
 * @returns inputs [length, features]; targets [horizon × values of a step]
 * @throws DataError if the series is too short for one window, or its numbers are none; ConfigError if an option is out of range
 */
export function windows(
  series: NumberSource | SeriesColumns | Dataset,
  options: WindowOptions,
): Dataset {
  checkOptions('windows', options, {
    ...{ length: true, horizon: true, ahead: true, stride: true, targets: true, name: true },
  });
  const { length, horizon = 1, ahead = 1, stride = 1 } = options;
  for (const [name, value] of Object.entries({ length, horizon, ahead, stride })) {
    requireInteger('windows', name, value, 1);
  }
  const { name: own, seen, foretold, inputDivisor, inputNames } = stepsOf(series, options.targets);
  const name = options.name ?? own;
  requireText('windows', 'name', name);
  const steps = seen.values.length / seen.width;
  const span = length + ahead + horizon - 1;
  const count = Math.floor((steps - span) / stride) + 1;
  if (count < 1) {
    throw new DataError(
      `windows: the series has ${steps} steps, a window and what comes after it take ${span} (length ${length}, ahead ${ahead}, horizon ${horizon})`,
    );
  }
  const plan = { windows: count, stride };
  return {
    name,
    samples: count,
    inputShape: [length, seen.width],
    inputs: copyWindows(seen.values, { ...plan, first: 0, length, width: seen.width }),
    inputDivisor,
    targetShape: [horizon * foretold.width],
    targets: copyWindows(foretold.values, {
      ...{ ...plan, first: length + ahead - 1, length: horizon, width: foretold.width },
    }),
    classes: undefined,
    ...(inputNames && { inputNames: named(inputNames, length) }),
  };
}

/** Values step by step, [steps, width]. */
interface Steps<T> {
  readonly values: T;
  readonly width: number;
}

interface Series {
  readonly name: string;
  readonly seen: Steps<Uint8Array | Float32Array>;
  readonly foretold: Steps<Float32Array>;
  readonly inputDivisor: number;
  readonly inputNames?: readonly string[] | undefined;
}

function stepsOf(
  series: NumberSource | SeriesColumns | Dataset,
  targets: readonly string[] | undefined,
): Series {
  if (typeof series !== 'object' || series === null) {
    throw new ConfigError(
      `windows: the series is ${describeValue(series)}; expected numbers, rows, columns by name, or a dataset`,
    );
  }
  if (isDataset(series)) {
    if (targets) throw new ConfigError('windows: targets goes with columns; a dataset has its own');
    return ofDataset(toDataset('windows', series));
  }
  if (isColumns(series)) return ofColumns(series, targets);
  if (targets) throw new ConfigError('windows: targets goes with columns; these have no names');
  const shape = shapeOfSamples(series) ?? [];
  const place = { what: 'windows', value: 'value', shape, allocate };
  const values = toInputs(series, place);
  const width = product(shape);
  const floats = values instanceof Float32Array ? values : Float32Array.from(values);
  const foretold = { values: floats, width };
  return { name: 'series', seen: { values, width }, foretold, inputDivisor: 1 };
}

function ofDataset(data: Dataset): Series {
  const { name, inputs, targets, inputShape, targetShape, inputDivisor, inputNames } = data;
  const { classes, vocabulary } = data;
  if (classes !== undefined) {
    throw new DataError('windows: the dataset has class labels; expected values to be foretold');
  }
  if (vocabulary !== undefined) {
    throw new DataError(
      'windows: the samples of the dataset are tokens; textDataset cuts a text into windows',
    );
  }
  return {
    ...{ name, inputDivisor, inputNames },
    seen: { values: inputs as Uint8Array | Float32Array, width: product(inputShape) },
    foretold: { values: targets as Float32Array, width: product(targetShape) },
  };
}

function ofColumns(series: SeriesColumns, targets: readonly string[] | undefined): Series {
  const names = Object.keys(series);
  const lacking = targets?.find((name) => !names.includes(name));
  if (lacking !== undefined || targets?.length === 0 || names.length === 0) {
    throw new ConfigError(
      `windows: ${lacking === undefined ? 'there are no columns to foretell' : `there is no column ${JSON.stringify(lacking)}`}; there are ${names.join(', ') || 'none'}`,
    );
  }
  return {
    ...{ name: 'series', inputDivisor: 1, inputNames: names },
    seen: interleaved(series, names),
    foretold: interleaved(series, targets ?? names),
  };
}

function interleaved(series: SeriesColumns, names: readonly string[]): Steps<Float32Array> {
  const columns = names.map((name) =>
    toFloats(series[name]!, { what: `windows: column ${name}`, value: 'value', shape: [] }),
  );
  const steps = columns[0]!.length;
  const other = columns.findIndex((column) => column.length !== steps);
  if (other >= 0) {
    throw new DataError(
      `windows: column ${names[other]} has ${columns[other]!.length} steps, ${names[0]} has ${steps}; expected as many`,
    );
  }
  const width = names.length;
  const values = new Float32Array(steps * width);
  for (const [c, column] of columns.entries()) {
    for (let step = 0; step < steps; step++) values[step * width + c] = column[step]!;
  }
  return { values, width };
}

/** Of each input of a window: how many steps before the last it lies. */
function named(names: readonly string[], length: number): string[] {
  return Array.from({ length }, (_, step) => step + 1 - length).flatMap((at) =>
    names.map((name) => `${name}[${at}]`),
  );
}

function isDataset(series: object): series is Dataset {
  return 'inputShape' in series && 'inputs' in series;
}

function isColumns(series: NumberSource | SeriesColumns): series is SeriesColumns {
  return !('length' in series && typeof series.length === 'number');
}
