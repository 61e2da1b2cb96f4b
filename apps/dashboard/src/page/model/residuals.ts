// How far values are from what is right: of one of the numbers that a model gives.
// Invariant: computed in float64, in the samples' order.
import type { ValueExamination } from '../brain/examine.js';

export interface Residuals {
  /** Of each sample. */
  readonly right: readonly number[];
  readonly said: readonly number[];
  /** Mean of |said − right|, and the square root of the mean square. */
  readonly meanAbsolute: number;
  readonly rootMeanSquare: number;
  /** 1 − the squared errors ÷ the squared differences from the mean; undefined where all right values are equal. */
  readonly r2: number | undefined;
}

/** @param which of the numbers that an answer has */
export function residualsOf(examination: ValueExamination, which: number): Residuals {
  const { count, width } = examination;
  const pick = (values: Float64Array): number[] =>
    Array.from({ length: count }, (_, i) => values[i * width + which]!);
  const [right, said] = [pick(examination.right), pick(examination.said)];
  const mean = sum(right) / count;
  const errors = right.map((value, i) => said[i]! - value);
  const squares = sum(errors.map((error) => error * error));
  const spread = sum(right.map((value) => (value - mean) * (value - mean)));
  return {
    ...{ right, said },
    meanAbsolute: sum(errors.map(Math.abs)) / count,
    rootMeanSquare: Math.sqrt(squares / count),
    r2: spread === 0 ? undefined : 1 - squares / spread,
  };
}

/** Samples with the largest errors first. */
export function worstOf({ right, said }: Residuals, most: number): number[] {
  const size = (i: number): number => Math.abs(said[i]! - right[i]!);
  return [...right.keys()].sort((a, b) => size(b) - size(a)).slice(0, most);
}

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}
