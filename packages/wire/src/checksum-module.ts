// The loop of the checksum as a WebAssembly module, since JavaScript has no vectors: 64 bytes at a time, sixteen lanes of 32
// bits in four registers. It is so small that it is written out here, instruction by instruction, and needs no compiler.
// What it computes is in checksum.ts; that it computes that is tested against plain TypeScript.
import { encodeModule, I32, op, V128 } from '@lockstep/formats/wasm';

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

/** The module: one page of memory, `memory`, and `take(at, end)`: takes the blocks from byte `at` up to byte `end`, at least one. */
export const CHECKSUM_MODULE = encodeModule({
  hasMemory: true,
  name: 'take',
  type: { parameters: [I32, I32], results: [] },
  locals: [[1 + VECTORS.length, V128]],
  body: [
    ...[...op.i32Const(FACTOR), ...op.i32x4Splat, ...op.localSet(FACTORS)],
    ...VECTORS.flatMap((v) => [
      ...[...op.i32Const(0), ...op.v128Load(v * VECTOR_BYTES), ...op.localSet(LANES + v)],
    ]),
    ...op.loop([
      ...VECTORS.flatMap((v) => [
        ...[...op.localGet(LANES + v), ...op.localGet(AT), ...op.v128Load(v * VECTOR_BYTES)],
        ...[...op.v128Xor, ...op.localGet(FACTORS), ...op.i32x4Mul, ...op.localTee(LANES + v)],
        ...[...op.localGet(LANES + v), ...op.i32Const(SHIFT), ...op.i32x4ShiftRightU],
        ...[...op.v128Xor, ...op.localSet(LANES + v)],
      ]),
      ...[...op.localGet(AT), ...op.i32Const(BLOCK_BYTES), ...op.i32Add, ...op.localTee(AT)],
      ...[...op.localGet(END), ...op.i32LessU, ...op.repeatIf],
    ]),
    ...VECTORS.flatMap((v) => [
      ...[...op.i32Const(0), ...op.localGet(LANES + v), ...op.v128Store(v * VECTOR_BYTES)],
    ]),
  ],
});
