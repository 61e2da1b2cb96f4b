// From pieces of bytes to records with the same number of fields, in one pass: encoding, delimiter, comments, header.
// Invariant: records and errors do not depend on where the pieces are cut, and no text is held but the piece at hand and the
// record that it cuts. Errors come in the text's order and name line and column.
// Not here: what the fields mean, which whoever takes the records knows (reader.ts, ../table/csv-table.ts).
import { DataError } from '@lockstep/core';
import { findDelimiter, SAMPLE_BYTES, SEPARATOR_BYTES, separatorLine } from './delimiter.js';
import { shown } from './number.js';
import type { TextSettings } from './options.js';
import { Records } from './records.js';
import { Utf8Source } from './utf8.js';

/** Who takes the records. */
export interface RecordTaker {
  /** The first record, where the columns' names are or data begins. @returns what the columns are called, for errors */
  first(records: Records): readonly string[];
  /** A record with as many fields as the first; that one itself, if it is no header. */
  row(records: Records): void;
}

const CR = 13;
/** A byte that ends nothing. */
const NO_BREAK = Uint8Array.of(63);

export class RecordReader {
  /** Rows read so far. */
  rows = 0;
  readonly #settings: TextSettings;
  readonly #taker: RecordTaker;
  readonly #source: Utf8Source;
  #records: Records;
  #isBegun = false;
  #sampleBytes = SAMPLE_BYTES;
  #names: readonly string[] | undefined;
  #width = 0;
  /** Lines that begin with the comment's character and stand before the first record. */
  readonly #comments: { readonly line: number; readonly count: number }[] = [];
  #isEmpty = true;

  constructor(settings: TextSettings, taker: RecordTaker) {
    this.#settings = settings;
    this.#taker = taker;
    this.#source = new Utf8Source(settings.operation, settings.encoding);
    this.#records = this.#recordsWith(settings.delimiterByte ?? 0);
  }

  /** @throws DataError at the first thing that is wrong */
  push(bytes: Uint8Array): void {
    this.#isEmpty &&= bytes.length === 0;
    const piece = this.#source.push(bytes);
    this.#take(piece.bytes, piece.fault, false);
  }

  /** @throws DataError if something is wrong with the rest, or there are no rows */
  end(): void {
    const { operation, header } = this.#settings;
    const piece = this.#source.end();
    this.#take(piece.bytes, piece.fault, true);
    if (this.#isEmpty) throw new DataError(`${operation}: the file is empty; expected a table`);
    if (this.rows === 0) {
      throw new DataError(
        `${operation}: no rows; expected at least one${header === false ? '' : ' below the header'}`,
      );
    }
  }

  /** Something that is wrong with a field of the current record. */
  fault(field: number, what: string): DataError {
    return new DataError(`${this.#where(this.#records.line, field)}: ${what}`);
  }

  #take(bytes: Uint8Array, fault: string | undefined, isAll: boolean): void {
    this.#records.append(bytes);
    const isLast = isAll || fault !== undefined;
    if (!this.#isBegun) this.#begin(isLast);
    if (!this.#isBegun) return;
    // What is at fault is no line feed: a carriage return before it ends its line by itself.
    if (fault !== undefined && this.#records.unread.at(-1) === CR) this.#records.append(NO_BREAK);
    if (isAll && fault === undefined) this.#records.close();
    if (isLast) this.#records.retry();
    while (this.#records.next()) this.#record();
    if (fault !== undefined)
      throw new DataError(`${this.#where(this.#records.lastLine)}: ${fault}`);
  }

  /** Finds the delimiter, as soon as there is enough to look at. */
  #begin(isAll: boolean): void {
    const head = this.#records.unread;
    if (!isAll && head.length < SEPARATOR_BYTES) return;
    const line = separatorLine(head);
    const text = line === undefined ? head : head.subarray(line.bytes);
    const delimiter = this.#settings.delimiterByte ?? line?.delimiter ?? this.#look(text, isAll);
    if (delimiter === undefined) return;
    const records = this.#recordsWith(delimiter);
    records.append(head);
    if (line !== undefined) records.skipLine(line.bytes);
    this.#records = records;
    this.#isBegun = true;
  }

  #look(text: Uint8Array, isAll: boolean): number | undefined {
    for (; isAll || text.length >= this.#sampleBytes; this.#sampleBytes *= 2) {
      const sample = text.subarray(0, this.#sampleBytes);
      const isWhole = isAll && sample.length === text.length;
      const found = findDelimiter(sample, isWhole, this.#settings.commentByte);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #recordsWith(delimiter: number): Records {
    return new Records(delimiter, this.#settings.commentByte, this.#where);
  }

  readonly #where = (line: number, field?: number): string => {
    const place = `${this.#settings.operation}: line ${line}`;
    if (field === undefined) return place;
    return `${place}, ${shown(this.#names?.[field] ?? `column ${field}`)}`;
  };

  #record(): void {
    const records = this.#records;
    if (records.isComment) {
      this.#comment(records.line, records.count);
      return;
    }
    if (this.#names === undefined) {
      this.#width = records.count;
      // Before the names are looked at: one of these lines may hold them.
      for (const { line, count } of this.#comments) this.#comment(line, count);
      this.#names = this.#taker.first(records);
      if (this.#settings.header !== false) return;
    } else if (records.count !== this.#width) throw this.#ragged();
    this.#taker.row(records);
    this.rows++;
  }

  /** A line that begins with `#` is left out, unless it could be a record: then somebody has to say what it is. */
  #comment(line: number, count: number): void {
    if (this.#settings.comment !== undefined) return;
    if (this.#width === 0) this.#comments.push({ line, count });
    else if (count === this.#width && count > 1) {
      throw new DataError(
        `${this.#where(line)} begins with # and has as many fields as the table; say comment: '#' if it is a comment, or comment: false if it belongs to the table`,
      );
    }
  }

  #ragged(): DataError {
    const { count, line, delimiter } = this.#records;
    return new DataError(
      `${this.#where(line)} has ${count} ${count === 1 ? 'field' : 'fields'}, expected ${this.#width} as in the first line (the delimiter is ${JSON.stringify(String.fromCharCode(delimiter))}; a field that has it stands in quotes)`,
    );
  }
}
