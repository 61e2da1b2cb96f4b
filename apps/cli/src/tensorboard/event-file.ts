// A file of events that grows: made new in its folder, and only ever added to.
// Invariant: events stand in it in the order in which they were given, each whole, as long as the disk takes them.
import { type FileHandle, open } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { makeFolder } from '@lockstep/data';
import { type EventProto, encodeEvents, FILE_VERSION } from '@lockstep/formats/tensorboard';

/** The little of a file that is needed, so that a test can break it. */
export type GrowingFile = Pick<FileHandle, 'appendFile' | 'close'>;

export type OpenFile = (path: string) => Promise<GrowingFile>;

export class EventFile {
  readonly path: string;
  readonly #file: GrowingFile;
  /** What was given last is written after all that was before. */
  #written: Promise<void> = Promise.resolve();

  private constructor(path: string, file: GrowingFile) {
    this.path = path;
    this.#file = file;
  }

  /**
   * Makes a file, and its folder, in the order of time behind those that are there.
   *
   * @param wallTime seconds since 1970
   * @throws the file system's own error
   */
  static async create(
    folder: string,
    wallTime: number,
    openFile: OpenFile = (path) => open(path, 'ax'),
  ): Promise<EventFile> {
    await makeFolder(folder);
    const [path, file] = await openNew(folder, wallTime, openFile);
    const events = new EventFile(path, file);
    try {
      await events.append([{ wallTime, step: 0, fileVersion: FILE_VERSION }]);
    } catch (error) {
      await file.close().catch(() => {});
      throw error;
    }
    return events;
  }

  /** @throws the file system's own error, then and of all that is given later */
  append(events: readonly EventProto[]): Promise<void> {
    const bytes = encodeEvents(events);
    this.#written = this.#written.then(() => this.#file.appendFile(bytes));
    return this.#written;
  }

  /** When what was given is written, or could not be. */
  async close(): Promise<void> {
    await this.#written.catch(() => {});
    await this.#file.close();
  }
}

/** TensorBoard takes the files of a folder in the order of their names, which therefore begin with the time. */
async function openNew(
  folder: string,
  wallTime: number,
  openFile: OpenFile,
): Promise<[string, GrowingFile]> {
  const seconds = String(Math.floor(wallTime)).padStart(10, '0');
  const host = hostname().replace(/[^\w.-]+/g, '-');
  for (let attempt = 0; ; attempt++) {
    const path = join(folder, `events.out.tfevents.${seconds}.${host}.${process.pid}.${attempt}`);
    try {
      return [path, await openFile(path)];
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}
