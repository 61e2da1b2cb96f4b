// What a preparation knows of the training data: means and deviations, ranges, categories, words, classes.
// Invariant: sums are taken in float64 in the rows' order, so that the same table gives the same bits everywhere; what stands
// for missing values is put there first, and is counted in what is learnt, as in a pipeline of scikit-learn.
import {
  type Cell,
  type ClassColumn,
  DataError,
  type InputColumn,
  type NumberColumn,
} from '@lockstep/core';
import { isMissingCell, numberIn, textIn, wordsOf } from '@lockstep/core/internal';
import { ClassNames } from '../csv/classes.js';
import { explainNumber, isDecimal } from '../csv/number.js';
import type { ColumnPlan, MissingRule } from './columns.js';

const EPSILON = 2 ** -52;
const NO_CLASS =
  'is this a number to be predicted (then say standardise), or the wrong column? If they are classes, name all in the option classes';
/** Categories that one column may have. */
const MAX_CATEGORIES = 1 << 16;

/** A column of the training data. */
export interface LearntFrom {
  readonly cells: ArrayLike<Cell>;
  readonly rows: number;
  /** Begins each error: the operation and the column. */
  readonly what: string;
  /** For values that are missing, where the column's plan does not say it. */
  readonly missing: MissingRule;
}

type Plan<Kind extends ColumnPlan['kind']> = Extract<ColumnPlan, { readonly kind: Kind }>;
type NumberPlan = Plan<'pass-through'> | Plan<'standardise'> | Plan<'min-max'>;

/** @throws DataError if the data has nothing to learn from, or a value is missing or of another kind */
export function learnInput(
  plan: Exclude<ColumnPlan, Plan<'class'>>,
  from: LearntFrom,
): InputColumn {
  const rule = plan.missing ?? from.missing;
  if (plan.kind === 'one-hot') return learnCategories(plan, rule, from);
  if (plan.kind === 'bag-of-words') return learnWords(plan, rule, from);
  return learnNumbers(plan, rule, from);
}

/** @throws DataError if a target is missing or of another kind */
export function learnTarget(plan: ColumnPlan, from: LearntFrom): ClassColumn | NumberColumn {
  if (plan.kind === 'class') return learnClasses(plan, from);
  if (plan.kind === 'one-hot' || plan.kind === 'bag-of-words') {
    throw new DataError(
      `${from.what}: ${plan.kind} is for inputs; a target of names is classOf, one of numbers standardise, minMax or passThrough`,
    );
  }
  return learnNumbers(plan, 'refuse', from);
}

function learnNumbers(plan: NumberPlan, rule: MissingRule, from: LearntFrom): NumberColumn {
  const { cells, rows, what } = from;
  const numbers = new Float64Array(rows);
  const missing: number[] = [];
  for (let row = 0; row < rows; row++) {
    const cell = cells[row];
    if (isMissingCell(cell)) {
      missing.push(row);
      continue;
    }
    const number = numberIn(cell);
    if (number === undefined) throw new DataError(`${what}: row ${row}: ${explainCell(cell)}`);
    numbers[row] = number;
  }
  if (missing.length === rows) throw new DataError(`${what}: every value is missing`);
  const stands = numberFor(rule, numbers, missing, what);
  for (const row of missing) numbers[row] = stands!;
  const kept = { column: plan.column, ...(stands !== undefined && { missing: stands }) };
  if (plan.kind === 'pass-through') return { kind: plan.kind, ...kept };
  if (plan.kind === 'standardise') {
    return { kind: plan.kind, ...kept, ...meanAndDeviation(numbers, what) };
  }
  const { low, high } = plan;
  let [least, most] = [numbers[0]!, numbers[0]!];
  for (const number of numbers) {
    if (number < least) least = number;
    if (number > most) most = number;
  }
  return { kind: plan.kind, ...kept, least, most, low, high };
}

/** What stands for missing numbers, now and later; undefined if nothing may. */
function numberFor(
  rule: MissingRule,
  numbers: Float64Array,
  missing: readonly number[],
  what: string,
): number | undefined {
  if (rule === 'refuse') {
    if (missing.length > 0) throw missingFault(what, missing, numbers.length, "'mean'");
    return undefined;
  }
  if (rule === 'constant') return 0;
  if (typeof rule === 'object') {
    if (typeof rule.constant === 'number') return rule.constant;
    throw new DataError(
      `${what}: it holds numbers, and ${JSON.stringify(rule.constant)} is to stand for missing ones; give the column a constant of its own`,
    );
  }
  // Missing ones are 0 so far.
  let sum = 0;
  for (const number of numbers) sum += number;
  return sum / (numbers.length - missing.length);
}

function missingFault(
  what: string,
  missing: readonly number[],
  rows: number,
  instead: string,
): DataError {
  return new DataError(
    `${what}: ${missing.length} of ${rows} values ${missing.length === 1 ? 'is' : 'are'} missing, the first in row ${missing[0]}; leave such rows out, or say what stands for them with missing: ${instead} or { constant: … }`,
  );
}

/** A column that varies by no more than rounding is constant: scikit-learn's `_is_constant_feature`. */
function meanAndDeviation(
  numbers: Float64Array,
  what: string,
): { readonly mean: number; readonly deviation: number } {
  const count = numbers.length;
  let sum = 0;
  for (const number of numbers) sum += number;
  const mean = sum / count;
  let squares = 0;
  for (const number of numbers) squares += (number - mean) * (number - mean);
  const variance = squares / count;
  if (!Number.isFinite(variance)) {
    throw new DataError(`${what}: the values are too large: their squares are beyond float64`);
  }
  const rounding = count * mean * EPSILON;
  const isConstant = variance <= count * EPSILON * variance + rounding * rounding;
  return { mean, deviation: isConstant ? 1 : Math.sqrt(variance) };
}

function learnCategories(plan: Plan<'one-hot'>, rule: MissingRule, from: LearntFrom): InputColumn {
  const { what } = from;
  const { texts, stands } = textsOf(rule, from);
  const { column, unknown } = plan;
  const kept = {
    kind: plan.kind,
    column,
    unknown,
    ...(stands !== undefined && { missing: stands }),
  };
  if (plan.categories !== undefined) return { ...kept, categories: plan.categories };
  const seen = new Set(texts);
  if (seen.size > MAX_CATEGORIES) {
    throw new DataError(`${what}: ${seen.size} categories, at most ${MAX_CATEGORIES} are possible`);
  }
  return { ...kept, categories: inOrder([...seen]) };
}

/** Numbers by their value, words by code units. */
function inOrder(names: readonly string[]): string[] {
  const sorted = [...names].sort();
  return sorted.every(isDecimal) ? sorted.sort((a, b) => Number(a) - Number(b)) : sorted;
}

function learnWords(plan: Plan<'bag-of-words'>, rule: MissingRule, from: LearntFrom): InputColumn {
  const { texts, stands } = textsOf(rule, from);
  /** Of each word how often it occurs, and in how many rows. */
  const counts = new Map<string, { count: number; rows: number; last: number }>();
  for (const [row, text] of texts.entries()) {
    for (const word of wordsOf(text)) {
      const of = counts.get(word) ?? { count: 0, rows: 0, last: -1 };
      of.count++;
      if (of.last !== row) of.rows++;
      of.last = row;
      counts.set(word, of);
    }
  }
  const words = [...counts]
    .filter(([, { rows }]) => rows >= plan.minRows)
    .sort(([a, { count }], [b, { count: other }]) => other - count || (a < b ? -1 : 1))
    .slice(0, plan.most)
    .map(([word]) => word)
    .sort();
  if (words.length === 0) {
    throw new DataError(
      `${from.what}: no words in ${plan.minRows} rows or more; is it the right column?`,
    );
  }
  const { kind, column } = plan;
  return { kind, column, words, ...(stands !== undefined && { missing: stands }) };
}

/** A column's texts, what is missing filled in, and what stands for it later. */
function textsOf(
  rule: MissingRule,
  { cells, rows, what }: LearntFrom,
): { readonly texts: string[]; readonly stands: string | undefined } {
  const missing: number[] = [];
  const texts = Array.from({ length: rows }, (_, row) => {
    const cell = cells[row];
    if (isMissingCell(cell)) {
      missing.push(row);
      return '';
    }
    return textIn(cell) ?? '';
  });
  if (rule === 'refuse') {
    if (missing.length > 0) throw missingFault(what, missing, rows, "'mean' (the most frequent)");
    return { texts, stands: undefined };
  }
  const stands =
    rule === 'constant'
      ? 'missing'
      : rule === 'mean'
        ? mostFrequent(
            texts.filter((text) => text !== ''),
            what,
          )
        : String(rule.constant);
  for (const row of missing) texts[row] = stands;
  return { texts, stands };
}

/** The first in order among equals: scikit-learn's `most_frequent`. */
function mostFrequent(texts: readonly string[], what: string): string {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  const [best] = [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  if (best === undefined) throw new DataError(`${what}: every value is missing`);
  return best[0];
}

function learnClasses({ column, classes }: Plan<'class'>, from: LearntFrom): ClassColumn {
  const { cells, rows, what } = from;
  const names = new ClassNames(classes, NO_CLASS);
  const labels = new Int32Array(rows);
  for (let row = 0; row < rows; row++) {
    const cell = cells[row];
    const fault = (why: string): DataError => new DataError(`${what}: row ${row}: ${why}`);
    labels[row] = names.numberOf((isMissingCell(cell) ? '' : textIn(cell)) ?? '', fault);
  }
  const classNames = names.finish(labels, (why) => new DataError(`${what}: ${why}`));
  return { kind: 'class', column, classNames };
}

function explainCell(cell: Cell): string {
  return typeof cell === 'string'
    ? explainNumber(cell, '.').replace(
        'it is text; number the words, or leave the column out with the option columns',
        'it is text; prepare the column with oneHot or bagOfWords, or leave it out',
      )
    : `${String(cell)} is not a finite number`;
}
