// A small heap for testing kernels: spans with guard words on both sides, so that a write outside an
// output is seen. Spans start 4 bytes past a 16-byte boundary, so that no kernel can rely on alignment.
// Not for products: nothing is ever freed but all at once.
import { LockstepError } from '@lockstep/errors';
import { type Backend, heapBase } from '../backend.js';
import type { Kernels } from '../contract/kernels.js';

const GUARD = 0xdeadbeef;
const GUARD_WORDS = 5;

/** A view is made when it is asked for: three of each span would take longer than all calls of a self-test. */
export class Span {
  readonly #memory: WebAssembly.Memory;
  readonly #length: number;
  /** Byte address of the first element. */
  readonly at: number;

  constructor(memory: WebAssembly.Memory, at: number, length: number) {
    this.#memory = memory;
    this.#length = length;
    this.at = at;
  }

  get f32(): Float32Array {
    return new Float32Array(this.#memory.buffer, this.at, this.#length);
  }

  get i32(): Int32Array {
    return new Int32Array(this.#memory.buffer, this.at, this.#length);
  }

  get u32(): Uint32Array {
    return new Uint32Array(this.#memory.buffer, this.at, this.#length);
  }
}

export interface Arena {
  readonly kernels: Kernels;
  readonly memory: WebAssembly.Memory;
  /** A guarded span that holds the values. */
  put(values: ArrayLike<number>): Span;
  /** The same, as i32. */
  putInts(values: ArrayLike<number>): Span;
  /** A guarded span of n words filled with a pattern that no kernel writes. */
  room(n: number): Span;
  /** Throws if any guard word was written. Call it after each kernel. */
  check(): void;
  /** Forgets all spans. */
  reset(): void;
}

export function createArena(backend: Backend, memory = backend.createMemory(4 << 20)): Arena {
  const kernels = backend.kernels(memory);
  const words = new Uint32Array(memory.buffer);
  const floats = new Float32Array(memory.buffer);
  const end = words.length;
  let next = heapBase / 4;
  /** Runs of guard words: where each begins and ends. */
  let guards: (readonly [number, number])[] = [];

  const guard = (end: number): void => {
    words.fill(GUARD, next, end);
    guards.push([next, end]);
    next = end;
  };
  const room = (n: number): Span => {
    guard(4 * Math.ceil((next + GUARD_WORDS) / 4) + 1);
    const at = 4 * next;
    if (next + n + GUARD_WORDS > end) {
      throw new LockstepError('internal', `arena: no room for ${n} words`);
    }
    words.fill(GUARD, next, next + n);
    next += n;
    guard(next + GUARD_WORDS);
    return new Span(memory, at, n);
  };
  return {
    kernels,
    memory,
    room,
    put(values) {
      const span = room(values.length);
      floats.set(values, span.at / 4);
      return span;
    },
    putInts(values) {
      const span = room(values.length);
      words.set(values, span.at / 4);
      return span;
    },
    check() {
      for (const [first, end] of guards) {
        for (let i = first; i < end; i++) {
          if (words[i] === GUARD) continue;
          throw new LockstepError('internal', `a kernel wrote outside its output, at ${4 * i}`);
        }
      }
    },
    reset() {
      next = heapBase / 4;
      guards = [];
    },
  };
}
