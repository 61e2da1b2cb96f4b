// A run's way, in its folder: where it stood from time to time, a JSON object a line, for whoever looks at it when it is over. Each
// line covers the time since the one before, which grows with the run: a run of seconds has ten a second, one of days some thousands in all.
// Invariant: that it cannot be written ends no run.
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { joinSamples, SAMPLES_FILE, type Sample } from '@lockstep/dashboard';

/** A line for each hundredth part of the time so far. */
const SHARE = 0.01;

export class SamplesFile {
  readonly #path: string;
  readonly #onFault: (message: string) => void;
  #waiting: Sample | undefined;
  #ms = 0;
  #writing: Promise<void> = Promise.resolve();
  #hasFailed = false;

  /** @param onFault told once if it cannot be written */
  constructor(folder: string, onFault: (message: string) => void) {
    this.#path = join(folder, SAMPLES_FILE);
    this.#onFault = onFault;
  }

  add(sample: Sample): void {
    this.#ms += sample.ms;
    this.#waiting = this.#waiting ? joinSamples(this.#waiting, sample) : sample;
    if (this.#waiting.ms >= SHARE * this.#ms) this.#write();
  }

  /** What is still to be written is. */
  async close(): Promise<void> {
    this.#write();
    await this.#writing;
  }

  #write(): void {
    const sample = this.#waiting;
    this.#waiting = undefined;
    if (!sample || this.#hasFailed) return;
    const line = `${JSON.stringify(sample)}\n`;
    this.#writing = this.#writing
      .then(() => appendFile(this.#path, line))
      .catch((error: Error) => {
        if (!this.#hasFailed) this.#onFault(`${SAMPLES_FILE} cannot be written: ${error.message}`);
        this.#hasFailed = true;
      });
  }
}
