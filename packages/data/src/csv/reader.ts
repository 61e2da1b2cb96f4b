// From pieces of bytes to a dataset, in one pass: encoding, records, columns, numbers.
// Invariant: dataset and errors do not depend on where the pieces are cut, and no text is held but the piece at hand and the
// record that it cuts; what grows with the table is its numbers. Errors come in the text's order and name line and column.
// Not here: where the bytes come from (../csv.ts, ../csv-file.ts). No Node API.
import { DataError } from '@lockstep/core';
import { sharedFloat32, sharedInt32 } from '../shared.js';
import { ClassNames } from './classes.js';
import { GrowingRows } from './columns.js';
import { findDelimiter, SAMPLE_BYTES, SEPARATOR_BYTES, separatorLine } from './delimiter.js';
import { type Columns, columnsOf } from './header.js';
import { explainNumber, isDecimal, isMissing, readFloat, shown } from './number.js';
import type { CsvDataset, Settings } from './options.js';
import { Records } from './records.js';
import { Utf8Source } from './utf8.js';

export class CsvReader {
  /** Samples read so far. */
  rows = 0;
  readonly #settings: Settings;
  readonly #source: Utf8Source;
  #records: Records;
  #isBegun = false;
  #sampleBytes = SAMPLE_BYTES;
  #columns: Columns | undefined;
  #width = 0;
  #inputs!: GrowingRows<Float32Array>;
  #values!: GrowingRows<Float32Array>;
  #labels!: GrowingRows<Int32Array>;
  readonly #classes: ClassNames;
  /** Lines that begin with the comment's character and stand before the first record. */
  readonly #comments: { readonly line: number; readonly count: number }[] = [];
  #isEmpty = true;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#source = new Utf8Source(settings.operation, settings.encoding);
    this.#records = this.#recordsWith(settings.delimiterByte ?? 0);
    this.#classes = new ClassNames(settings.classes);
  }

  /** @throws DataError at the first thing that is wrong */
  push(bytes: Uint8Array): void {
    this.#isEmpty &&= bytes.length === 0;
    const piece = this.#source.push(bytes);
    this.#take(piece.bytes, piece.fault, false);
  }

  /** @throws DataError if something is wrong with the rest or the whole */
  end(): CsvDataset {
    const { operation, header, name, task } = this.#settings;
    const piece = this.#source.end();
    this.#take(piece.bytes, piece.fault, true);
    if (this.#isEmpty) throw new DataError(`${operation}: the file is empty; expected a table`);
    if (this.rows === 0) {
      throw new DataError(
        `${operation}: no rows; expected at least one${header === false ? '' : ' below the header'}`,
      );
    }
    const { names, inputs, target } = this.#columns!;
    const common = {
      name,
      samples: this.rows,
      inputShape: [inputs.length],
      inputs: this.#inputs.finish(operation, sharedFloat32),
      inputDivisor: 1,
      inputNames: inputs.map((column) => names[column]!),
    };
    if (task === 'regression') {
      const targets = this.#values.finish(operation, sharedFloat32);
      return { ...common, targetShape: [1], targets, classes: undefined, classNames: undefined };
    }
    const targets = this.#labels.finish(operation, sharedInt32);
    const classNames = this.#classes.finish(
      targets,
      (what) => new DataError(`${operation}: column ${shown(names[target]!)}: ${what}`),
    );
    return { ...common, targetShape: [], targets, classes: classNames.length, classNames };
  }

  #take(bytes: Uint8Array, fault: string | undefined, isAll: boolean): void {
    this.#records.append(bytes);
    const isLast = isAll || fault !== undefined;
    if (!this.#isBegun) this.#begin(isLast);
    if (!this.#isBegun) return;
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
    return `${place}, ${shown(this.#columns?.names[field] ?? `column ${field}`)}`;
  };

  #record(): void {
    const records = this.#records;
    if (records.isComment) {
      this.#comment(records.line, records.count);
      return;
    }
    if (this.#columns === undefined) {
      this.#first();
      if (this.#settings.header !== false) return;
    } else if (records.count !== this.#width) throw this.#ragged();
    this.#sample(this.#columns!);
  }

  #first(): void {
    const records = this.#records;
    const { task } = this.#settings;
    const fields = Array.from({ length: records.count }, (_, i) => records.text(i));
    this.#width = fields.length;
    // Before the names are looked at: one of these lines may hold them.
    for (const { line, count } of this.#comments) this.#comment(line, count);
    this.#columns = columnsOf(fields, records.line, records.delimiter, this.#settings);
    this.#inputs = new GrowingRows(this.#columns.inputs.length, (n) => new Float32Array(n));
    if (task === 'regression') this.#values = new GrowingRows(1, (n) => new Float32Array(n));
    else this.#labels = new GrowingRows(1, (n) => new Int32Array(n));
  }

  /** A line that begins with `#` is left out, unless it could be a record: then somebody has to say what it is. */
  #comment(line: number, count: number): void {
    if (this.#settings.comment !== undefined) return;
    if (this.#width === 0) this.#comments.push({ line, count });
    else if (count === this.#width) {
      throw new DataError(
        `${this.#where(line)} begins with # and has as many fields as the table; say comment: '#' if it is a comment, or comment: false if it belongs to the table`,
      );
    }
  }

  #sample({ inputs, target }: Columns): void {
    const records = this.#records;
    const { starts, ends, bytes } = records;
    const decimal = this.#settings.decimal === ',' ? 44 : 46;
    const at = this.#inputs.next();
    const { piece } = this.#inputs;
    for (let i = 0; i < inputs.length; i++) {
      const column = inputs[i]!;
      const value = readFloat(bytes, starts[column]!, ends[column]!, decimal);
      piece[at + i] = Number.isFinite(value) ? value : this.#unusual(column);
    }
    if (this.#settings.task === 'regression') {
      const value = readFloat(bytes, starts[target]!, ends[target]!, decimal);
      this.#values.add(Number.isFinite(value) ? value : this.#unusual(target));
    } else {
      const text = records.text(target);
      this.#labels.add(this.#classes.numberOf(text, (what) => this.#fault(target, what)));
    }
    this.rows++;
  }

  /** A number among blanks that are not ASCII; everything else is refused. */
  #unusual(column: number): number {
    const { decimal, header, task } = this.#settings;
    const text = this.#records.text(column);
    const bytes = new TextEncoder().encode(text);
    const value = readFloat(bytes, 0, bytes.length, decimal === ',' ? 44 : 46);
    if (Number.isFinite(value)) return value;
    let hint = '';
    if (header === false && this.rows === 0 && !isDecimal(text)) {
      hint = '; if the first line names the columns, leave header: false out';
    } else if (column === this.#columns!.target && task === 'regression' && !isMissing(text)) {
      hint = "; if the target is a class, say task: 'classification'";
    }
    throw this.#fault(column, explainNumber(text, decimal) + hint);
  }

  #fault(column: number, what: string): DataError {
    return new DataError(`${this.#where(this.#records.line, column)}: ${what}`);
  }

  #ragged(): DataError {
    const { count, line, delimiter } = this.#records;
    return new DataError(
      `${this.#where(line)} has ${count} ${count === 1 ? 'field' : 'fields'}, expected ${this.#width} as in the first line (the delimiter is ${JSON.stringify(String.fromCharCode(delimiter))}; a field that has it stands in quotes)`,
    );
  }
}
