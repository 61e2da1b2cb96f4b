// A small heap for testing kernels: spans with guard words on both sides, so that a write outside an
// output is seen. Spans start 4 bytes past a 16-byte boundary, so that no kernel can rely on alignment.
// Not for products: nothing is ever freed but all at once.
import { LockstepError } from '@lockstep/errors';
import { type Backend, heapBase } from '../backend.js';
import type { Kernels } from '../contract/kernels.js';

const GUARD = 0xdeadbeef;
const GUARD_WORDS = 5;

export interface Span {
  /** Byte address of the first element. */
  readonly at: number;
  readonly f32: Float32Array;
  readonly i32: Int32Array;
  readonly u32: Uint32Array;
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
  const end = words.length;
  let next = heapBase / 4;
  let guards: number[] = [];

  const guard = (end: number): void => {
    for (; next < end; ++next) {
      words[next] = GUARD;
      guards.push(next);
    }
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
    return {
      at,
      f32: new Float32Array(memory.buffer, at, n),
      i32: new Int32Array(memory.buffer, at, n),
      u32: new Uint32Array(memory.buffer, at, n),
    };
  };
  return {
    kernels,
    memory,
    room,
    put(values) {
      const span = room(values.length);
      span.f32.set(values);
      return span;
    },
    putInts(values) {
      const span = room(values.length);
      span.i32.set(values);
      return span;
    },
    check() {
      const broken = guards.find((i) => words[i] !== GUARD);
      if (broken !== undefined)
        throw new LockstepError('internal', `a kernel wrote outside its output, at ${4 * broken}`);
    },
    reset() {
      next = heapBase / 4;
      guards = [];
    },
  };
}
