import { expect, test } from 'vitest';
import { heapBase } from './backend.js';
import { KernelMemoryError, kernelModule, wasm } from './wasm.js';

test('a memory is shared, has whole pages, and cannot grow', () => {
  const memory = wasm.createMemory(65537);
  expect(memory.buffer).toBeInstanceOf(SharedArrayBuffer);
  expect(memory.buffer.byteLength).toBe(2 * 65536);
  expect(() => memory.grow(1)).toThrow(RangeError);
  expect(wasm.createMemory(0).buffer.byteLength).toBe(65536);
});

test('a memory beyond 4 GiB - 64 KiB is refused by a typed error that names the limit', () => {
  for (const bytes of [65535 * 65536 + 1, 2 ** 33, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
    try {
      wasm.createMemory(bytes);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(KernelMemoryError);
      expect((error as KernelMemoryError).code).toBe('kernel-memory');
      expect((error as KernelMemoryError).message).toContain('4294901760');
    }
  }
});

test('the module is compiled once', () => {
  expect(kernelModule()).toBe(kernelModule());
  expect(wasm.hash).toMatch(/^[0-9a-f]{64}$/);
  expect(heapBase % 64).toBe(0);
  expect(heapBase).toBeGreaterThanOrEqual(1024);
});

test('two instances share one memory', () => {
  const memory = wasm.createMemory(65536);
  wasm.kernels(memory).fill(heapBase, 3, 1.5);
  wasm.kernels(memory).addInto(heapBase, heapBase, 3);
  expect([...new Float32Array(memory.buffer, heapBase, 4)]).toEqual([3, 3, 3, 0]);
});

test('addresses above 2 GiB work', () => {
  // Pages that nobody touches cost address space only.
  const memory = wasm.createMemory(2 ** 31 + 2 ** 20);
  const k = wasm.kernels(memory);
  const at = 2 ** 31 + 4;
  const floats = new Float32Array(memory.buffer, at, 100);
  k.fill(at, 20, 2);
  k.add(at + 80, at, at, 1, 1, 1, 1, 4, 5, 0, 0, 0, 0, 5, 1, 0, 0, 0, 0, 0, 1);
  expect([floats[19], floats[20], floats[39], floats[40]]).toEqual([2, 4, 4, 0]);
  k.matmul(at + 160, at, at + 80, 3, 3, 2, 2, 1, 1, 0, 0, 0);
  expect([floats[40], floats[48], floats[49]]).toEqual([16, 16, 0]);
  k.sum(at + 196, at, 1, 10, 1);
  expect(floats[49]).toBe(20);
});
