// What can be said about a table of text. Everything but the target and the task is found out where it can be.
import { DataError, type Dataset } from '@lockstep/core';
import { ConfigError, checkOptions, type OptionNames } from '@lockstep/errors';

/** How a text is cut into fields, and what a number looks like in it. */
export interface TextOptions {
  /**
   * Whether the first line names the columns. Unless given it does, and a first line of numbers is refused; `true` takes
   * numbers for names.
   */
  readonly header?: boolean | undefined;
  /** One ASCII character. Unless given, a first line `sep=;` says it, or the first records do: comma, semicolon or tab. */
  readonly delimiter?: string | undefined;
  /** The decimal mark; a point unless given. */
  readonly decimal?: '.' | ',' | undefined;
  /**
   * Lines that begin with this ASCII character are left out. Unless given, those that begin with `#` are, as long as they
   * could not be records; `false` takes every line for a record.
   */
  readonly comment?: string | false | undefined;
  /**
   * What the bytes are, by a name that TextDecoder knows: `windows-1252`, `latin1`, `shift_jis`, … Unless given: UTF-8, or
   * UTF-16 with a byte-order mark.
   */
  readonly encoding?: string | undefined;
}

/** What `parseCsv` takes. */
export interface CsvOptions extends TextOptions {
  /** The target's column: its name in the header, or its index from 0. */
  readonly target: string | number;
  readonly task: 'classification' | 'regression';
  /** The inputs' columns in order, by name or index; all but the target unless given. Others may hold anything. */
  readonly columns?: readonly (string | number)[] | undefined;
  /** The classes in order, where they are not simply those that occur (a test table may lack some). */
  readonly classes?: readonly string[] | undefined;
  /** Of the dataset; `csv`, or the file's path, unless given. Errors use it too. */
  readonly name?: string | undefined;
}

/** A dataset that remembers what its columns and classes were called. */
export interface CsvDataset extends Dataset {
  /** One name for each input, in order. */
  readonly inputNames: readonly string[];
  /** Class i is classNames[i]; undefined for regression. */
  readonly classNames: readonly string[] | undefined;
}

export const TEXT_OPTIONS: OptionNames<TextOptions> = {
  header: true,
  delimiter: true,
  decimal: true,
  comment: true,
  encoding: true,
};

export const CSV_OPTIONS: OptionNames<CsvOptions> = {
  ...TEXT_OPTIONS,
  target: true,
  task: true,
  columns: true,
  classes: true,
  name: true,
};

const HASH = 35;

/** What records and numbers are read by, characters as bytes. */
export interface TextSettings extends TextOptions {
  readonly operation: string;
  readonly decimal: '.' | ',';
  readonly delimiterByte: number | undefined;
  readonly commentByte: number | undefined;
}

/** The options as the reader wants them. */
export interface Settings extends Omit<CsvOptions, 'decimal'>, TextSettings {
  readonly name: string;
}

/** @throws ConfigError or DataError if one is out of its range */
export function textSettings(operation: string, options: TextOptions): TextSettings {
  const { header, encoding, decimal = '.', delimiter, comment } = options;
  if (decimal !== '.' && decimal !== ',') {
    throw new ConfigError(
      `${operation}: decimal is ${JSON.stringify(decimal)}; expected '.' or ','`,
    );
  }
  if (delimiter !== undefined && !isOneCharacter(delimiter, /["\r\n]/)) {
    throw new DataError(
      `${operation}: the delimiter ${JSON.stringify(delimiter)} is not usable; expected one ASCII character`,
    );
  }
  if (comment !== undefined && comment !== false && !isOneCharacter(comment, /["\r\n\s]/)) {
    throw new ConfigError(
      `${operation}: comment is ${JSON.stringify(comment)}; expected one ASCII character, or false`,
    );
  }
  return {
    ...{ operation, header, encoding, decimal, delimiter, comment },
    delimiterByte: delimiter?.charCodeAt(0),
    commentByte:
      comment === undefined ? HASH : comment === false ? undefined : comment.charCodeAt(0),
  };
}

/**
 * @param names the options there are: those of CSV, and maybe others
 * @param defaultName of the dataset
 * @throws ConfigError or DataError if one is unknown, missing or out of its range
 */
export function settingsOf(
  options: CsvOptions,
  names: Readonly<Record<string, true>> = CSV_OPTIONS,
  defaultName = 'csv',
): Settings {
  checkOptions(`read ${defaultName}`, options, names);
  const { name = defaultName, target, task, columns, classes } = options;
  const operation = `read ${name}`;
  if (!isColumn(target)) {
    throw new ConfigError(
      `${operation}: which column is the target? Expected target: a name or an index from 0, got ${typeof target}`,
    );
  }
  if (task !== 'classification' && task !== 'regression') {
    throw new ConfigError(
      `${operation}: task is ${JSON.stringify(task)}; expected 'classification' (the target is one of some classes) or 'regression' (a number)`,
    );
  }
  const text = textSettings(operation, options);
  if (columns !== undefined && !(Array.isArray(columns) && columns.every(isColumn))) {
    throw new ConfigError(
      `${operation}: columns are names or indices from 0; expected an array of strings and numbers`,
    );
  }
  if (classes !== undefined) checkClasses(operation, options);
  return { ...options, ...text, name };
}

function isColumn(column: unknown): column is string | number {
  return typeof column === 'string' || typeof column === 'number';
}

function isOneCharacter(text: unknown, not: RegExp): text is string {
  return (
    typeof text === 'string' &&
    text.length === 1 &&
    text > '\0' &&
    text <= '\x7f' &&
    !not.test(text)
  );
}

function checkClasses(operation: string, { classes, task }: CsvOptions): void {
  if (task === 'regression') {
    throw new ConfigError(`${operation}: classes go with task: 'classification'`);
  }
  if (!Array.isArray(classes) || !classes.every((label) => typeof label === 'string')) {
    throw new ConfigError(`${operation}: classes are names; expected an array of strings`);
  }
  const twice = classes.find((label, i) => classes.indexOf(label) !== i);
  if (twice !== undefined) {
    throw new DataError(
      `${operation}: class ${JSON.stringify(twice)} is given twice; expected each once`,
    );
  }
}
