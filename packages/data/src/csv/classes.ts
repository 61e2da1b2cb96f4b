// The names of classes, as they come: each gets a number when it is first seen, and its place in order at the end.
// Invariant: integers are ordered by value, so that 10 comes after 9, as are other numbers; words by code units, never by the
// locale. Given classes keep their order. A target that is most likely no class at all is refused.
import { nearestName } from '@lockstep/errors';
import { isDecimal, isMissing, shown } from './number.js';

/** More distinct words than this are no classes of a table. */
const MAX_CLASSES = 1 << 16;
/** From here on, so many classes that there are hardly two samples of each look like values or like names of rows. */
const MANY_CLASSES = 256;

export class ClassNames {
  readonly #given: readonly string[] | undefined;
  readonly #numbers: Map<string, number>;
  readonly #remedy: string;

  /** @param remedy for a target that is most likely no class: what else to say of it */
  constructor(given: readonly string[] | undefined, remedy = REMEDY) {
    this.#given = given;
    this.#remedy = remedy;
    this.#numbers = new Map(given?.map((label, i) => [label, i]));
  }

  /**
   * @returns the number that stands for a label until `finish`
   * @throws what `fault` makes, if it is none
   */
  numberOf(label: string, fault: (what: string) => Error): number {
    const number = this.#numbers.get(label);
    if (number !== undefined) return number;
    if (this.#given !== undefined) throw fault(unknown(label, this.#given));
    if (isMissing(label)) {
      throw fault(
        label === ''
          ? 'empty; expected a class; leave such rows out, or give them one'
          : `${shown(label)} is a missing value; expected a class; leave such rows out, or, if it is a class, name all in the option classes`,
      );
    }
    const next = this.#numbers.size;
    if (next === MAX_CLASSES) throw fault(`more than ${MAX_CLASSES} classes; ${this.#remedy}`);
    // A copy: a part of a longer text keeps the whole of it alive.
    this.#numbers.set(Array.from(label).join(''), next);
    return next;
  }

  /**
   * @param labels numbers of `numberOf`, one a sample; they become the classes' places in order
   * @throws what `fault` makes, if these are no classes
   */
  finish(labels: Int32Array, fault: (what: string) => Error): readonly string[] {
    if (this.#given !== undefined) return [...this.#given];
    const seen = [...this.#numbers.keys()];
    const names = [...seen].sort();
    checkForms(names, fault);
    if (names.every(isDecimal)) {
      checkNumbers(names, this.#remedy, fault);
      names.sort((a, b) => numberIn(a) - numberIn(b));
    }
    if (names.length > MANY_CLASSES && 2 * names.length > labels.length) {
      throw fault(`${names.length} classes in ${labels.length} samples; ${this.#remedy}`);
    }
    const places = new Map(names.map((label, i) => [label, i]));
    const placeOf = Int32Array.from(seen, (label) => places.get(label)!);
    for (let i = 0; i < labels.length; i++) labels[i] = placeOf[labels[i]!]!;
    return names;
  }
}

/** Letters with marks can be written in two ways, which look the same: as one character, or as two. */
function checkForms(names: readonly string[], fault: (what: string) => Error): void {
  const forms = new Set<string>();
  for (const label of names) {
    const form = label.normalize('NFC');
    if (forms.has(form)) {
      throw fault(
        `${shown(form)} stands there in two ways of writing (Unicode NFC and NFD) and would be two classes; write it in one way`,
      );
    }
    forms.add(form);
  }
}

const REMEDY =
  "is this a number to be predicted (then say task: 'regression'), or the wrong column? If they are classes, name all in the option classes";

const numberIn = (label: string) => Number(label.replace(',', '.'));

function checkNumbers(
  names: readonly string[],
  remedy: string,
  fault: (what: string) => Error,
): void {
  const fraction = names.find((label) => !Number.isInteger(numberIn(label)));
  if (fraction !== undefined) throw fault(`${shown(fraction)} has a fraction; ${remedy}`);
  const byValue = new Map<number, string>();
  for (const label of names) {
    const other = byValue.get(numberIn(label));
    if (other !== undefined) {
      throw fault(
        `${shown(other)} and ${shown(label)} are the same number and would be two classes; write it in one way, or, if they are two, name all in the option classes`,
      );
    }
    byValue.set(numberIn(label), label);
  }
}

function unknown(label: string, given: readonly string[]): string {
  const near = nearestName(label, given);
  const most = given.slice(0, 20).join(', ') + (given.length > 20 ? `, … (${given.length})` : '');
  return `class ${shown(label)} is not known; expected one of ${most}${near === undefined ? '' : `; did you mean ${shown(near)}?`}`;
}
