// One cell of a table, or of an object that somebody wrote by hand: a number, a text, or nothing.
// Invariant: what one table holds as a number and another as its text is the same category and the same number.

/** A value of a column. Missing are undefined, null, NaN, and texts that say so. */
export type Cell = number | string | boolean | bigint | null | undefined;

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** Whether there is no value. */
export function isMissingCell(cell: unknown): boolean {
  return cell === undefined || cell === null || cell === '' || Number.isNaN(cell);
}

/** @returns the number in a cell; undefined if it is none that is finite */
export function numberIn(cell: unknown): number | undefined {
  let number = Number.NaN;
  if (typeof cell === 'number') number = cell;
  else if (typeof cell === 'boolean' || typeof cell === 'bigint') number = Number(cell);
  else if (typeof cell === 'string' && DECIMAL.test(cell.trim())) number = Number(cell);
  return Number.isFinite(number) ? number : undefined;
}

/** @returns a cell as the name of a category; undefined if it is neither a text nor a number */
export function textIn(cell: unknown): string | undefined {
  if (typeof cell === 'string') return cell;
  const isPlain = typeof cell === 'number' || typeof cell === 'boolean' || typeof cell === 'bigint';
  return isPlain ? String(cell === 0 ? 0 : cell) : undefined;
}

/** Of each list of names that was asked, where each of them stands: one row asked for by itself makes no table of them. */
const PLACES = new WeakMap<readonly string[], ReadonlyMap<string, number>>();

/** Where each of these names stands among them. */
export function placesIn(names: readonly string[]): ReadonlyMap<string, number> {
  const known = PLACES.get(names) ?? new Map(names.map((name, i) => [name, i]));
  PLACES.set(names, known);
  return known;
}

/** Where a category stands among others; a number is found however it is written. */
export function placesOf(categories: readonly string[]): (text: string) => number | undefined {
  const places = placesIn(categories);
  return (text) => {
    const place = places.get(text);
    if (place !== undefined) return place;
    const number = numberIn(text);
    return number === undefined ? undefined : places.get(String(number === 0 ? 0 : number));
  };
}
