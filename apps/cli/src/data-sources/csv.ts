// `--csv FILE`: a table of named columns, as CSV, TSV or JSON lines, becomes training and test samples.
// What is usual for each column (csv-columns.ts) is learnt from the training part, told, and kept with the run.
import { basename, resolve } from 'node:path';
import type { Preparation } from '@lockstep/core';
import { type DatasetPair, datasetOf, prepare, readTable } from '@lockstep/data';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { UsageError } from '../errors.js';
import {
  asBefore,
  checkColumns,
  checkMissing,
  chooseTask,
  divided,
  listed,
  MISSING_RULES,
  type MissingName,
  TASKS,
  type Task,
  usual,
} from './csv-columns.js';
import { readingFile } from './reading-file.js';
import type { DataSource, SourceSpec } from './source.js';

interface CsvFlags {
  readonly csv: string;
  readonly target?: string;
  readonly columns?: readonly string[];
  readonly words?: readonly string[];
  readonly testCsv?: string;
  readonly test?: number;
  readonly task?: Task;
  readonly missing: MissingName;
  readonly delimiter?: string;
  readonly decimal?: '.' | ',';
  readonly encoding?: string;
  readonly header: boolean;
}

/** What of a table is kept for testing unless somebody says it. */
const DEFAULT_TEST = 0.2;
/** Flags that say how the text is written. */
const WRITING = ['delimiter', 'decimal', 'encoding', 'header'] as const;

export const csvSource: DataSource<CsvFlags> = {
  flag: 'csv',
  places: ['csv', 'testCsv'],
  flags: ['csv', 'target', 'columns', 'words', 'testCsv', 'test', 'task', 'missing', ...WRITING],

  addOptions(command: Command): void {
    command
      .option('--csv <file>', 'a table with named columns: CSV, TSV or JSON lines, plain or .gz')
      .option('--target <column>', 'what is learnt: text, or few whole numbers, are classes')
      .option('--columns <names>', 'the inputs, as a,b (default: all but the target)', names)
      .option(
        '--words <names>',
        'columns of sentences: an input for each of their 1,000 most frequent words',
        names,
      )
      .option('--test-csv <file>', 'the test samples, in a table of their own')
      .option(
        '--test <share>',
        `of the table or the pictures, or a number of rows; drawn by seed 0, class by class (default: ${DEFAULT_TEST})`,
        size,
      )
      .addOption(
        new Option('--task <task>', 'of the target (default: by its column)').choices(TASKS),
      )
      .addOption(
        new Option('--missing <rule>', 'what stands for inputs that a row lacks')
          .choices(MISSING_RULES)
          .default('refuse'),
      )
      .option('--delimiter <mark>', 'between the fields (default: found in the text)')
      .addOption(
        new Option('--decimal <mark>', 'of numbers').choices(['.', ',']).default('.', 'a point'),
      )
      .option('--encoding <name>', 'such as windows-1252 (default: utf-8, or utf-16 by its mark)')
      .option('--no-header', 'the first line is data; columns are called "column 0", …');
  },

  specOf({ flags }): SourceSpec {
    const { csv, target, columns, words, testCsv, test, task, missing, ...written } = flags;
    if (testCsv !== undefined && test !== undefined) {
      throw new UsageError('--test-csv and --test both say what is for testing; give one');
    }
    return {
      source: 'csv',
      csv: resolve(csv),
      ...(target !== undefined && { target }),
      ...(columns && { columns }),
      ...(words && { words }),
      ...(testCsv !== undefined && { testCsv: resolve(testCsv) }),
      ...(test !== undefined && { test }),
      ...(task && { task }),
      missing,
      ...writingIn(written),
    };
  },

  nameOf: ({ csv }) => basename(String(csv)).replace(/(\.\w+?)(\.gz)?$/i, '') || 'table',

  async load(given, context): Promise<DatasetPair> {
    const spec = checked(given);
    const { signal, trainedOn, isWhole } = context;
    const preparation = trainedOn?.preparation;
    // Others need not be fit for a table: row numbers without a name, two of one name.
    const columns = columnsToRead(spec, preparation);
    const read = (flag: string, file: string) =>
      readingFile(
        flag,
        file,
        'a table: CSV, TSV or JSON lines, plain or .gz',
        readTable(file, { ...writingIn(spec), columns, signal }),
      );
    const table = await read('--csv', spec.csv);
    if (isWhole) {
      if (!preparation) {
        throw new UsageError(
          `--csv ${spec.csv}: the network was not trained on a table, so nothing says which column is which input`,
        );
      }
      const test = datasetOf(table, preparation);
      return { train: test, test, source: spec.csv };
    }
    const { target } = spec;
    if (target === undefined) {
      throw new UsageError(
        `--csv ${spec.csv}: which column is the target? Say --target with one of ${listed(table.names)}`,
      );
    }
    checkColumns(table, [target, ...(spec.columns ?? []), ...(spec.words ?? [])]);
    const choice = chooseTask(table, target, spec.task);
    const parts =
      spec.testCsv === undefined
        ? divided(table, target, choice.task, spec.test ?? DEFAULT_TEST)
        : { train: table, test: await read('--test-csv', spec.testCsv) };
    const { options, notes } = preparation
      ? asBefore(preparation, target, choice.task, spec)
      : usual(parts.train, target, choice.task, spec);
    if (!preparation && spec.missing === 'refuse') checkMissing(parts, options);
    const { data } = prepare(parts, options);
    const { classNames } = data.train;
    const of = classNames ? `, ${classNames.length} classes: ${listed(classNames)}` : '';
    return {
      ...data,
      source: spec.csv,
      notes: [`${choice.task} of ${target}${of}; ${choice.reason}`, ...notes],
    };
  },
};

/** @returns undefined if it takes all of them to know */
function columnsToRead(
  { columns, target }: CsvSpec,
  preparation: Preparation | undefined,
): readonly string[] | undefined {
  const known = preparation && [...preparation.inputs, ...preparation.targets];
  const inputs = columns ?? known?.map(({ column }) => column);
  return inputs && [...new Set([...inputs, ...(target === undefined ? [] : [target])])];
}

type Writing = Pick<CsvFlags, 'delimiter' | 'decimal' | 'encoding'> & { readonly header?: boolean };

/** What differs from what is found out or usual. */
function writingIn({ delimiter, decimal, encoding, header }: Writing) {
  return {
    ...(delimiter !== undefined && { delimiter: delimiter === '\\t' ? '\t' : delimiter }),
    ...(decimal === ',' && ({ decimal } as const)),
    ...(encoding !== undefined && { encoding }),
    ...(header === false && ({ header } as const)),
  };
}

type CsvSpec = Omit<CsvFlags, 'header'> & { readonly header?: boolean };

/** @throws UsageError if run.json does not hold what `specOf` gives */
function checked(spec: SourceSpec): CsvSpec {
  const { csv, target, columns, words, testCsv, test, header, ...texts } = spec;
  const isText = (value: unknown): boolean => value === undefined || typeof value === 'string';
  const isSpec =
    typeof csv === 'string' &&
    [target, testCsv, ...Object.values(texts)].every(isText) &&
    [columns, words].every(
      (one) => one === undefined || (Array.isArray(one) && one.every(isText)),
    ) &&
    (test === undefined || typeof test === 'number') &&
    (header === undefined || typeof header === 'boolean');
  if (isSpec) return spec as unknown as CsvSpec;
  throw new UsageError('run.json does not say which table the run was trained on; was it edited?');
}

function names(text: string): readonly string[] {
  const all = text.split(',').map((name) => name.trim());
  if (all.every((name, i) => name !== '' && all.indexOf(name) === i)) return all;
  throw new InvalidArgumentError('Expected different names of columns with commas between them.');
}

function size(text: string): number {
  const number = Number(text);
  const isSize = /^(\d+\.?\d*|\.\d+)$/.test(text) && number > 0;
  if (isSize && (number < 1 || Number.isInteger(number))) return number;
  throw new InvalidArgumentError('Expected a share such as 0.2, or a whole number of rows.');
}
