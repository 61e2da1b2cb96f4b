// The loop of the checksum as a WebAssembly module, since JavaScript has no vectors: 64 bytes at a time, sixteen lanes of 32
// bits in four registers. It is so small that it is written out here, instruction by instruction, and needs no compiler.
// What it computes is in checksum.ts; that it computes that is tested against plain TypeScript.

/** Sixteen lanes of 4 bytes: a block of the payload, and what is kept between calls, at address 0. */
export const BLOCK_BYTES = 64;
/** What a lane is multiplied by: 2^32 over the golden ratio, odd, so that nothing is lost. */
export const FACTOR = 0x9e3779b1;
export const SHIFT = 15;

const VECTORS = [0, 1, 2, 3];
const VECTOR_BYTES = 16;

// Parameters and locals by their numbers.
const AT = 0;
const END = 1;
const FACTORS = 2;
const LANES = 3;

const V128 = 0x7b;
const I32 = 0x7f;
const simd = (code: number): number[] => [0xfd, ...unsigned(code)];
/** With an alignment of 2^4 bytes. */
const load = (offset: number): number[] => [...simd(0x00), 4, offset];
const store = (offset: number): number[] => [...simd(0x0b), 4, offset];
const get = (local: number): number[] => [0x20, local];
const set = (local: number): number[] => [0x21, local];
const tee = (local: number): number[] => [0x22, local];
const i32 = (value: number): number[] => [0x41, ...signed(value)];
const splat = simd(0x11);
const xor = simd(0x51);
const shiftRight = simd(0xad);
const multiply = simd(0xb5);
const add32 = [0x6a];
const isLess = [0x49];

/** `take(at, end)`: takes the blocks from byte `at` up to byte `end`, of which there is at least one. */
const TAKE = [
  ...i32(FACTOR),
  ...splat,
  ...set(FACTORS),
  ...VECTORS.flatMap((v) => [...i32(0), ...load(v * VECTOR_BYTES), ...set(LANES + v)]),
  ...[0x03, 0x40], // loop
  ...VECTORS.flatMap((v) => [
    ...[...get(LANES + v), ...get(AT), ...load(v * VECTOR_BYTES), ...xor],
    ...[...get(FACTORS), ...multiply, ...tee(LANES + v)],
    ...[...get(LANES + v), ...i32(SHIFT), ...shiftRight, ...xor, ...set(LANES + v)],
  ]),
  ...[...get(AT), ...i32(BLOCK_BYTES), ...add32, ...tee(AT), ...get(END), ...isLess],
  ...[0x0d, 0, 0x0b], // again if it is less
  ...VECTORS.flatMap((v) => [...i32(0), ...get(LANES + v), ...store(v * VECTOR_BYTES)]),
];

/** The module: one page of memory, `memory`, and `take`. */
export const CHECKSUM_MODULE = Uint8Array.from([
  ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...section(1, [[0x60, 2, I32, I32, 0]]),
  ...section(3, [[0]]),
  ...section(5, [[1, 1, 1]]),
  ...section(7, [
    [...text('memory'), 2, 0],
    [...text('take'), 0, 0],
  ]),
  ...section(10, [sized([1, ...unsigned(1 + VECTORS.length), V128, ...TAKE, 0x0b])]),
]);

function section(id: number, entries: readonly (readonly number[])[]): number[] {
  return [id, ...sized([entries.length, ...entries.flat()])];
}

function sized(bytes: readonly number[]): number[] {
  return [...unsigned(bytes.length), ...bytes];
}

function text(name: string): number[] {
  return sized([...new TextEncoder().encode(name)]);
}

/** LEB128. */
function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

function signed(value: number): number[] {
  const low = value & 0x7f;
  const rest = value >> 7;
  const isLast = (rest === 0 && low < 0x40) || (rest === -1 && low >= 0x40);
  return isLast ? [low] : [low | 0x80, ...signed(rest)];
}
