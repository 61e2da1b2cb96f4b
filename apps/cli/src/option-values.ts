// Texts of flags become values. Pure; a text that does not fit is refused in words that say what would.
import { MAX_STEPS, metricNamed, metricNames } from '@lockstep/core/internal';
import { MAX_THREADS } from '@lockstep/trainer';
import { checkShards, MAX_BATCH, MAX_SHARDS } from '@lockstep/tree';
import { InvalidArgumentError } from 'commander';

/** The most that flags take, where it is not the flag's own. What the library takes is at least as much. */
export const MOST = {
  threads: MAX_THREADS,
  /** Steps are counted in 31 bits, and an epoch is at least one. */
  steps: MAX_STEPS,
  samples: MAX_BATCH,
  layer: 2 ** 20,
} as const;

/** A parser of whole numbers from `min` to `max`, written with digits alone. */
export function wholeNumber(min: number, max = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(number) || number < min || number > max) {
      throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`);
    }
    return number;
  };
}

/** A parser of decimal numbers of at least 0, and below `below` where that is given. */
export function decimalNumber(below = Number.POSITIVE_INFINITY): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (!/^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) || !(number < below)) {
      const range = Number.isFinite(below) ? `from 0 to below ${below}` : 'of at least 0';
      throw new InvalidArgumentError(`Expected a number ${range}, such as 0.9 or 1e-3.`);
    }
    return number;
  };
}

/** Seconds of at least 0, or `never`: Infinity. */
export function seconds(text: string): number {
  if (text === 'never') return Number.POSITIVE_INFINITY;
  if (!/^(\d+\.?\d*|\.\d+)$/.test(text)) {
    throw new InvalidArgumentError('Expected seconds such as 600, or never.');
  }
  return Number(text);
}

/** A number from 0 to 1. */
export function share(text: string): number {
  const number = Number(text);
  if (!/^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) || number > 1) {
    throw new InvalidArgumentError('Expected a number from 0 to 1, such as 0.05.');
  }
  return number;
}

/** `f1,recall` → [f1, recall]: names of built-in metrics. */
export function metricNameList(text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim());
  const wrong = names.find((name, i) => !metricNamed(name) || names.indexOf(name) !== i);
  if (wrong === undefined) return names;
  const what = metricNamed(wrong) ? `${wrong} is given twice` : `There is no "${wrong}"`;
  throw new InvalidArgumentError(
    `${what}. Expected names with commas between them, of ${metricNames().join(', ')}.`,
  );
}

/** `128,64` → [128, 64]; `none` → []. */
export function layerSizes(text: string): readonly number[] {
  if (text === 'none') return [];
  return text.split(',').map((part) => {
    const size = Number(part);
    if (!/^\d+$/.test(part) || size < 1 || size > MOST.layer) {
      throw new InvalidArgumentError(
        `Expected sizes from 1 to ${MOST.layer} such as 128,64, or none.`,
      );
    }
    return size;
  });
}

/** A power of two. */
export function shardCount(text: string): number {
  const shards = wholeNumber(1, MAX_SHARDS)(text);
  try {
    checkShards(shards);
  } catch (error) {
    throw new InvalidArgumentError(`${(error as Error).message.replace('run: shards ', '')}.`);
  }
  return shards;
}

/** A URL's beginning, or what is typed for one: a scheme of two letters at least, since one is a drive of Windows. */
const SCHEME = /^[a-z][a-z0-9+.-]+:\//i;

/** A path on this machine. A folder could be called so, but nobody who types a URL means one. */
export function localPath(text: string): string {
  if (!SCHEME.test(text)) return nonEmpty(text);
  throw new InvalidArgumentError('Expected a path on this machine, and no URL.');
}

/** A text that is not empty, for names and paths. */
export function nonEmpty(text: string): string {
  if (text === '') throw new InvalidArgumentError('It must not be empty.');
  return text;
}
