// What can be said about a file or text that a table is read from. Everything is found out where it can be.
import {
  ConfigError,
  checkOptions,
  describeValue,
  type OptionNames,
  requireChoice,
  requireText,
} from '@lockstep/errors';
import { isMissing } from '../csv/number.js';
import { TEXT_OPTIONS, type TextOptions, type TextSettings, textSettings } from '../csv/options.js';
import type { ColumnType } from './growing-column.js';

/** How a text holds a table. */
export type TableFormat = 'csv' | 'tsv' | 'json-lines';

/** What `parseTable` takes. */
export interface TableOptions extends TextOptions {
  /** Unless given the file's ending says it (`.tsv`, `.jsonl`, `.ndjson`), or the text: one that begins with `{"` is JSON lines. */
  readonly format?: TableFormat | undefined;
  /** Those that are read, by name or index from 0; all unless given. */
  readonly columns?: readonly (string | number)[] | undefined;
  /** Of columns by name, where it is not to be found out: numbers that are names, such as postal codes, are `'text'`. */
  readonly types?: Readonly<Record<string, ColumnType>> | undefined;
  /** Fields that stand for a value that is missing. Unless given: empty ones, NA, N/A, NaN, null, none, `?`, `-` and their like. */
  readonly missing?: readonly string[] | undefined;
  /** Of the table; `table`, or the file's path, unless given. Errors use it too. */
  readonly name?: string | undefined;
}

export const TABLE_OPTIONS: OptionNames<TableOptions> = {
  ...TEXT_OPTIONS,
  format: true,
  columns: true,
  types: true,
  missing: true,
  name: true,
};

export interface TableSettings extends TextSettings {
  readonly name: string;
  readonly format: TableFormat | undefined;
  readonly columns: readonly (string | number)[] | undefined;
  readonly types: Readonly<Record<string, ColumnType>>;
  readonly isMissing: (text: string) => boolean;
}

/**
 * @param names the options there are: those of tables, and maybe others
 * @param defaultName of the table
 * @throws ConfigError or DataError if one is unknown or out of its range
 */
export function tableSettings(
  options: TableOptions,
  names: Readonly<Record<string, true>> = TABLE_OPTIONS,
  defaultName = 'table',
): TableSettings {
  checkOptions(`read ${defaultName}`, options, names);
  const { columns, types = {}, missing } = options;
  const name = options.name ?? defaultName;
  const operation = `read ${requireText('readTable', 'name', name)}`;
  const format = options.format ?? formatByEnding(defaultName);
  if (format !== undefined) {
    requireChoice(operation, 'format', format, ['csv', 'tsv', 'json-lines']);
  }
  if (columns !== undefined && !(isList(columns) && columns.length > 0)) {
    throw new ConfigError(
      `${operation}: columns are names or indices from 0; expected a list of at least one, got ${describeValue(columns)}`,
    );
  }
  if (typeof types !== 'object' || types === null) {
    throw new ConfigError(
      `${operation}: types is ${describeValue(types)}; expected { column: 'text' }`,
    );
  }
  for (const [column, type] of Object.entries(types)) {
    requireChoice(operation, `types[${JSON.stringify(column)}]`, type, ['numbers', 'text']);
  }
  if (
    missing !== undefined &&
    !(isList(missing) && missing.every((one) => typeof one === 'string'))
  ) {
    throw new ConfigError(
      `${operation}: missing is ${describeValue(missing)}; expected a list of texts`,
    );
  }
  const delimiter = options.delimiter ?? (format === 'tsv' ? '\t' : undefined);
  return {
    ...textSettings(operation, { ...options, delimiter }),
    ...{ name, format, columns, types },
    isMissing: missing === undefined ? isMissing : (text) => text === '' || missing.includes(text),
  };
}

function isList(value: unknown): value is readonly (string | number)[] {
  return (
    Array.isArray(value) &&
    value.every((one) => typeof one === 'string' || (Number.isInteger(one) && one >= 0))
  );
}

function formatByEnding(path: string): TableFormat | undefined {
  const [, ending] = /\.(\w+?)(?:\.gz)?$/i.exec(path) ?? [];
  switch (ending?.toLowerCase()) {
    case 'tsv':
    case 'tab':
      return 'tsv';
    case 'jsonl':
    case 'ndjson':
      return 'json-lines';
    default:
      return undefined;
  }
}
