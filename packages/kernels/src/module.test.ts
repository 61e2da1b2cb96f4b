import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { checkKernelModule, readModule } from '../scripts/wasm.mjs';
import { wasmBase64 } from './kernels.generated.js';
import { kernelModule, wasm } from './wasm.js';

const shipped = new Uint8Array(Buffer.from(wasmBase64, 'base64'));

const section = (id: number, ...body: number[]): number[] => [id, body.length, ...body];
const MAGIC = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const TYPE = section(1, 1, 0x60, 0, 0);
/** (import "e" "m" (memory 1 1 shared)) */
const SHARED_MEMORY = section(2, 1, 1, 0x65, 1, 0x6d, 2, 3, 1, 1);
const FUNCTION = section(3, 1, 0);
const V128_CONST = [0xfd, 0x0c, ...Array(16).fill(0)];

/** A module with one function of these instructions (without its end). */
function moduleOf(
  code: number[],
  before: number[] = SHARED_MEMORY,
  after: number[] = [],
): Uint8Array {
  const body = [0, ...code, 0x0b];
  return Uint8Array.from([
    ...MAGIC,
    ...TYPE,
    ...before,
    ...FUNCTION,
    ...section(10, 1, body.length, ...body),
    ...after,
  ]);
}

test('the shipped module imports one shared memory, holds no data and uses no relaxed SIMD', () => {
  expect(() => checkKernelModule(shipped)).not.toThrow();
  const { imports, exports, simd } = readModule(shipped);
  expect(imports).toEqual([
    { module: 'env', name: 'memory', kind: 'memory', shared: true, min: 1, max: 65536 },
  ]);
  expect(exports.every(({ kind }) => kind === 'function')).toBe(true);
  expect(exports.map(({ name }) => name)).toEqual(
    WebAssembly.Module.exports(kernelModule()).map(({ name }) => name),
  );
  // f32x4.mul: the decoder does see the arithmetic.
  expect(simd.filter(({ opcode }) => opcode === 0xe6).length).toBeGreaterThan(100);
});

test('the backend’s hash is the SHA-256 of the shipped bytes', () => {
  expect(createHash('sha256').update(shipped).digest('hex')).toBe(wasm.hash);
});

test('f32x4.relaxed_madd is found and refused', () => {
  const bytes = moduleOf([...V128_CONST, ...V128_CONST, ...V128_CONST, 0xfd, 0x85, 0x02, 0x1a]);
  expect(readModule(bytes).simd.map(({ opcode }) => opcode)).toEqual([12, 12, 12, 0x105]);
  expect(() => checkKernelModule(bytes)).toThrow(/relaxed SIMD opcode 0x105 at byte \d+/);
});

test('the bytes of relaxed_madd inside a constant, a shuffle or an offset are no instruction', () => {
  const disguise = [0xfd, 0x85, 0x02, ...Array(13).fill(0)];
  const bytes = moduleOf([
    ...[0xfd, 0x0c, ...disguise, 0x1a],
    ...[...V128_CONST, ...V128_CONST, 0xfd, 0x0d, ...Array(16).fill(3), 0x1a],
    ...[0x41, 0xfd, 0x85, 0x02, 0x1a],
    ...[0x41, 0, 0xfd, 0x00, 4, 0xfd, 0x85, 0x02, 0x1a],
  ]);
  expect(readModule(bytes).simd.map(({ opcode }) => opcode)).toEqual([12, 12, 12, 13, 0]);
  expect(() => checkKernelModule(bytes)).not.toThrow();
  expect(WebAssembly.validate(bytes as Uint8Array<ArrayBuffer>)).toBe(true);
});

test('branches, calls, loads with lanes, atomics and bulk memory are decoded whole', () => {
  const bytes = moduleOf([
    ...[0x02, 0x40, 0x41, 0, 0x0e, 2, 0, 1, 0, 0x0b], // block, br_table
    ...[0x03, 0x40, 0x41, 0, 0x0d, 0, 0x0b], // loop, br_if
    ...[0x41, 0, 0x04, 0x40, 0x10, 0, 0x05, 0x0b], // if, call, else
    ...[0x41, 0, ...V128_CONST, 0xfd, 0x56, 2, 0, 1, 0x1a], // v128.load32_lane
    ...[...V128_CONST, 0xfd, 0x1f, 3, 0x1a], // f32x4.extract_lane
    ...[0x41, 0, 0xfe, 0x10, 2, 0, 0x1a, 0xfe, 3, 0], // i32.atomic.load, fence
    ...[0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 0x0a, 0, 0], // memory.copy
    ...[0x43, 0, 0, 0, 0, 0xfc, 0, 0x1a, 0x44, 0, 0, 0, 0, 0, 0, 0, 0, 0x1a],
  ]);
  expect(WebAssembly.validate(bytes as Uint8Array<ArrayBuffer>)).toBe(true);
  expect(readModule(bytes).simd.map(({ opcode }) => opcode)).toEqual([12, 0x56, 12, 0x1f]);
});

test('an opcode that is not known is an error, never skipped', () => {
  expect(() => readModule(moduleOf([0xff]))).toThrow(/unknown opcode 0xff/);
  expect(() => readModule(moduleOf([0xfd, 0x9a, 0x01]))).toThrow(/unknown opcode 0xfd 0x9a/);
  expect(() => readModule(moduleOf([0xfd, 0x94, 0x02]))).toThrow(/unknown opcode 0xfd 0x114/);
  expect(() => readModule(moduleOf([0xfc, 0x12]))).toThrow(/unknown opcode 0xfc 0x12/);
  expect(() => readModule(moduleOf([0xfe, 0x4f]))).toThrow(/unknown opcode 0xfe 0x4f/);
});

test('a module cut short at any byte is an error', () => {
  const bytes = moduleOf([...V128_CONST, 0x1a]);
  const whole = [8, 8 + TYPE.length, 8 + TYPE.length + SHARED_MEMORY.length];
  whole.push(whole[2]! + FUNCTION.length, bytes.length);
  for (let length = 0; length < bytes.length; ++length) {
    if (whole.includes(length)) continue;
    expect(() => readModule(bytes.slice(0, length)), `${length} bytes`).toThrow(/wasm: /);
  }
});

test('a further import, an unshared memory, data and a start function are refused', () => {
  const functionImport = section(2, 2, 1, 0x65, 1, 0x6d, 2, 3, 1, 1, 1, 0x65, 1, 0x66, 0, 0);
  expect(() => checkKernelModule(moduleOf([], functionImport))).toThrow(/import e\.f, a function/);
  const unshared = section(2, 1, 1, 0x65, 1, 0x6d, 2, 1, 1, 1);
  expect(() => checkKernelModule(moduleOf([], unshared))).toThrow(/import e\.m, a memory/);
  const own = section(5, 1, 3, 1, 1);
  expect(() => checkKernelModule(moduleOf([], own))).toThrow(/0 imports/);
  const data = section(11, 1, 0, 0x41, 0, 0x0b, 1, 7);
  expect(() => checkKernelModule(moduleOf([], SHARED_MEMORY, data))).toThrow(/1 data segments/);
  const start = [...MAGIC, ...SHARED_MEMORY, ...section(8, 0)];
  expect(() => checkKernelModule(Uint8Array.from(start))).toThrow(/a start function/);
});
