// A file of data that a flag names, read: what the system says of one that cannot be opened, in words that say what to do.
import { UsageError } from '../errors.js';

const WHY: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EACCES: 'it may not be read',
};

/**
 * @param flag that names it, as it is typed: `--test-csv`
 * @param what it has to hold, for errors
 * @throws UsageError if it cannot be opened; whatever else reading throws
 */
export async function readingFile<T>(
  flag: string,
  file: string,
  what: string,
  reading: Promise<T>,
): Promise<T> {
  try {
    return await reading;
  } catch (cause) {
    const why = WHY[(cause as NodeJS.ErrnoException).code ?? ''];
    if (why === undefined) throw cause;
    throw new UsageError(`${flag} ${file}: ${why}. Give the path of ${what}`, { cause });
  }
}
