import { expect, test } from 'vitest';
import { isShared, sharedFloat32, sharedInt32, sharedUint8, toShared } from './shared.js';

test('arrays lie in shared memory, have the asked length and are zero', () => {
  for (const array of [sharedUint8(5), sharedInt32(5), sharedFloat32(5)]) {
    expect(array.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect([...array]).toEqual([0, 0, 0, 0, 0]);
  }
});

test('an unshared array is copied with its type and values', () => {
  for (const array of [
    new Uint8Array([1, 255]),
    new Int32Array([-1, 7]),
    new Float32Array([0.5, -0]),
  ]) {
    const copy = toShared(array);
    expect(isShared(array)).toBe(false);
    expect(isShared(copy)).toBe(true);
    expect(copy).toEqual(array);
  }
});

test('a shared array is taken as it is', () => {
  const array = sharedInt32(2);
  expect(toShared(array)).toBe(array);
});

test('without SharedArrayBuffer an ordinary array takes its place', () => {
  const original = globalThis.SharedArrayBuffer;
  try {
    Reflect.deleteProperty(globalThis, 'SharedArrayBuffer');
    const array = sharedFloat32(3);
    expect(array.buffer).toBeInstanceOf(ArrayBuffer);
    expect(isShared(array)).toBe(false);
  } finally {
    globalThis.SharedArrayBuffer = original;
  }
});
