// What becomes of a table's columns where flags do not say it: the task by what the target's column holds, numbers
// standardised, texts an input for each category. All of it is told.
// Not here: reading the table, and the flags (csv.ts).
import { isDeepStrictEqual } from 'node:util';
import type { Preparation } from '@lockstep/core';
import {
  bagOfWords,
  categoryFault,
  classOf,
  oneHot,
  type PrepareOptions,
  split,
  standardise,
  type Table,
} from '@lockstep/data';
import { nearestName } from '@lockstep/errors';
import { UsageError } from '../errors.js';

export const TASKS = ['classification', 'regression'] as const;
export type Task = (typeof TASKS)[number];
export const MISSING_RULES = ['refuse', 'mean', 'constant'] as const;
export type MissingName = (typeof MISSING_RULES)[number];

/** What flags say of the inputs' columns. */
interface ColumnChoices {
  readonly columns?: readonly string[];
  /** Columns of sentences. */
  readonly words?: readonly string[];
  readonly missing: MissingName;
}

/** Whole numbers with so few values are classes, if each stands in so many rows on average. */
const MOST_NUMBERED_CLASSES = 20;
const ROWS_A_CLASS = 10;

/** Of what is learnt: what the column holds decides, unless it is said. */
export function chooseTask(
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
export function asBefore(
  from: Preparation,
  target: string,
  task: Task,
  { columns }: ColumnChoices,
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

export function divided(table: Table, target: string, task: Task, test: number) {
  return split(table, { test, ...(task === 'classification' && { stratify: target }) });
}

/** What is usual for each column, and that in words. */
export function usual(
  train: Table,
  target: string,
  task: Task,
  { columns, words = [], missing }: ColumnChoices,
): { readonly options: PrepareOptions; readonly notes: readonly string[] } {
  const chosen = columns ?? train.names.filter((name) => name !== target);
  const numbers = chosen.filter((name) => train.typeOf(name) === 'numbers');
  const texts = chosen.filter((name) => train.typeOf(name) === 'text' && !words.includes(name));
  const stray = words.find((name) => !chosen.includes(name) || numbers.includes(name));
  if (stray !== undefined) {
    throw new UsageError(`--words: ${JSON.stringify(stray)} is no input column of texts`);
  }
  for (const name of texts) {
    const fault = categoryFault(train, name);
    if (fault === undefined) continue;
    const rest = chosen
      .filter((one) => one !== name)
      .slice(0, 4)
      .join(',');
    throw new UsageError(
      `--csv: column ${JSON.stringify(name)} ${fault}: mend it, say --words ${name} if they are sentences (or --decimal , if these are numbers with a comma), or leave it out by naming the others, as --columns ${rest || 'a,b'}`,
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
export function checkColumns({ names }: Table, asked: readonly string[]): void {
  const lacking = asked.find((name) => !names.includes(name));
  if (lacking === undefined) return;
  const near = nearestName(lacking, names);
  throw new UsageError(
    `--csv: there is no column ${JSON.stringify(lacking)}; ${near === undefined ? '' : `did you mean ${JSON.stringify(near)}? `}there are ${listed(names)}`,
  );
}

/** @throws UsageError if an input's value is missing: its remedy is a flag */
export function checkMissing(
  parts: Readonly<Record<string, Table>>,
  { inputs }: PrepareOptions,
): void {
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

export function listed(all: readonly string[]): string {
  const most = 12;
  return all.slice(0, most).join(', ') + (all.length > most ? `, … (${all.length})` : '');
}
