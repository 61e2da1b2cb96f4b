// Where a case of the bits suite runs its kernel: it draws inputs, makes room for outputs, and takes down the bits of all
// of them after each call, with what was returned. Draws depend on nothing but their number within the case.
// NaNs are taken down as one, since neither WebAssembly nor C says which they are.
import type { Backend } from '../backend.js';
import type { Kernels } from '../contract/kernels.js';
import { type Arena, createArena, Span } from './arena.js';
import { EDGES, randomFloats, randomInts } from './values.js';

const NAN_BITS = 0x7fc00000;

/** Calls of each kernel that a quick lab runs. */
const QUICK_CALLS = 3;

/** Thrown by `done` when a quick lab has seen enough of a kernel; no error, whose stack would cost more than the calls. */
const ENOUGH = Symbol('enough');

export class Lab {
  readonly kernels: Kernels;
  /** Whether some calls of each kernel will do. */
  readonly isQuick: boolean;
  readonly #arena: Arena;
  #drawn = 0;
  #floats: Span[] = [];
  #words: Span[] = [];
  #taken: Uint8Array[] = [];

  #calls = 0;

  /** @param memory to use, made by the backend or one of its kind; left out, one of its own */
  constructor(backend: Backend, isQuick = false, memory?: WebAssembly.Memory) {
    this.#arena = createArena(backend, memory);
    this.kernels = this.#arena.kernels;
    this.isQuick = isQuick;
  }

  /** Has a kernel's case run; what it leaves is there to be taken. */
  run(kernelCase: (lab: Lab) => void): void {
    try {
      kernelCase(this);
    } catch (error) {
      if (error !== ENOUGH) throw error;
    }
  }

  /** n floats in [-spread, spread]. */
  draw(n: number, spread = 4): Float32Array {
    return randomFloats(n, this.#drawn++, spread);
  }

  /** Where such floats lie. */
  floats(n: number, spread = 4): number {
    return this.put(this.draw(n, spread));
  }

  /** As `floats`, with zeros, subnormals, infinities and NaN among them. */
  awkward(n: number): number {
    const values = this.draw(n, 100);
    for (let i = 0; i < n; i++) {
      if (i % 3 !== 2) values[i] = EDGES[(5 * i + this.#drawn) % EDGES.length]!;
    }
    return this.put(values);
  }

  put(values: ArrayLike<number>): number {
    return this.#float(this.#arena.put(values));
  }

  /** Whole numbers in [0, below), as i32. */
  integers(n: number, below: number): number {
    return this.#word(this.#arena.putInts(randomInts(n, this.#drawn++, below)));
  }

  /** These whole numbers, as i32. */
  putWords(values: ArrayLike<number>): number {
    return this.#word(this.#arena.putInts(values));
  }

  /** Bytes at an address that is no multiple of 4; a share of them is 0. */
  bytes(n: number, zeros = 0): number {
    const span = this.#arena.room(Math.ceil((n + 3) / 4) + 1);
    const bytes = new Uint8Array(this.#arena.memory.buffer, span.at + 3, n);
    const draws = randomInts(n, this.#drawn++, 1000);
    for (let i = 0; i < n; i++) bytes[i] = draws[i]! < 1000 * zeros ? 0 : 1 + (draws[i]! % 255);
    this.#word(span);
    return span.at + 3;
  }

  /** Room for n floats. */
  room(n: number): number {
    return this.#float(this.#arena.room(n));
  }

  /** Room for n words that are no floats. */
  words(n: number): number {
    return this.#word(this.#arena.room(n));
  }

  /** Room that does not count, but for what `take` takes of it. */
  scratch(n: number): number {
    return this.#arena.room(n).at;
  }

  /** Words that count, of room that does not. */
  take(at: number, n: number): void {
    this.#words.push(new Span(this.#arena.memory, at, n));
  }

  /** The kernel was called: takes the bits down, and forgets its inputs and outputs. */
  done(...returned: number[]): void {
    this.#arena.check();
    for (const { u32 } of this.#floats) this.#keep(withOneNaN(u32.slice()));
    for (const { u32 } of this.#words) this.#keep(u32.slice());
    this.#keep(Float64Array.from(returned));
    this.#floats = [];
    this.#words = [];
    this.#arena.reset();
    this.#calls++;
    if (this.isQuick && this.#calls >= QUICK_CALLS) throw ENOUGH;
  }

  /** What was taken down since the last call. */
  taken(): readonly Uint8Array[] {
    const taken = this.#taken;
    this.#taken = [];
    this.#drawn = 0;
    this.#calls = 0;
    return taken;
  }

  /** SHA-256 of what was taken down since the last call, in hex. */
  async digest(): Promise<string> {
    const bytes = new Uint8Array(await new Blob([...this.taken()] as BlobPart[]).arrayBuffer());
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
    return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
  }

  #float(span: Span): number {
    this.#floats.push(span);
    return span.at;
  }

  #word(span: Span): number {
    this.#words.push(span);
    return span.at;
  }

  #keep({ buffer, byteOffset, byteLength }: Uint32Array | Float64Array): void {
    this.#taken.push(new Uint8Array(buffer, byteOffset, byteLength));
  }
}

/** Bits of floats, in place: every NaN becomes the same. */
function withOneNaN(bits: Uint32Array): Uint32Array {
  for (let i = 0; i < bits.length; i++) {
    if ((bits[i]! & 0x7fffffff) > 0x7f800000) bits[i] = NAN_BITS;
  }
  return bits;
}
