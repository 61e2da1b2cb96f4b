// Tables in files, plain or gzip, and in streams: the bytes go piece by piece to the reader.
// Not here: what the bytes mean (../table/).
import { fileURLToPath } from 'node:url';
import type { OptionNames } from '@lockstep/errors';
import { TABLE_OPTIONS, type TableOptions, tableSettings } from '../table/options.js';
import { readPieces, TableReader } from '../table/parse.js';
import type { Table } from '../table/table.js';
import { type ReadProgress, readInto } from './read-into.js';

/** What `readTable` takes. */
export interface ReadTableOptions extends TableOptions {
  /** Called after each piece of a file, at most a MiB. */
  readonly onProgress?: ((progress: ReadProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

const READ_TABLE_OPTIONS: OptionNames<ReadTableOptions> = {
  ...TABLE_OPTIONS,
  onProgress: true,
  signal: true,
};

/**
 * A table of named columns, each of numbers or of text, from CSV, TSV or JSON lines.
 *
 * @param source a file's path or URL `file:`, plain or gzip (which is seen from its bytes); or a stream of bytes, plain
 * @throws the system's error if it cannot be read; DataError if it is none, or damaged; the signal's reason if aborted
 * @see parseTable
 */
export async function readTable(
  source: string | URL | AsyncIterable<Uint8Array>,
  options: ReadTableOptions = {},
): Promise<Table> {
  if (typeof source !== 'string' && !(source instanceof URL)) {
    return readPieces(source, tableSettings(options, READ_TABLE_OPTIONS));
  }
  const path = source instanceof URL ? fileURLToPath(source) : source;
  const reader = new TableReader(tableSettings(options, READ_TABLE_OPTIONS, path));
  return readInto(reader, path, options);
}
