// What somebody says that is to become of a column, before anything is learnt of it.
// Invariant: options are checked here, so that learning (learn.ts) can fail by the data alone.
import type { Cell } from '@lockstep/core';
import {
  ConfigError,
  checkOptions,
  describeValue,
  requireChoice,
  requireInteger,
  requireNumber,
  requireText,
} from '@lockstep/errors';

/**
 * What stands where a value is missing: nothing, so that it is an error; what is usual, which is the mean of numbers and the
 * most frequent text; 0 or `missing`; or the value given.
 */
export type MissingRule = 'refuse' | 'mean' | 'constant' | { readonly constant: number | string };

/** What the plan of any column takes. */
export interface ColumnOptions {
  /** As `prepare` says it for all, unless given. */
  readonly missing?: MissingRule | undefined;
}

/** How a column is to be prepared; `standardise`, `oneHot` and their like make one. */
export type ColumnPlan =
  | ({ readonly kind: 'pass-through'; readonly column: string } & ColumnOptions)
  | ({ readonly kind: 'standardise'; readonly column: string } & ColumnOptions)
  | ({
      readonly kind: 'min-max';
      readonly column: string;
      readonly low: number;
      readonly high: number;
    } & ColumnOptions)
  | ({
      readonly kind: 'one-hot';
      readonly column: string;
      readonly unknown: 'refuse' | 'ignore';
      readonly categories: readonly string[] | undefined;
    } & ColumnOptions)
  | ({
      readonly kind: 'bag-of-words';
      readonly column: string;
      readonly most: number;
      readonly minRows: number;
    } & ColumnOptions)
  | {
      readonly kind: 'class';
      readonly column: string;
      readonly classes: readonly string[] | undefined;
    };

/** What `minMax` takes. */
export interface MinMaxOptions extends ColumnOptions {
  /** What the smallest and the largest value become; [0, 1] unless given. */
  readonly range?: readonly [number, number] | undefined;
}

/** What `oneHot` takes. */
export interface OneHotOptions extends ColumnOptions {
  /** What becomes of a category that the training data lacks: an error, which is usual, or 0 in every input. */
  readonly unknown?: 'refuse' | 'ignore' | undefined;
  /** All categories in order, where they are not those that occur. */
  readonly categories?: readonly Cell[] | undefined;
}

/** What `bagOfWords` takes. */
export interface BagOfWordsOptions extends ColumnOptions {
  /** How many words at most, the most frequent ones; 1,000 unless given. */
  readonly words?: number | undefined;
  /** A word counts if it stands in so many rows; 1 unless given. */
  readonly minRows?: number | undefined;
}

/** What `classOf` takes. */
export interface ClassOptions {
  /** All classes in order, where they are not those that occur. */
  readonly classes?: readonly Cell[] | undefined;
}

/** A column of numbers as they are. */
export function passThrough(column: string, options: ColumnOptions = {}): ColumnPlan {
  checkOptions('passThrough', options, { missing: true });
  return { kind: 'pass-through', ...named('passThrough', column, options) };
}

/**
 * A column of numbers with mean 0 and standard deviation 1 in the training data. One that is constant becomes 0.
 *
 * Definition: scikit-learn, StandardScaler (the deviation of the data, divided by their number).
 */
export function standardise(column: string, options: ColumnOptions = {}): ColumnPlan {
  checkOptions('standardise', options, { missing: true });
  return { kind: 'standardise', ...named('standardise', column, options) };
}

/**
 * A column of numbers from 0 to 1, or in another range, in the training data. Later data may lie outside.
 *
 * Definition: scikit-learn, MinMaxScaler (`clip=False`).
 */
export function minMax(column: string, options: MinMaxOptions = {}): ColumnPlan {
  checkOptions('minMax', options, { range: true, missing: true });
  const { range = [0, 1] } = options;
  const [low, high] = Array.isArray(range) ? range : [];
  requireNumber('minMax', 'range[0]', low);
  requireNumber('minMax', 'range[1]', high, { above: low! });
  return { kind: 'min-max', ...named('minMax', column, options), low: low!, high: high! };
}

/**
 * An input for each category of a column: 1 for the row's own, 0 for the others.
 *
 * Definition: scikit-learn, OneHotEncoder (`handle_unknown` is `unknown`).
 */
export function oneHot(column: string, options: OneHotOptions = {}): ColumnPlan {
  checkOptions('oneHot', options, { unknown: true, categories: true, missing: true });
  const { unknown = 'refuse', categories } = options;
  requireChoice('oneHot', 'unknown', unknown, ['refuse', 'ignore']);
  return {
    kind: 'one-hot',
    ...named('oneHot', column, options),
    unknown,
    categories: listed('oneHot', 'categories', categories),
  };
}

/**
 * An input for each word of a column of texts: how often it occurs in the row's. Words are cut as `wordsOf` says; those that the
 * training data lacks are left out.
 *
 * Definition: scikit-learn, CountVectorizer (`max_features` is `words`, `min_df` is `minRows`).
 */
export function bagOfWords(column: string, options: BagOfWordsOptions = {}): ColumnPlan {
  checkOptions('bagOfWords', options, { words: true, minRows: true, missing: true });
  const { words = 1000, minRows = 1 } = options;
  requireInteger('bagOfWords', 'words', words, 1, 1 << 16);
  requireInteger('bagOfWords', 'minRows', minRows, 1);
  return { kind: 'bag-of-words', ...named('bagOfWords', column, options), most: words, minRows };
}

/** The target is one of some classes. */
export function classOf(column: string, options: ClassOptions = {}): ColumnPlan {
  checkOptions('classOf', options, { classes: true });
  requireText('classOf', 'column', column);
  return { kind: 'class', column, classes: listed('classOf', 'classes', options.classes) };
}

function named(
  operation: string,
  column: string,
  { missing }: ColumnOptions,
): { readonly column: string } & ColumnOptions {
  requireText(operation, 'column', column);
  if (missing !== undefined) checkMissingRule(operation, missing);
  return { column, ...(missing !== undefined && { missing }) };
}

/** @throws ConfigError unless it is a rule for missing values */
export function checkMissingRule(operation: string, rule: unknown): void {
  if (rule === 'refuse' || rule === 'mean' || rule === 'constant') return;
  const { constant } = Object(rule) as { constant?: unknown };
  if (typeof constant === 'string' || Number.isFinite(constant)) return;
  throw new ConfigError(
    `${operation}: missing is ${describeValue(rule)}; expected 'refuse', 'mean', 'constant', or { constant: a number or a text }`,
  );
}

function listed(
  operation: string,
  name: string,
  given: readonly Cell[] | undefined,
): readonly string[] | undefined {
  if (given === undefined) return undefined;
  const isPlain = (one: unknown): boolean => ['string', 'number', 'boolean'].includes(typeof one);
  if (!Array.isArray(given) || given.length === 0 || !given.every(isPlain)) {
    throw new ConfigError(
      `${operation}: ${name} is ${describeValue(given)}; expected a list of names`,
    );
  }
  const names = given.map(String);
  const twice = names.find((one, i) => names.indexOf(one) !== i);
  if (twice === undefined) return names;
  throw new ConfigError(`${operation}: ${name} has ${JSON.stringify(twice)} twice`);
}
