// Tables in files, plain or gzip: the bytes go piece by piece from the disk to the reader.
// Invariant: no file is too large to be read; what is held is its numbers and a piece. Not here: what the bytes mean (csv/).
import { fileURLToPath } from 'node:url';
import { type OptionNames, requireText } from '@lockstep/errors';
import { CSV_OPTIONS, type CsvDataset, type CsvOptions, settingsOf } from '../csv/options.js';
import { CsvReader } from '../csv/reader.js';
import { type ReadProgress, readInto } from './read-into.js';

/** What `readCsv` takes. */
export interface ReadCsvOptions extends CsvOptions {
  /** Called after each piece of the file, at most a MiB. */
  readonly onProgress?: ((progress: ReadProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

const READ_CSV_OPTIONS: OptionNames<ReadCsvOptions> = {
  ...CSV_OPTIONS,
  onProgress: true,
  signal: true,
};

/**
 * A table in a file, plain or gzip (which is seen from its bytes).
 *
 * @param file its path, or a URL `file:`
 * @throws the system's error if it cannot be read; DataError if it is none, or damaged; the signal's reason if aborted
 * @see parseCsv
 */
export async function readCsv(file: string | URL, options: ReadCsvOptions): Promise<CsvDataset> {
  const path = requireText('readCsv', 'file', file instanceof URL ? fileURLToPath(file) : file);
  const reader = new CsvReader(settingsOf(options, READ_CSV_OPTIONS, path));
  return readInto(reader, path, options);
}
