import { expect, test } from 'vitest';
import { wasm } from '../wasm.js';
import { QUICK_BITS } from './quick-bits.js';
import { firstDifference, quickDigests } from './self-test.js';

test('what is recorded of the self-test is what the WebAssembly kernels give', () => {
  expect(quickDigests(wasm)).toEqual(QUICK_BITS);
  expect(firstDifference(wasm)).toBeUndefined();
});

test('a kernel that writes outside its output is named', () => {
  const backend = {
    ...wasm,
    kernels(memory: WebAssembly.Memory) {
      const kernels = wasm.kernels(memory);
      return {
        ...kernels,
        neg: (out: number, a: number, n: number) => kernels.neg(out, a, n + 1),
      };
    },
  };
  expect(firstDifference(backend)).toBe('neg');
});
