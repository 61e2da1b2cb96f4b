// A random case as it is drawn: the arrays that a kernel is called with, laid out in an image of the memory, any number of words
// from any boundary. Guard words lie between them, and in outputs, so that what is not written shows.
// Invariant: kernel, seed and number decide all of it.
import { LockstepError } from '@lockstep/errors';
import { heapBase } from '../../backend.js';
import { Dice } from './dice.js';
import { bitsOf, drawForm } from './forms.js';

/** Written where no kernel may write, and where one will. */
export const GUARD = 0xdeadbeef;
const LEAST_GAP = 6;

/** Stretch of bytes that a kernel may read, or write, or both. */
export interface Place {
  readonly at: number;
  readonly bytes: number;
  /** Of scratch, how many words count after the call; of other places undefined: all do. */
  readonly counted?: ((returned: number) => number) | undefined;
}

export class Draw {
  readonly dice: Dice;
  /** Whether numbers are those of a network that goes well. */
  readonly isTame: boolean;
  /** Whether arrays are to be so large that a kernel may go another way for them. */
  readonly isLarge: boolean;
  readonly #words: Uint32Array;
  #next = heapBase >> 2;
  #places: Place[] = [];

  /** @param words the image: word i is what the memory has at byte 4 i */
  constructor(words: Uint32Array, ...address: number[]) {
    this.#words = words;
    this.dice = new Dice(...address);
    this.isTame = !this.dice.once(3);
    this.isLarge = this.dice.once(24);
    this.#gap();
  }

  get places(): readonly Place[] {
    return this.#places;
  }

  /** Where the image ends, in words. */
  get end(): number {
    return this.#next;
  }

  /** A length: mostly of some elements, now and then of none or of many, and often one beside a power of two. */
  size(most = 300): number {
    const { dice } = this;
    const scale = dice.below(16);
    const drawn =
      scale < 7
        ? dice.below(20)
        : scale < 11
          ? dice.below(70)
          : scale < 14
            ? (1 << dice.between(2, 9)) + dice.between(-1, 1)
            : dice.below(most + 1);
    return drawn > most ? dice.between(0, most) : drawn;
  }

  /** As `size`, but never 0. */
  count(most = 300): number {
    return Math.max(1, this.size(most));
  }

  /** A number as a layer or an optimizer is given one: finite or infinite. */
  scalar(): number {
    const form = drawForm(this.dice, this.isTame);
    for (;;) {
      BITS[0] = form(this.dice.word());
      if (!Number.isNaN(FLOAT[0])) return FLOAT[0]!;
      if (this.dice.once(4)) return 1;
    }
  }

  /** Any 32 bits, as i32. */
  word(): number {
    return this.dice.word() | 0;
  }

  floats(n: number): number {
    const form = drawForm(this.dice, this.isTame);
    return this.#put(n, (words) => this.dice.fill(words, form));
  }

  /** Floats whose sign is +, NaN among them or not. */
  positive(n: number): number {
    const form = drawForm(this.dice, this.isTame);
    return this.#put(n, (words) => this.dice.fill(words, (word) => form(word) & 0x7fffffff));
  }

  /** These floats. */
  given(values: ArrayLike<number>): number {
    return this.#put(values.length, (words) => {
      for (let i = 0; i < words.length; i++) words[i] = bitsOf(values[i]!);
    });
  }

  /** Whole numbers from low to high, as i32. */
  integers(n: number, low: number, high: number): number {
    return this.#put(n, (words) =>
      this.dice.fill(words, (word) => low + Math.floor((word / 2 ** 32) * (high - low + 1))),
    );
  }

  /** These words. */
  words(values: ArrayLike<number>): number {
    return this.#put(values.length, (words) => words.set(values));
  }

  /** Bytes at any address, of which some are 0, or all, or none. */
  bytes(n: number): number {
    const offset = this.dice.below(4);
    const first = this.#next;
    const zeros = this.dice.below(5) / 4;
    this.#room(Math.ceil((n + offset) / 4));
    const at = 4 * first + offset;
    const bytes = new Uint8Array(this.#words.buffer, at, n);
    for (let i = 0; i < n; i++) {
      const word = this.dice.word();
      bytes[i] = word < 2 ** 32 * zeros ? 0 : 1 + (word % 255);
    }
    this.#gap();
    this.#places.push({ at, bytes: n });
    return at;
  }

  /** Room for n words that will all be written, or kept. */
  room(n: number): number {
    return this.#put(n, () => {});
  }

  /** Room, or one of the inputs in its place. */
  out(n: number, ...inputs: number[]): number {
    return this.dice.once(4) ? this.dice.pick(inputs) : this.room(n);
  }

  /** Room whose words do not count, but for as many as `counted` says. */
  scratch(n: number, counted: (returned: number) => number = () => 0): number {
    const at = this.room(n);
    const place = this.#places.pop()!;
    this.#places.push({ ...place, counted });
    return at;
  }

  /** What lies at an address so far, as floats. */
  at(address: number, n: number): Float32Array {
    return new Float32Array(this.#words.buffer, address, n);
  }

  /** What lies there as whole numbers. */
  wordsAt(address: number, n: number): Int32Array {
    return new Int32Array(this.#words.buffer, address, n);
  }

  #put(n: number, fill: (words: Uint32Array) => void): number {
    const first = this.#next;
    this.#room(n);
    fill(this.#words.subarray(first, first + n));
    this.#gap();
    this.#places.push({ at: 4 * first, bytes: 4 * n });
    return 4 * first;
  }

  #room(n: number): void {
    const end = this.#next + n;
    if (end + LEAST_GAP + 16 > this.#words.length) {
      throw new LockstepError('internal', `a random case has no room for ${n} words`);
    }
    this.#words.fill(GUARD, this.#next, end);
    this.#next = end;
  }

  #gap(): void {
    this.#room(LEAST_GAP + this.dice.below(16));
  }
}

const FLOAT = new Float32Array(1);
const BITS = new Uint32Array(FLOAT.buffer);
