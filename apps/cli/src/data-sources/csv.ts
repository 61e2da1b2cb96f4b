// `--csv FILE`: a table of named columns, as CSV, TSV or JSON lines, becomes training and test samples.
// The target's column says the task unless somebody does. What is usual is done with the inputs' columns, and told: numbers are
// standardised, texts become one input a category. It is learnt from the training part, and kept with the run.
import { basename, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Preparation } from '@lockstep/core';
import type { DatasetPair, Table } from '@lockstep/data';
import {
  bagOfWords,
  classOf,
  datasetOf,
  oneHot,
  type PrepareOptions,
  prepare,
  readTable,
  split,
  standardise,
} from '@lockstep/data';
import { nearestName } from '@lockstep/errors';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { UsageError } from '../errors.js';
import type { DataSource, SourceSpec } from './source.js';

const TASKS = ['classification', 'regression'] as const;
type Task = (typeof TASKS)[number];
const MISSING = ['refuse', 'mean', 'constant'] as const;

interface CsvFlags {
  readonly csv: string;
  readonly target?: string;
  readonly columns?: readonly string[];
  readonly words?: readonly string[];
  readonly testCsv?: string;
  readonly test?: number;
  readonly task?: Task;
  readonly missing: (typeof MISSING)[number];
}

/** What of a table is kept for testing unless somebody says it. */
const DEFAULT_TEST = 0.2;
/** Whole numbers with so few values are classes, if each stands in so many rows on average. */
const MOST_NUMBERED_CLASSES = 20;
const ROWS_A_CLASS = 10;
/** A column with more different texts holds names or sentences, as one does in which most rows differ. */
const MOST_CATEGORIES = 100;
const FEW_CATEGORIES = 20;

export const csvSource: DataSource<CsvFlags> = {
  flag: 'csv',
  flags: ['csv', 'target', 'columns', 'words', 'testCsv', 'test', 'task', 'missing'],

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
          .choices(MISSING)
          .default('refuse'),
      );
  },

  specOf({ flags }): SourceSpec {
    const { csv, target, columns, words, testCsv, test, task, missing } = flags;
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
    };
  },

  nameOf: ({ csv }) => basename(String(csv)).replace(/(\.\w+?)(\.gz)?$/i, '') || 'table',

  async load(given, context): Promise<DatasetPair> {
    const spec = checked(given);
    const { signal, trainedOn, isWhole } = context;
    const table = await readTable(spec.csv, { signal });
    const preparation = trainedOn?.preparation;
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
        : { train: table, test: await readTable(spec.testCsv, { signal }) };
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

interface CsvSpec extends Omit<CsvFlags, 'missing'> {
  readonly missing: PrepareOptions['missing'];
}

/** @throws UsageError if run.json does not hold what `specOf` gives */
function checked(spec: SourceSpec): CsvSpec {
  const { csv, target, columns, words, testCsv, test, task, missing } = spec;
  const isText = (value: unknown): boolean => value === undefined || typeof value === 'string';
  const isSpec =
    typeof csv === 'string' &&
    [target, testCsv, task, missing].every(isText) &&
    [columns, words].every(
      (one) => one === undefined || (Array.isArray(one) && one.every(isText)),
    ) &&
    (test === undefined || typeof test === 'number');
  if (isSpec) return spec as unknown as CsvSpec;
  throw new UsageError('run.json does not say which table the run was trained on; was it edited?');
}

/** Of what is learnt: what the column holds decides, unless it is said. */
function chooseTask(
  table: Table,
  target: string,
  asked: Task | undefined,
): { readonly task: Task; readonly reason: string } {
  if (asked) return { task: asked, reason: 'as --task says' };
  const values = table.column(target);
  const otherwise = '--task says it otherwise';
  if (!(values instanceof Float64Array)) {
    return { task: 'classification', reason: `the column holds text; ${otherwise}` };
  }
  const distinct = new Set(values).size;
  const areClasses =
    values.every(Number.isInteger) &&
    distinct <= MOST_NUMBERED_CLASSES &&
    distinct * ROWS_A_CLASS <= values.length;
  const reason = areClasses
    ? `the column holds ${distinct} different whole numbers; ${otherwise}`
    : `the column holds numbers; ${otherwise}`;
  return { task: areClasses ? 'classification' : 'regression', reason };
}

/** Who goes on from what another table taught takes its columns as they were prepared there. */
function asBefore(
  from: Preparation,
  target: string,
  task: Task,
  { columns }: CsvSpec,
): ReturnType<typeof usual> {
  const known = from.inputs.map(({ column }) => column);
  if (columns && !isDeepStrictEqual([...columns].sort(), [...known].sort())) {
    throw new UsageError(
      `--columns ${columns.join(',')}: the weights were trained on ${listed(known)}; leave the flag out`,
    );
  }
  return {
    options: { from, target: task === 'classification' ? classOf(target) : standardise(target) },
    notes: [`inputs as the weights were trained on them: ${listed(known)}`],
  };
}

function divided(table: Table, target: string, task: Task, test: number) {
  return split(table, { test, ...(task === 'classification' && { stratify: target }) });
}

/** What is usual for each column, and that in words. */
function usual(
  train: Table,
  target: string,
  task: Task,
  { columns, words = [], missing }: CsvSpec,
): { readonly options: PrepareOptions; readonly notes: readonly string[] } {
  const chosen = columns ?? train.names.filter((name) => name !== target);
  const numbers = chosen.filter((name) => train.typeOf(name) === 'numbers');
  const texts = chosen.filter((name) => train.typeOf(name) === 'text' && !words.includes(name));
  const stray = words.find((name) => !chosen.includes(name) || numbers.includes(name));
  if (stray !== undefined) {
    throw new UsageError(`--words: ${JSON.stringify(stray)} is no input column of texts`);
  }
  for (const name of texts) {
    const distinct = new Set(train.column(name) as readonly unknown[]).size;
    const isMostlyDifferent = distinct > FEW_CATEGORIES && 2 * distinct > train.rows;
    if (distinct <= MOST_CATEGORIES && !isMostlyDifferent) continue;
    const rest = chosen
      .filter((one) => one !== name)
      .slice(0, 4)
      .join(',');
    throw new UsageError(
      `--csv: column ${JSON.stringify(name)} holds ${distinct} different texts in ${train.rows} rows, too many for an input each: say --words ${name} if they are sentences, or leave it out by naming the others, as --columns ${rest || 'a,b'}`,
    );
  }
  const notes = [
    ...(numbers.length > 0 ? [`standardised: ${listed(numbers)}`] : []),
    ...(texts.length > 0 ? [`an input for each category: ${listed(texts)}`] : []),
    ...(words.length > 0 ? [`an input for each word: ${listed(words)}`] : []),
  ];
  return {
    options: {
      inputs: chosen.map((name) =>
        words.includes(name)
          ? bagOfWords(name)
          : texts.includes(name)
            ? oneHot(name, { unknown: 'ignore' })
            : standardise(name),
      ),
      target: task === 'classification' ? classOf(target) : standardise(target),
      missing,
    },
    notes,
  };
}

/** @throws UsageError naming the nearest column, if one is not there */
function checkColumns({ names }: Table, asked: readonly string[]): void {
  const lacking = asked.find((name) => !names.includes(name));
  if (lacking === undefined) return;
  const near = nearestName(lacking, names);
  throw new UsageError(
    `--csv: there is no column ${JSON.stringify(lacking)}; ${near === undefined ? '' : `did you mean ${JSON.stringify(near)}? `}there are ${listed(names)}`,
  );
}

/** @throws UsageError if an input's value is missing: its remedy is a flag */
function checkMissing(parts: Readonly<Record<string, Table>>, { inputs }: PrepareOptions): void {
  for (const [part, table] of Object.entries(parts)) {
    for (const { column } of inputs as readonly { readonly column: string }[]) {
      const values: ArrayLike<unknown> = table.column(column) ?? [];
      const missing = Array.from(values).filter((one) => one === undefined || Number.isNaN(one));
      if (missing.length === 0) continue;
      throw new UsageError(
        `--csv: column ${JSON.stringify(column)} lacks ${missing.length} of ${table.rows} values in the ${part} data: say --missing mean (the most frequent of texts) or --missing constant (0), leave such rows out, or leave the column out with --columns`,
      );
    }
  }
}

function listed(all: readonly string[]): string {
  const most = 12;
  return all.slice(0, most).join(', ') + (all.length > most ? `, … (${all.length})` : '');
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
