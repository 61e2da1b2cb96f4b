// What random floats look like: most of them such as networks have, some of them such as arithmetic stumbles over. Values are
// made as bits, so that a NaN can be any.
import { EDGES } from '../values.js';
import type { Dice } from './dice.js';

/** A float's bits from a random word. */
type Form = (word: number) => number;

const BOX = new DataView(new ArrayBuffer(4));

export function bitsOf(x: number): number {
  BOX.setFloat32(0, x);
  return BOX.getUint32(0);
}

/** In [-spread, spread). */
function within(spread: number): Form {
  return (word) => bitsOf((word / 2 ** 31 - 1) * spread);
}

/** Of n forms, which one, by the word's lowest bits; the form gets the others. */
function oneIn(n: number, rare: Form, common: Form): Form {
  return (word) => (word % n === 0 ? rare : common)(word);
}

const edge: Form = (word) => bitsOf(EDGES[(word >>> 8) % EDGES.length]!);
const zero: Form = (word) => (word & 0x100) << 23;

const TAME: readonly Form[] = [
  within(4),
  within(4),
  within(1),
  within(30),
  // Equal ones among them, and both zeros.
  (word) => bitsOf(((word >>> 3) % 7) - 3) | ((word & 1) << 31),
  (word) => (word % 4 ? zero : within(2))(word),
];

const WILD: readonly Form[] = [
  (word) => word,
  edge,
  oneIn(4, edge, within(4)),
  oneIn(64, edge, within(4)),
  oneIn(8, zero, within(100)),
  // Subnormals, and the smallest of the others.
  (word) => word & 0x80ffffff,
  // The largest ones.
  (word) => (word & 0x80ffffff) | 0x7e000000,
];

/** How the floats of an array are drawn. */
export function drawForm(dice: Dice, isTame: boolean): Form {
  if (dice.once(16)) {
    const bits = dice.pick(isTame ? TAME : WILD)(dice.word());
    return () => bits;
  }
  return isTame || dice.once(3) ? dice.pick(TAME) : dice.pick(WILD);
}
