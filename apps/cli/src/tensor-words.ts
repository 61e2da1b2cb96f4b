// How tensors differ, in words for people. Names come from files, so what would steer a terminal is not printed.
import type { TensorDifference } from '@lockstep/trainer';
import { formatCount, plural } from './wording.js';

/** `layers.2.weight at [3, 17]: 0.25 / 0.5 (1 of 8,192 numbers differs, by 8,388,608 ulps)`; left / right. */
export function tensorWords(difference: TensorDifference): string {
  const { name, what, index, left, right } = difference;
  const place = what === 'values' && index && index.length > 0 ? ` at [${index.join(', ')}]` : '';
  const numbers = numbersWords(difference);
  return `${plain(name)}${place}: ${side(left)} / ${side(right)}${numbers && ` (${numbers})`}`;
}

/** A text without control characters. */
export function plain(text: string): string {
  return text.replace(/\p{Cc}/gu, ' ');
}

/** The first digits of a hash. */
export function shortHash(hash: string): string {
  return `${plain(hash).slice(0, 8)}…`;
}

/** Of types that differ, what numbers come to as float32. */
function numbersWords({ what, count, of, ulps }: TensorDifference): string {
  if (what === 'presence' || what === 'shape') return '';
  if (count === 0) return what === 'dtype' && of > 0 ? 'not other numbers' : '';
  const verb = count === 1 ? 'differs' : 'differ';
  const most = count === 1 ? '' : ' at most';
  return `${formatCount(count)} of ${plural(of, 'number')} ${verb}, by ${plural(ulps, 'ulp')}${most}`;
}

function side(value: TensorDifference['left']): string {
  if (value === null) return 'none';
  if (typeof value === 'string') return plain(value);
  // Nine digits tell any float32 from all others.
  return String(Math.fround(value) === value ? Number(value.toPrecision(9)) : value);
}
