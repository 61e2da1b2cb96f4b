import { expect, test } from 'vitest';
import { ARITHMETIC } from '../arithmetic.js';
import type { Backend } from '../backend.js';
import type { Kernels } from '../contract/kernels.js';
import { wasm } from '../wasm.js';
import { differingKernels } from './digest-bits.js';

/** The WebAssembly kernels but for one. */
function backendWith(
  change: (kernels: Kernels, memory: WebAssembly.Memory) => Partial<Kernels>,
): Backend {
  return {
    ...wasm,
    kernels(memory) {
      const kernels = wasm.kernels(memory);
      return { ...kernels, ...change(kernels, memory) };
    },
  };
}

test('the WebAssembly kernels have the bits of their arithmetic: if not, it needs another name', async () => {
  expect(ARITHMETIC).toBe('lockstep-1');
  expect(await differingKernels(wasm)).toEqual([]);
});

test('a kernel that differs in the last bit of one element is found', async () => {
  const backend = backendWith((kernels, memory) => ({
    exp(out, a, n) {
      kernels.exp(out, a, n);
      if (n === 257) new Uint32Array(memory.buffer, out, n)[200]! ^= 1;
    },
    sumSquares: (g, n) => kernels.sumSquares(g, n) * (1 + 2 ** -52),
  }));
  expect(await differingKernels(backend)).toEqual(['exp', 'sumSquares']);
});

test('which NaN it is makes no difference', async () => {
  const backend = backendWith((kernels, memory) => ({
    log(out, a, n) {
      kernels.log(out, a, n);
      const floats = new Float32Array(memory.buffer, out, n);
      const words = new Uint32Array(memory.buffer, out, n);
      for (let i = 0; i < n; i++) if (Number.isNaN(floats[i])) words[i] = 0xffc01234;
    },
  }));
  expect(await differingKernels(backend)).toEqual([]);
});

test('a kernel that writes outside its output is an error', async () => {
  const backend = backendWith((kernels) => ({
    fill: (out, n, value) => kernels.fill(out, n + 1, value),
  }));
  await expect(differingKernels(backend)).rejects.toThrow(/outside its output/);
});
