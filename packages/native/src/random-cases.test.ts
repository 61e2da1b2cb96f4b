// A thousand random cases of every compiled kernel, for each width that the processor has. More of them: `pnpm cases`.
import { type KernelName, wasm } from '@lockstep/kernels';
import { Comparison, firstDifferingCase } from '@lockstep/kernels/bits/random';
import { describe, expect, test } from 'vitest';
import { loadNative, nativeBackend } from './index.js';

const { module } = loadNative();
const SEED = 1;
const CASES = 1000;
/** Convolutions have a tile of its own for each of many shapes. */
const CASES_OF_TILES = 5000;

/** Where no compiler was, there is nothing to test. */
describe.skipIf(!module)('random cases give the bits of WebAssembly', () => {
  describe.each(module?.lanes ?? [])('with %i lanes', (width) => {
    const comparison = new Comparison(wasm, [nativeBackend(width)]);

    test.each<KernelName>(module?.kernels ?? [])('by %s', (kernel) => {
      const cases = kernel.startsWith('convolve') ? CASES_OF_TILES : CASES;
      expect(firstDifferingCase(comparison, kernel, SEED, cases)).toBeUndefined();
    });
  });
});
