// How a row of named columns becomes a sample's inputs and its target, and how an answer becomes a value of the target's column
// again. Plain data: it is learnt from a table, kept with the model and applied wherever the model is asked.
// Invariant: what it says is a function of the row alone, computed in float64 by + − × ÷ in one order and rounded to float32
// once. Not here: how it is learnt (@lockstep/data's prepare), and what it does (inputs.ts, targets.ts).

/** A column of numbers as they are. */
export interface PassThroughColumn {
  readonly kind: 'pass-through';
  readonly column: string;
  /** Stands where the value is missing; without it a missing value is refused. */
  readonly missing?: number;
}

/** (x − mean) ÷ deviation: of the training data the mean is 0 and the standard deviation 1. */
export interface StandardisedColumn {
  readonly kind: 'standardise';
  readonly column: string;
  readonly mean: number;
  /** Above 0; 1 where the column was constant. */
  readonly deviation: number;
  readonly missing?: number;
}

/** (x − least) ÷ (most − least) × (high − low) + low: the training data's smallest value becomes low, its largest high. */
export interface MinMaxColumn {
  readonly kind: 'min-max';
  readonly column: string;
  readonly least: number;
  /** Where it equals `least`, the column was constant: the divisor is 1 then. */
  readonly most: number;
  readonly low: number;
  readonly high: number;
  readonly missing?: number;
}

/** One input a category: 1 for the row's own, 0 for all others. */
export interface OneHotColumn {
  readonly kind: 'one-hot';
  readonly column: string;
  readonly categories: readonly string[];
  /** What becomes of a category that is none of these: an error, or 0 in every input. */
  readonly unknown: 'refuse' | 'ignore';
  readonly missing?: string;
}

/** One input a word: how often it occurs in the row's text. */
export interface BagOfWordsColumn {
  readonly kind: 'bag-of-words';
  readonly column: string;
  /** As `wordsOf` cuts them. */
  readonly words: readonly string[];
  readonly missing?: string;
}

/** A column of numbers, which can be had back from what it became. */
export type NumberColumn = PassThroughColumn | StandardisedColumn | MinMaxColumn;

/** What becomes of one column. */
export type InputColumn = NumberColumn | OneHotColumn | BagOfWordsColumn;

/** A column that names each row's class; class i is the dataset's classNames[i]. */
export interface ClassColumn {
  readonly kind: 'class';
  readonly column: string;
  readonly classNames: readonly string[];
}

/** How rows of named columns become inputs and targets, and back. */
export interface Preparation {
  /** In the order of the inputs; each column becomes one or several of them. */
  readonly inputs: readonly InputColumn[];
  /** One column of classes, or one or more of numbers, a value of the target each. */
  readonly targets: readonly [ClassColumn] | readonly NumberColumn[];
}

/** Of a column of numbers: what is subtracted before and added after it is divided and multiplied. */
export interface Scaling {
  readonly before: number;
  readonly divisor: number;
  readonly factor: number;
  readonly after: number;
}

export function scalingOf(column: NumberColumn): Scaling {
  switch (column.kind) {
    case 'pass-through':
      return { before: 0, divisor: 1, factor: 1, after: 0 };
    case 'standardise':
      return { before: column.mean, divisor: column.deviation, factor: 1, after: 0 };
    case 'min-max': {
      const { least, most, low, high } = column;
      return { before: least, divisor: most - least || 1, factor: high - low, after: low };
    }
  }
}

/** What the inputs are called: a column of numbers as it is, a category or a word `column=category`. */
export function preparedInputNames({ inputs }: Pick<Preparation, 'inputs'>): string[] {
  return inputs.flatMap((input) => {
    if (input.kind === 'one-hot') return input.categories.map((one) => `${input.column}=${one}`);
    if (input.kind === 'bag-of-words') return input.words.map((word) => `${input.column}=${word}`);
    return [input.column];
  });
}

/** How many inputs a column becomes. */
export function widthOf(input: InputColumn): number {
  if (input.kind === 'one-hot') return input.categories.length;
  return input.kind === 'bag-of-words' ? input.words.length : 1;
}

/**
 * The words of a text as bags of them count them: letters, digits and _ that stand together, two or more, in lower case.
 *
 * Source: scikit-learn, CountVectorizer's `token_pattern`.
 */
export function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}\p{M}_]{2,}/gu) ?? [];
}
