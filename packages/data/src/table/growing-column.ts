// One column of a table that is being read: it is found out whether it holds numbers or text.
// Invariant: a column is of numbers if each of its values is one; its first rows say so, and what contradicts them further
// down is refused with its row rather than guessed about. What the text was is kept for those first rows only.
import { shown } from '../csv/number.js';
import type { ColumnValues } from './table.js';

/** Rows in which a column of numbers may still turn out to be one of text. */
const UNDECIDED_ROWS = 10_000;
/** Distinct texts that are kept once each; a column of categories has few. */
const MAX_KEPT = 1 << 16;

export type ColumnType = 'numbers' | 'text';

export class GrowingColumn {
  #isText: boolean;
  readonly #isFixed: boolean;
  #length = 0;
  #numbers = new Float64Array(64);
  /** Of a column of text its values; of one that may become one what its first rows were written as. */
  #texts: (string | undefined)[] | undefined = [];
  #hasNumbers = false;
  readonly #kept = new Map<string, string>();

  constructor(type: ColumnType | undefined) {
    this.#isFixed = type !== undefined;
    this.#isText = type === 'text';
  }

  addMissing(): void {
    this.#grow();
    this.#numbers[this.#length] = Number.NaN;
    if (this.#isText || this.#mayChange) this.#texts!.push(undefined);
    this.#length++;
  }

  /**
   * @param text as it was written
   * @param number that it is; undefined if it is none
   * @throws what `fault` makes, if it is text and the column holds numbers
   */
  add(text: string, number: number | undefined, fault: (what: string) => Error): void {
    if (!this.#isText && number === undefined) this.#becomeText(text, fault);
    if (this.#isText) this.#texts!.push(this.#keep(text));
    else {
      this.#grow();
      this.#numbers[this.#length] = number!;
      this.#hasNumbers = true;
      if (this.#mayChange) this.#texts!.push(this.#keep(text));
      else this.#texts = undefined;
    }
    this.#length++;
  }

  finish(): ColumnValues {
    return this.#isText ? this.#texts! : this.#numbers.slice(0, this.#length);
  }

  get #mayChange(): boolean {
    return !this.#isFixed && (this.#length < UNDECIDED_ROWS || !this.#hasNumbers);
  }

  #becomeText(text: string, fault: (what: string) => Error): void {
    if (this.#isFixed)
      throw fault(`${shown(text)} is no number, and types says that it holds numbers`);
    if (this.#texts?.length !== this.#length) {
      throw fault(
        `${shown(text)} is no number, and the ${this.#length} rows before hold numbers; mend the row, or say types: { … : 'text' } if these are names`,
      );
    }
    this.#isText = true;
  }

  #keep(text: string): string {
    const kept = this.#kept.get(text);
    if (kept !== undefined) return kept;
    // A copy: a part of a longer text keeps the whole of it alive.
    const copy = Array.from(text).join('');
    if (this.#kept.size < MAX_KEPT) this.#kept.set(copy, copy);
    return copy;
  }

  #grow(): void {
    if (this.#isText || this.#length < this.#numbers.length) return;
    const larger = new Float64Array(2 * this.#numbers.length);
    larger.set(this.#numbers);
    this.#numbers = larger;
  }
}
