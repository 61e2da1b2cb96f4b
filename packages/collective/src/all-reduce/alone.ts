// One worker that has all shards: its own block is the sum, and nothing is sent.
import type { AllReduce, AllReduceMemory, AllReduceMethod, AllReduceShape } from './all-reduce.js';
import { viewOf } from './payload.js';
import { unexpected } from './two-steps.js';

export const alone: AllReduceMethod = {
  name: 'alone',
  topology: 'alone',
  suits: () => true,
  sendsEarly: false,
  memoryBytes: () => 0,
  largestMessage: () => 0,
  sentBytes: () => 0,
  start: (shape, place) => new Alone(shape, place),
};

class Alone implements AllReduce {
  readonly root: number;
  readonly #blocks: number;
  readonly #sum: Uint8Array;
  #complete = false;

  constructor({ floats }: AllReduceShape, { memory, own }: AllReduceMemory) {
    this.root = own[0]!.address;
    this.#blocks = own.length;
    this.#sum = viewOf(new Uint8Array(memory.buffer), this.root, floats);
  }

  get complete(): boolean {
    return this.#complete;
  }

  sum(): Uint8Array {
    return this.#sum;
  }

  begin(_step: number, count = this.#blocks): [] {
    this.#complete = count === this.#blocks;
    return [];
  }

  accept(...[kind, from]: Parameters<AllReduce['accept']>): never {
    throw unexpected(kind, from, 'a worker that is alone');
  }
}
