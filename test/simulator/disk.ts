// The simulated disk of the coordinator's machine: what was written is there at once for whoever reads, and survives
// a crash once it was flushed. What was not may be lost from any byte on, with or without rubbish in its place.
import type { HeldState } from '@lockstep/wire';
import type { JournalFile } from '../../apps/coordinator/src/carry/journal.js';
import type { World } from './world.js';

interface Checkpoint extends HeldState {
  readonly bytes: Uint8Array;
}

export class Disk {
  readonly #world: World;
  #journal = '';
  #flushedLength = 0;
  readonly #checkpoints: Checkpoint[] = [];
  #writing: Checkpoint | undefined;
  /** metrics.jsonl: of each epoch's end only its step. */
  #metrics = '';
  #line: string | undefined;

  constructor(world: World, first: Checkpoint) {
    this.#world = world;
    this.#checkpoints.push(first);
  }

  get journal(): Uint8Array {
    return Buffer.from(this.#journal, 'latin1');
  }

  get newest(): Checkpoint {
    return this.#checkpoints.reduce((a, b) => (b.step > a.step ? b : a));
  }

  /** Whether there is a checkpoint of this step. */
  holds(step: number): boolean {
    return this.#checkpoints.some((checkpoint) => checkpoint.step === step);
  }

  /** Opens the journal, without what is torn at its end. @param isAlive whether its writer still is */
  openJournal(length: number, isAlive: () => boolean): JournalFile {
    const world = this.#world;
    this.#journal = this.#journal.slice(0, length);
    if (length > 0 && !this.#journal.endsWith('\n')) this.#journal += '\n';
    this.#flushedLength = this.#journal.length;
    return {
      append: (text) => {
        if (!isAlive()) return new Promise(() => {});
        this.#journal += text;
        const { length: end } = this.#journal;
        return new Promise((resolve) => {
          world.clock.after(world.random.magnitude(0.1, 20), () => {
            if (!isAlive()) return;
            if (world.defect !== 'fsync-skipped') this.#flushedLength = end;
            world.isUnsettled = true;
            resolve();
          });
        });
      },
      close: async () => {},
    };
  }

  beginCheckpoint(checkpoint: Checkpoint): void {
    this.#writing = checkpoint;
  }

  endCheckpoint(): void {
    this.#checkpoints.push(this.#writing!);
    this.#writing = undefined;
  }

  /** What can be read of metrics.jsonl. */
  get metrics(): string[] {
    return this.#metrics.split('\n').filter((line) => /^\[\d+\]$/.test(line));
  }

  beginLine(line: string): void {
    this.#line = `[${line}]\n`;
  }

  endLine(): void {
    this.#metrics += this.#line!;
    this.#line = undefined;
  }

  /** A process begins to write: what is torn is a line of its own. */
  openMetrics(): void {
    if (!/(^|\n)$/.test(this.#metrics)) this.#metrics += '\n';
  }

  /** The machine fails: of what was not flushed anything may be left. */
  crash(): void {
    const { random } = this.#world;
    const kept = this.#flushedLength + random.below(this.#journal.length - this.#flushedLength + 1);
    const rubbish = random.chance(0.3) ? '\0'.repeat(this.#journal.length - kept) : '';
    this.#journal = this.#journal.slice(0, kept) + rubbish;
    // Renamed, and nobody was told yet.
    if (this.#writing && random.chance(0.5)) this.#checkpoints.push(this.#writing);
    this.#writing = undefined;
    if (this.#line) this.#metrics += this.#line.slice(0, random.below(this.#line.length + 1));
    this.#line = undefined;
  }
}
