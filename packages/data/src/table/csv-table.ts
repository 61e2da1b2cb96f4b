// Records become a table: each field goes to its column.
// Invariant: errors come in the text's order and name line and column, as those of datasets do (../csv/reader.ts).
import { DataError } from '@lockstep/core';
import { nearestName } from '@lockstep/errors';
import { isDecimal, isMissing, shown } from '../csv/number.js';
import { RecordReader } from '../csv/record-reader.js';
import type { Records } from '../csv/records.js';
import { GrowingColumn } from './growing-column.js';
import type { TableSettings } from './options.js';
import { Table } from './table.js';

interface ReadColumn {
  readonly name: string;
  /** Of the field in a record. */
  readonly field: number;
  readonly values: GrowingColumn;
}

export class CsvTableReader {
  readonly #settings: TableSettings;
  readonly #records: RecordReader;
  #columns: readonly ReadColumn[] = [];

  constructor(settings: TableSettings) {
    this.#settings = settings;
    this.#records = new RecordReader(settings, {
      first: (records) => this.#first(records),
      row: (records) => this.#row(records),
    });
  }

  /** Rows read so far. */
  get rows(): number {
    return this.#records.rows;
  }

  push(bytes: Uint8Array): void {
    this.#records.push(bytes);
  }

  end(): Table {
    this.#records.end();
    const columns = this.#columns.map(({ name, values }) => [name, values.finish()] as const);
    return new Table(this.#settings.name, new Map(columns));
  }

  #row(records: Records): void {
    const { isMissing, decimal } = this.#settings;
    for (const { field, values } of this.#columns) {
      const text = records.text(field);
      if (isMissing(text)) values.addMissing();
      else {
        const fault = (what: string): Error => this.#records.fault(field, what);
        values.add(text, numberWritten(text, decimal), fault);
      }
    }
  }

  #first(records: Records): readonly string[] {
    const { columns, header, operation, types } = this.#settings;
    const fields = Array.from({ length: records.count }, (_, i) => records.text(i));
    if (header === undefined) checkHeader(operation, records.line, fields);
    const names = header === false ? fields.map((_, i) => `column ${i}`) : fields;
    const chosen = columns?.map((column) => placeOf(operation, column, names)) ?? [...names.keys()];
    const seen = new Map<string, number>();
    for (const field of chosen) {
      const name = names[field]!;
      const other = seen.get(name);
      if (name === '' || other !== undefined) {
        const what =
          name === ''
            ? `column ${field} has no name (pandas writes its row numbers so: index=False leaves them out)`
            : `two columns are called ${shown(name)} (${other} and ${field})`;
        throw new DataError(
          `${operation}: line ${records.line}: ${what}; name each otherwise, or choose with the option columns`,
        );
      }
      seen.set(name, field);
    }
    for (const name of Object.keys(types)) if (!seen.has(name)) placeOf(operation, name, names);
    this.#columns = chosen.map((field) => {
      const name = names[field]!;
      const type = Object.hasOwn(types, name) ? types[name] : undefined;
      return { name, field, values: new GrowingColumn(type) };
    });
    return names;
  }
}

/** A first line of numbers is a row that would be lost. */
function checkHeader(operation: string, line: number, fields: readonly string[]): void {
  const isData = (field: string): boolean => isDecimal(field) || isMissing(field);
  if (!fields.some(isDecimal) || !fields.every(isData)) return;
  throw new DataError(
    `${operation}: line ${line}: the first row is ${fields.slice(0, 12).join(', ')}, where names of columns are expected; if it is data, say header: false; if these are names, say header: true`,
  );
}

function placeOf(operation: string, column: string | number, names: readonly string[]): number {
  const field = typeof column === 'number' ? column : names.indexOf(column);
  if (names[field] !== undefined) return field;
  const near = typeof column === 'string' ? nearestName(column, names) : undefined;
  const shownNames = names.slice(0, 12).join(', ') + (names.length > 12 ? ', …' : '');
  throw new DataError(
    `${operation}: there is no column ${JSON.stringify(column)}; ${near === undefined ? '' : `did you mean ${shown(near)}? `}there are ${shownNames}`,
  );
}

/**
 * @returns the number that a field is; undefined if it is text. Digits after a leading zero, and more digits than float64
 *   holds, are names: postal codes, numbers of orders.
 */
export function numberWritten(text: string, decimal: '.' | ','): number | undefined {
  if (!isDecimal(text) || text.includes(decimal === '.' ? ',' : '.')) return undefined;
  if (/^[+-]?0\d/.test(text)) return undefined;
  const number = Number(decimal === '.' ? text : text.replace(',', '.'));
  if (!Number.isFinite(number)) return undefined;
  return /^[+-]?\d{16,}$/.test(text) && !Number.isSafeInteger(number) ? undefined : number;
}
