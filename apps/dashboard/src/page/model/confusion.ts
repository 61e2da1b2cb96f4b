// What a classifier takes for what: a count for each pair of what is right and what is said, and what follows from these.
import type { ClassExamination } from '../brain/examine.js';
import { surpriseOf } from '../brain/surprise.js';

export interface Confusion {
  readonly classes: number;
  /** [right, said]: samples. */
  readonly counts: Uint32Array;
  /** Samples of each class. */
  readonly totals: readonly number[];
}

/** A pair that is taken for one another. */
export interface Mistake {
  readonly right: number;
  readonly said: number;
  readonly count: number;
}

export function confusionOf({ right, said, names }: ClassExamination): Confusion {
  const classes = Math.max(names.length, 1 + maximum(right), 1 + maximum(said));
  const counts = new Uint32Array(classes * classes);
  const totals: number[] = new Array(classes).fill(0);
  for (const [i, label] of right.entries()) {
    counts[label * classes + said[i]!]!++;
    totals[label]!++;
  }
  return { classes, counts, totals };
}

/** The largest label. */
function maximum(labels: Int32Array): number {
  return labels.reduce((most, label) => Math.max(most, label), 0);
}

export function countAt({ classes, counts }: Confusion, right: number, said: number): number {
  return counts[right * classes + said]!;
}

/** Of a class's samples, the share that is said to be it; undefined where there is none. */
export function recallOf(confusion: Confusion, label: number): number | undefined {
  const total = confusion.totals[label]!;
  return total === 0 ? undefined : countAt(confusion, label, label) / total;
}

/** The most frequent mistakes, the most frequent first; of equal ones the first in the table's order. */
export function mistakesOf(confusion: Confusion, most: number): Mistake[] {
  const { classes, counts } = confusion;
  const mistakes: Mistake[] = [];
  for (const [i, count] of counts.entries()) {
    const [right, said] = [Math.floor(i / classes), i % classes];
    if (right !== said && count > 0) mistakes.push({ right, said, count });
  }
  return mistakes.sort((a, b) => b.count - a.count).slice(0, most);
}

export interface Means {
  readonly accuracy: number;
  /** Cross-entropy, in nats. */
  readonly loss: number;
}

export function meansOf({ count, right, said, probability }: ClassExamination): Means {
  let [hits, loss] = [0, 0];
  for (const [i, label] of right.entries()) {
    if (said[i] === label) hits++;
    loss += surpriseOf(probability[i]!);
  }
  return { accuracy: hits / count, loss: loss / count };
}

/** Which samples are shown: a cell of the table, or what is wrong. */
export type Choice = { readonly right: number; readonly said: number } | 'wrong';

/** Samples of a choice, those with the largest loss first. */
export function samplesOf(
  { right, said, probability }: ClassExamination,
  choice: Choice,
  most: number,
): number[] {
  const isChosen = (i: number): boolean =>
    choice === 'wrong'
      ? right[i] !== said[i]
      : right[i] === choice.right && said[i] === choice.said;
  return [...right.keys()]
    .filter(isChosen)
    .sort((a, b) => probability[a]! - probability[b]!)
    .slice(0, most);
}

/** What a class is called; its number where nobody named it. */
export function nameOf(names: readonly string[], label: number): string {
  return names[label] ?? String(label);
}
