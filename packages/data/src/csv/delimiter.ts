// Which character separates the fields: the file says so (`sep=;`), or its first records do.
// Invariant: a pure function of the first bytes of the text (64 KiB; twice, four times, … as many while they are less than two
// records).
// Where two characters fit, numbers that are none then tell: nothing is guessed silently.
import { Records, type Where } from './records.js';

const COMMA = 44;
const SEMICOLON = 59;
const TAB = 9;

/** In the order in which they are taken where several fit: commas also stand in numbers. */
const CANDIDATES = [TAB, SEMICOLON, COMMA];

/** Bytes of the first sample; if they are too few, twice as many, and so on. */
export const SAMPLE_BYTES = 1 << 16;
const MAX_SAMPLE_BYTES = 1 << 24;

/** A line `sep=;` is within so many bytes. */
export const SEPARATOR_BYTES = 64;

/** The first line where Excel is told the delimiter. @returns it, and the line's length with its break */
export function separatorLine(
  head: Uint8Array,
): { readonly delimiter: number; readonly bytes: number } | undefined {
  const match = /^"?sep=([^\r\n])"?[ \t]*(\r\n|\r|\n|$)/i.exec(
    new TextDecoder().decode(head.subarray(0, SEPARATOR_BYTES)),
  );
  return match === null || match[1]! > '\x7f'
    ? undefined
    : { delimiter: match[1]!.charCodeAt(0), bytes: match[0].length };
}

/**
 * @param sample the text's first bytes
 * @param isAll whether no more follow
 * @returns the delimiter's byte; undefined if the sample has less than two records and a larger one is needed
 *
 * The one with which all whole records of the sample have the same number of fields, above one; where none is, the one
 * that gives the first record most fields; else the comma.
 */
export function findDelimiter(
  sample: Uint8Array,
  isAll: boolean,
  comment: number | undefined,
): number | undefined {
  const widths = CANDIDATES.map((delimiter) => widthsWith(delimiter, sample, isAll, comment));
  const isShort = widths.some((all) => all !== undefined && all.length < 2);
  if (isShort && !isAll && sample.length < MAX_SAMPLE_BYTES) return undefined;
  const firstOf = (i: number) => widths[i]?.[0] ?? 1;
  const fits = widths.findIndex(
    (all, i) => firstOf(i) > 1 && all!.every((width) => width === firstOf(i)),
  );
  if (fits !== -1) return CANDIDATES[fits];
  let best = CANDIDATES.indexOf(COMMA);
  widths.forEach((_, i) => {
    if (firstOf(i) > firstOf(best)) best = i;
  });
  return CANDIDATES[best];
}

/** Fields of each whole record in the sample; undefined if quotes do not stand where they would with this delimiter. */
function widthsWith(
  delimiter: number,
  sample: Uint8Array,
  isWhole: boolean,
  comment: number | undefined,
): number[] | undefined {
  const nowhere: Where = () => '';
  const records = new Records(delimiter, comment, nowhere);
  records.append(sample);
  if (isWhole) records.close();
  const widths: number[] = [];
  try {
    while (records.next()) if (!records.isComment) widths.push(records.count);
  } catch {
    return undefined;
  }
  return widths;
}
