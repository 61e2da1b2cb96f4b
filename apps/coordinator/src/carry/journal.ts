// What must outlive the coordinator's process: a file of records, each flushed to the disk before anyone is told.
// One record a line: eight hexadecimal digits of CRC-32 over the JSON text, a space, the JSON text.
// Invariant: one process writes to the file that is read, the one that opened it last. A record that was written is read again, or the file is refused. Only its very end may be torn, by a
// crash in the middle of a write that nobody was told of yet.
import { type FileHandle, mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import zlib from 'node:zlib';
import { LockstepError } from '@lockstep/core';
import { writeDurably } from '@lockstep/trainer';

// Not imported by name: an old Node has none, and is told which one is needed instead.
const { crc32 } = zlib;

/** A journal that cannot be trusted or written. */
export class JournalError extends LockstepError {
  constructor(message: string, options?: ErrorOptions) {
    super('journal', message, options);
  }
}

/** The disk, as far as a journal needs it: so that a test can break it. */
export interface JournalFile {
  /** Appends and flushes. */
  append(text: string): Promise<void>;
  close(): Promise<void>;
}

export class Journal<T> {
  readonly #file: JournalFile;
  #last: Promise<void> = Promise.resolve();
  /** When the record that is on its way to the disk set out. */
  #setOut: number | undefined;

  private constructor(file: JournalFile) {
    this.#file = file;
  }

  /**
   * Opens a journal, or begins one.
   *
   * @returns it and the records that it holds, in order
   * @throws JournalError if it is damaged elsewhere than at its torn end
   */
  static async open<T>(path: string): Promise<{ journal: Journal<T>; records: T[] }> {
    await mkdir(dirname(path), { recursive: true });
    const text = await readFile(path, 'latin1').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '';
      throw new JournalError(`journal: cannot read ${path}: ${error.message}`, { cause: error });
    });
    const { records, length } = parseJournal<T>(Buffer.from(text, 'latin1'), path);
    const whole = text.slice(0, length);
    const end = whole === '' || whole.endsWith('\n') ? '' : '\n';
    // A file of its own: whoever had the journal before, and still lives, writes to one that nobody reads any more.
    await writeDurably(path, [Buffer.from(whole + end, 'latin1')]);
    return { journal: new Journal(new AppendedFile(await open(path, 'a'))), records };
  }

  /** Over another file, which holds nothing yet. */
  static over<T>(file: JournalFile): Journal<T> {
    return new Journal(file);
  }

  /** Resolves when the record is on the disk; records are written in the order of the calls. */
  append(record: T): Promise<void> {
    const json = Buffer.from(JSON.stringify(record)).toString('latin1');
    this.#last = this.#last.then(() => this.#write(`${checksum(json)} ${json}\n`));
    return this.#last;
  }

  /** For how long the disk has not answered; 0 where nothing was asked of it. */
  get waitMs(): number {
    return this.#setOut === undefined ? 0 : performance.now() - this.#setOut;
  }

  async close(): Promise<void> {
    await this.#last.catch(() => undefined);
    await this.#file.close();
  }

  async #write(line: string): Promise<void> {
    this.#setOut = performance.now();
    await this.#file.append(line).finally(() => {
      this.#setOut = undefined;
    });
  }
}

/**
 * @param bytes the file
 * @returns its records, and its length without a torn end
 * @throws JournalError if another line than the last is damaged, or the last one is although it is whole
 */
export function parseJournal<T>(bytes: Uint8Array, path: string): { records: T[]; length: number } {
  // Zeros at the end are what a crash left of a write: the file's length was there before the bytes.
  const text = Buffer.from(bytes).toString('latin1').replace(/\0+$/, '');
  const records: T[] = [];
  let at = 0;
  for (let line = 1; at < text.length; line++) {
    const feed = text.indexOf('\n', at);
    const end = feed < 0 ? text.length : feed;
    const json = text.slice(at + 9, end);
    const isWhole = isSound(text.slice(at, end));
    // Without its line feed a record was never acknowledged, unless the line feed itself is what was damaged.
    if (feed < 0 && !isWhole && !isSound(text.slice(at, end - 1))) break;
    if (!isWhole) {
      throw new JournalError(
        `journal: line ${line} of ${path} is damaged. Restore the file, or begin a new run from the last checkpoint's weights`,
      );
    }
    records.push(JSON.parse(Buffer.from(json, 'latin1').toString('utf8')));
    at = Math.min(end + 1, text.length);
  }
  return { records, length: at };
}

function isSound(line: string): boolean {
  return line[8] === ' ' && line.slice(0, 8) === checksum(line.slice(9));
}

function checksum(json: string): string {
  return crc32(Buffer.from(json, 'latin1')).toString(16).padStart(8, '0');
}

class AppendedFile implements JournalFile {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async append(text: string): Promise<void> {
    await this.#handle.appendFile(text, 'latin1');
    await this.#handle.sync();
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}
