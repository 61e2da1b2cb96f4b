// What the harness and a side say to each other: one JSON object a line over the side's stdin and stdout.
// Every command gets exactly one reply, in order. The Python peers speak the same.
import type { Assignment } from './work.js';

export type Command =
  | { readonly do: 'prepare'; readonly assignment: Assignment }
  /** So many steps from the initial weights, in file order. */
  | { readonly do: 'learn'; readonly steps: number }
  /** At least so many timed steps, going on from wherever the weights are, in the epoch's order. */
  | { readonly do: 'run'; readonly steps: number }
  /** The outputs of the first so many samples, so many times. */
  | { readonly do: 'answer'; readonly rows: number; readonly calls: number }
  | { readonly do: 'exit' };

export interface Prepared {
  /** Version and settings, in words. */
  readonly about: string;
  /** Bytes of the run's memory, and of the arenas in it; Lockstep only. */
  readonly memoryBytes?: number;
  readonly arenaBytes?: number;
}

export interface Learned {
  /** Mean loss over the samples, each before the step that learnt from it. */
  readonly loss: number;
  /** What computed it; Lockstep only: `wasm`, `native-8`, `native-16`. */
  readonly kernels?: string;
}

export interface Ran {
  readonly steps: number;
  readonly seconds: number;
}

export interface Answered {
  /** Of all calls. */
  readonly seconds: number;
  /** Of the first sample. */
  readonly outputs: readonly number[];
}

export interface Exited {
  /** Largest resident size of the side's process. */
  readonly peakBytes: number;
}

export interface Replies {
  readonly prepare: Prepared;
  readonly learn: Learned;
  readonly run: Ran;
  readonly answer: Answered;
  readonly exit: Exited;
}

export interface Failure {
  readonly error: string;
}

/** One contender inside its own process. */
export interface Side {
  prepare(assignment: Assignment): Promise<Prepared>;
  learn(steps: number): Promise<Learned>;
  run(steps: number): Promise<Ran>;
  /** Left out by sides that only train. */
  answer?(rows: number, calls: number): Promise<Answered>;
  close(): Promise<void>;
}
