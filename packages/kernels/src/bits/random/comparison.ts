// Random cases on several backends, compared to the bit: all words that a case has, inputs and guards included, but for scratch.
// Which NaN it is makes no difference. Scratch holds something else for each backend, so that what depends on it shows.
import type { Backend } from '../../backend.js';
import type { KernelName } from '../../contract/kernels.js';
import { signatures } from '../../signatures.generated.js';
import { CASES } from './cases/all.js';
import { Draw, GUARD, type Place } from './draw.js';

/** Bytes of a memory that any case fits into. */
const BYTES = 2 << 20;
const NAN_BITS = 0x7fc00000;

/** Keeps a kernel within a case's places while it runs; for a backend that can see what is read. */
export interface Fence {
  /** @param end in bytes: nothing behind it belongs to the case */
  close(memory: WebAssembly.Memory, places: readonly Place[], end: number): void;
  open(memory: WebAssembly.Memory, end: number): void;
}

export interface Numbered {
  readonly kernel: KernelName;
  readonly seed: number;
  readonly number: number;
}

type Call = (...given: number[]) => number | undefined;

export class Comparison {
  readonly #backends: readonly Backend[];
  readonly #calls: readonly Readonly<Record<string, Call>>[];
  readonly #fence: Fence | undefined;
  readonly #memory: WebAssembly.Memory;
  readonly #words: Uint32Array;
  readonly #image = new Uint32Array(BYTES >> 2);
  readonly #results: readonly Uint32Array[];

  /** @param tested compared with the reference, one by one */
  constructor(reference: Backend, tested: readonly Backend[], fence?: Fence) {
    this.#backends = [reference, ...tested];
    this.#fence = fence;
    this.#memory = reference.createMemory(BYTES);
    this.#words = new Uint32Array(this.#memory.buffer);
    this.#calls = this.#backends.map(
      (backend) => backend.kernels(this.#memory) as unknown as Record<string, Call>,
    );
    this.#results = this.#backends.map(() => new Uint32Array(BYTES >> 2));
  }

  /** @returns how a tested backend differs from the reference in the case, for people; undefined if none does */
  run({ kernel, seed, number }: Numbered): string | undefined {
    const draw = new Draw(this.#image, hashOf(kernel), seed, number);
    const given: readonly number[] = CASES[kernel](draw);
    const returned = this.#calls.map((calls, i) => this.#call(calls[kernel]!, given, draw, i));
    for (let i = 1; i < this.#backends.length; i++) {
      const how = this.#difference(draw, i, returned);
      if (how === undefined) continue;
      const named = given.map((value, at) => `${parameterOf(kernel, at)} ${value}`);
      return `${kernel}, seed ${seed}, case ${number}: ${how}\n  ${kernel}(${named.join(', ')})`;
    }
    return undefined;
  }

  #call(call: Call, given: readonly number[], draw: Draw, index: number): number | undefined {
    const { places, end } = draw;
    this.#words.set(this.#image.subarray(0, end));
    for (const { at, bytes, counted } of places) {
      if (counted) this.#words.fill(index ? NAN_BITS : GUARD, at >> 2, (at + bytes) >> 2);
    }
    if (index) this.#fence?.close(this.#memory, places, 4 * end);
    const returned = call(...given);
    if (index) this.#fence?.open(this.#memory, 4 * end);
    const result = this.#results[index]!;
    result.set(this.#words.subarray(0, end));
    for (const { at, bytes, counted } of places) {
      if (counted) result.fill(0, (at >> 2) + counted(returned ?? 0), (at + bytes) >> 2);
    }
    return returned;
  }

  #difference(
    { places, end }: Draw,
    index: number,
    returned: readonly (number | undefined)[],
  ): string | undefined {
    const [expected, given] = [this.#results[0]!, this.#results[index]!];
    const [reference, tested] = [this.#backends[0]!.name, this.#backends[index]!.name];
    for (let i = 0; i < end; i++) {
      if (expected[i] === given[i] || (isNaNBits(expected[i]!) && isNaNBits(given[i]!))) continue;
      const place = places.find(({ at, bytes }) => 4 * i + 4 > at && 4 * i < at + bytes);
      const where = place
        ? `element ${i - (place.at >> 2)} of ${place.bytes >> 2} at ${place.at}`
        : `outside of all arrays, at ${4 * i},`;
      return `${where} is ${show(given[i]!)} by ${tested}, ${show(expected[i]!)} by ${reference}`;
    }
    if (Object.is(returned[0], returned[index])) return undefined;
    return `${tested} returns ${returned[index]}, ${reference} ${returned[0]}`;
  }
}

/** @returns the first of the cases in which a backend differs, for people */
export function firstDifferingCase(
  comparison: Comparison,
  kernel: KernelName,
  seed: number,
  count: number,
): string | undefined {
  for (let number = 0; number < count; number++) {
    const found = comparison.run({ kernel, seed, number });
    if (found !== undefined) return found;
  }
  return undefined;
}

function isNaNBits(bits: number): boolean {
  return (bits & 0x7fffffff) > 0x7f800000;
}

/** FNV-1a. */
function hashOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

function parameterOf(kernel: KernelName, at: number): string {
  return signatures[kernel][at]!.split(':')[0]!;
}

function show(bits: number): string {
  const float = new Float32Array(Uint32Array.of(bits).buffer)[0]!;
  return `0x${bits.toString(16).padStart(8, '0')} (${Object.is(float, -0) ? '-0' : float})`;
}
