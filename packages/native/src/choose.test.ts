// What `auto` rests on: that kernels are compiled where they can be, and that the self-test sees one that is wrong.
import { fileURLToPath } from 'node:url';
import { type Backend, type KernelName, wasm } from '@lockstep/kernels';
import { firstDifference } from '@lockstep/kernels/bits';
import { describe, expect, test } from 'vitest';
import { findCompiler, isOfSources } from '../scripts/compiler.mjs';
import { fastestBackend, loadNative, nativeBackend } from './index.js';
import { nativeFile } from './module.js';

const { module, reason } = loadNative();
const CAN_COMPILE = ['x64', 'arm64'].includes(process.arch) && findCompiler() !== undefined;

/** The other tests of this package skip without compiled kernels; this one does not let them. */
test.skipIf(!CAN_COMPILE)('where there is a compiler of C, the kernels were compiled', () => {
  expect(reason).toBeUndefined();
  expect(isOfSources(nativeFile()!)).toBe(true);
});

test('a module without its record is not known to be of the sources', () => {
  expect(isOfSources(fileURLToPath(import.meta.url))).toBe(false);
});

describe.skipIf(!module?.lanes.length)('with compiled kernels', () => {
  test('the quickest backend is a compiled one', () => {
    const { backend, reason } = fastestBackend();
    expect(reason).toBeUndefined();
    expect(module!.lanes.map((lanes) => `native-${lanes}`)).toContain(backend.name);
    expect(backend.arithmetic).toBe(wasm.arithmetic);
  });

  test('the self-test finds nothing wrong with any width', () => {
    for (const lanes of module!.lanes) {
      expect(firstDifference(nativeBackend(lanes))).toBeUndefined();
    }
  });
});

/** WebAssembly, but one kernel's first float is a bit off. */
function wrongIn(kernel: KernelName): Backend {
  return {
    ...wasm,
    kernels(memory) {
      const kernels = wasm.kernels(memory);
      const words = new Uint32Array(memory.buffer);
      const call = kernels[kernel] as (...given: number[]) => number;
      const wrong = (out: number, ...rest: number[]): number => {
        const returned = call(out, ...rest);
        words[out / 4]! ^= 1;
        return returned;
      };
      return { ...kernels, [kernel]: wrong };
    },
  };
}

test.each(['matmul', 'adam', 'relu', 'convolve', 'attention', 'lstm', 'sparseMatmul'] as const)(
  'the self-test names %s if it is a bit off',
  (kernel) => {
    expect(firstDifference(wrongIn(kernel))).toBe(kernel);
  },
);
