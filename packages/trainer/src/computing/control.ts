// The words in shared memory by which the main thread directs compute threads: a command and what it is
// about, the committed step, requests to stop. Steps are never synchronised by messages.
import { BARRIER_WORDS, Barrier } from '@lockstep/collective';
import { CONTROL_BYTES, type StepBoard } from '@lockstep/core/internal';

const COMMAND_NUMBER = 0;
const COMMAND = 1;
const TARGET_STEP = 2;
const COMMITTED_STEP = 3;
const STOP = 4;
const NON_FINITE = 5;
const NEXT_CHUNK = 6;
const END_CHUNK = 7;
const SUM_ADDRESS = 8;
const COMPUTES = 9;
const CALLED = 10;
const CALLS = 11;
const PAUSE = 12;
const COMPUTING = 13;
const BARRIER = 16;
/** Byte offset of the float64 sums of the last step: loss, samples. */
const SUMS_BYTES = CONTROL_BYTES / 2;

/**
 * `train` takes steps to a target; `advance` finishes a step with others' sum and computes the shards of the next one;
 * `assign` takes another plan from the port.
 */
export type Command = 'train' | 'advance' | 'assign' | 'evaluate' | 'exit';
const COMMANDS: readonly Command[] = ['train', 'advance', 'assign', 'evaluate', 'exit'];

/** What a command is about. */
export interface CommandDetails {
  /** Of `train`. */
  readonly targetStep?: number;
  /** Of `advance`: byte address of the batch's whole sum, with which to finish the step first; 0 for none. */
  readonly sumAddress?: number;
  /** Of `advance`: whether to compute the shards of the step then. */
  readonly computes?: boolean;
  /** Of `evaluate`: chunks [first, end) of the plan's. */
  readonly firstChunk?: number;
  readonly endChunk?: number;
}

/** A view of the control words; every thread makes its own over the same memory. */
export class Control implements StepBoard {
  readonly #words: Int32Array;
  readonly #sums: Float64Array;

  constructor(memory: WebAssembly.Memory, address: number) {
    this.#words = new Int32Array(memory.buffer, address, CONTROL_BYTES / 8);
    this.#sums = new Float64Array(memory.buffer, address + SUMS_BYTES, 2);
  }

  /** @param mostLooks see Barrier */
  barrier(parties: number, mostLooks?: number): Barrier {
    const words = this.#words.subarray(BARRIER, BARRIER + BARRIER_WORDS);
    return new Barrier(words, parties, mostLooks);
  }

  /** The number of the last command that was given. */
  get commandNumber(): number {
    return Atomics.load(this.#words, COMMAND_NUMBER);
  }

  /**
   * Gives threads [0, called) a command; the others rest. Only while all that were called before wait for one.
   *
   * @returns its number
   */
  give(command: Command, called: number, details: CommandDetails = {}): number {
    Atomics.store(this.#words, COMMAND, COMMANDS.indexOf(command));
    Atomics.store(this.#words, TARGET_STEP, details.targetStep ?? 0);
    Atomics.store(this.#words, SUM_ADDRESS, details.sumAddress ?? 0);
    Atomics.store(this.#words, COMPUTES, details.computes ? 1 : 0);
    Atomics.store(this.#words, NEXT_CHUNK, details.firstChunk ?? 0);
    Atomics.store(this.#words, END_CHUNK, details.endChunk ?? 0);
    Atomics.store(this.#words, COMPUTING, called);
    Atomics.store(this.#words, PAUSE, 0);
    this.forgetNonFinite();
    // Who is to rest must see that when it sees the number; who is called from its rest must see the number when it sees that.
    const before = Atomics.load(this.#words, CALLED);
    Atomics.store(this.#words, CALLED, Math.min(before, called));
    const number = Atomics.add(this.#words, COMMAND_NUMBER, 1) + 1;
    Atomics.notify(this.#words, COMMAND_NUMBER);
    if (called <= before) return number;
    Atomics.store(this.#words, CALLED, called);
    Atomics.add(this.#words, CALLS, 1);
    Atomics.notify(this.#words, CALLS);
    return number;
  }

  /** Whether the last command is for a thread that waited for one. */
  calls(thread: number): boolean {
    return thread < Atomics.load(this.#words, CALLED);
  }

  /** How many threads the last command was given to, as those see it who were called. */
  get computing(): number {
    return Atomics.load(this.#words, COMPUTING);
  }

  /** Blocks the calling thread until there is a command after number `seen`, for whomever. */
  awaitCommand(seen: number): void {
    while (this.commandNumber === seen) Atomics.wait(this.#words, COMMAND_NUMBER, seen);
  }

  /** Blocks the calling thread, however many commands are given meanwhile, until one is for it. */
  awaitCall(thread: number): void {
    for (;;) {
      const calls = Atomics.load(this.#words, CALLS);
      if (this.calls(thread)) return;
      Atomics.wait(this.#words, CALLS, calls);
    }
  }

  /** The last command, as those see it who were called. */
  get command(): Command {
    return COMMANDS[Atomics.load(this.#words, COMMAND)]!;
  }

  get targetStep(): number {
    return Atomics.load(this.#words, TARGET_STEP);
  }

  /** Where there are no threads to give the command `train`. */
  begin(targetStep: number): void {
    Atomics.store(this.#words, TARGET_STEP, targetStep);
    Atomics.store(this.#words, PAUSE, 0);
    this.forgetNonFinite();
  }

  /** Steps whose result is published. The one store that makes a step count. */
  get committedStep(): number {
    return Atomics.load(this.#words, COMMITTED_STEP);
  }

  commit(step: number): void {
    Atomics.store(this.#words, COMMITTED_STEP, step);
  }

  /** Commits a step that was taken, and makes it the command's last if that was asked for. By one thread, between steps. */
  publish(step: number): void {
    this.commit(step);
    if (this.#ends) Atomics.store(this.#words, TARGET_STEP, step);
  }

  /** Asks the threads to end the command after the step they are at, so that it can be given again, or to others. */
  requestPause(): void {
    Atomics.store(this.#words, PAUSE, 1);
  }

  /** Whether the last command of steps ended before `targetStep` for no other reason than that. */
  isPausedBefore(targetStep: number): boolean {
    const isStopped = Atomics.load(this.#words, STOP) || this.isNonFinite;
    return !isStopped && this.#ends && this.committedStep < targetStep;
  }

  get #ends(): boolean {
    return Atomics.load(this.#words, STOP) !== 0 || Atomics.load(this.#words, PAUSE) !== 0;
  }

  /** Asks the threads to stop after the step they are at. */
  requestStop(): void {
    Atomics.store(this.#words, STOP, 1);
  }

  reportNonFinite(): void {
    Atomics.store(this.#words, NON_FINITE, 1);
  }

  forgetNonFinite(): void {
    Atomics.store(this.#words, NON_FINITE, 0);
  }

  get isNonFinite(): boolean {
    return Atomics.load(this.#words, NON_FINITE) === 1;
  }

  /** Of `advance`; unsigned, as addresses may have the highest bit set. */
  get sumAddress(): number {
    return Atomics.load(this.#words, SUM_ADDRESS) >>> 0;
  }

  get computes(): boolean {
    return Atomics.load(this.#words, COMPUTES) === 1;
  }

  /** The next chunk that nobody has taken; undefined if all are. Who evaluates a chunk cannot change its sums. */
  takeChunk(): number | undefined {
    const chunk = Atomics.add(this.#words, NEXT_CHUNK, 1);
    return chunk < Atomics.load(this.#words, END_CHUNK) ? chunk : undefined;
  }

  setLastSums(loss: number, samples: number): void {
    this.#sums[0] = loss;
    this.#sums[1] = samples;
  }

  /** Loss sum of the last step's samples, and their number. For display: it may be a step ahead. */
  get lastSums(): { loss: number; samples: number } {
    return { loss: this.#sums[0]!, samples: this.#sums[1]! };
  }
}
