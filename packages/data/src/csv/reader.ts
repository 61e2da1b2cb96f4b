// From records to a dataset: the inputs' columns become float32, the target's float32 or class labels.
// Invariant: what grows with the table is its numbers. Errors come in the text's order and name line and column.
// Not here: where the bytes come from (../csv.ts, ../files/csv-file.ts), and how they become records (record-reader.ts).
import { DataError } from '@lockstep/core';
import { sharedFloat32, sharedInt32 } from '../shared.js';
import { ClassNames } from './classes.js';
import { GrowingRows } from './columns.js';
import { type Columns, columnsOf } from './header.js';
import { explainNumber, isDecimal, isMissing, readFloat, shown } from './number.js';
import type { CsvDataset, Settings } from './options.js';
import { RecordReader } from './record-reader.js';
import type { Records } from './records.js';

export class CsvReader {
  readonly #settings: Settings;
  readonly #records: RecordReader;
  #columns: Columns | undefined;
  #inputs!: GrowingRows<Float32Array>;
  #values!: GrowingRows<Float32Array>;
  #labels!: GrowingRows<Int32Array>;
  readonly #classes: ClassNames;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#classes = new ClassNames(settings.classes);
    this.#records = new RecordReader(settings, {
      first: (records) => this.#first(records),
      row: (records) => this.#sample(this.#columns!, records),
    });
  }

  /** Samples read so far. */
  get rows(): number {
    return this.#records.rows;
  }

  /** @throws DataError at the first thing that is wrong */
  push(bytes: Uint8Array): void {
    this.#records.push(bytes);
  }

  /** @throws DataError if something is wrong with the rest or the whole */
  end(): CsvDataset {
    this.#records.end();
    const { operation, name, task } = this.#settings;
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

  #first(records: Records): readonly string[] {
    const { task } = this.#settings;
    const fields = Array.from({ length: records.count }, (_, i) => records.text(i));
    this.#columns = columnsOf(fields, records.line, records.delimiter, this.#settings);
    this.#inputs = new GrowingRows(this.#columns.inputs.length, (n) => new Float32Array(n));
    if (task === 'regression') this.#values = new GrowingRows(1, (n) => new Float32Array(n));
    else this.#labels = new GrowingRows(1, (n) => new Int32Array(n));
    return this.#columns.names;
  }

  #sample({ inputs, target }: Columns, records: Records): void {
    const { starts, ends, bytes } = records;
    const decimal = this.#settings.decimal === ',' ? 44 : 46;
    const at = this.#inputs.next();
    const { piece } = this.#inputs;
    for (let i = 0; i < inputs.length; i++) {
      const column = inputs[i]!;
      const value = readFloat(bytes, starts[column]!, ends[column]!, decimal);
      piece[at + i] = Number.isFinite(value) ? value : this.#unusual(column, records);
    }
    if (this.#settings.task === 'regression') {
      const value = readFloat(bytes, starts[target]!, ends[target]!, decimal);
      this.#values.add(Number.isFinite(value) ? value : this.#unusual(target, records));
    } else {
      const text = records.text(target);
      const fault = (what: string) => this.#records.fault(target, what);
      this.#labels.add(this.#classes.numberOf(text, fault));
    }
  }

  /** A number among blanks that are not ASCII; everything else is refused. */
  #unusual(column: number, records: Records): number {
    const { decimal, header, task } = this.#settings;
    const text = records.text(column);
    const bytes = new TextEncoder().encode(text);
    const value = readFloat(bytes, 0, bytes.length, decimal === ',' ? 44 : 46);
    if (Number.isFinite(value)) return value;
    let hint = '';
    if (header === false && this.rows === 0 && !isDecimal(text)) {
      hint = '; if the first line names the columns, leave header: false out';
    } else if (column === this.#columns!.target && task === 'regression' && !isMissing(text)) {
      hint = "; if the target is a class, say task: 'classification'";
    }
    throw this.#records.fault(column, explainNumber(text, decimal) + hint);
  }
}
