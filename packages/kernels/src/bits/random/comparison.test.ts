import { expect, test } from 'vitest';
import type { Backend } from '../../backend.js';
import type { KernelName, Kernels } from '../../contract/kernels.js';
import { signatures } from '../../signatures.generated.js';
import { wasm } from '../../wasm.js';
import { CASES } from './cases/all.js';
import { Comparison, firstDifferingCase } from './comparison.js';

const KERNELS = Object.keys(signatures) as KernelName[];

/** The WebAssembly kernels but for some. */
function backendWith(
  change: (kernels: Kernels, memory: WebAssembly.Memory) => Partial<Kernels>,
): Backend {
  return {
    ...wasm,
    name: 'changed',
    kernels(memory) {
      const kernels = wasm.kernels(memory);
      return { ...kernels, ...change(kernels, memory) };
    },
  };
}

function found(
  kernel: KernelName,
  change: (kernels: Kernels, memory: WebAssembly.Memory) => Partial<Kernels>,
): string | undefined {
  return firstDifferingCase(new Comparison(wasm, [backendWith(change)]), kernel, 1, 500);
}

test('every kernel has cases, and differs in none from itself, whatever its scratch holds', () => {
  expect(Object.keys(CASES).sort()).toEqual([...KERNELS].sort());
  const comparison = new Comparison(wasm, [wasm]);
  for (const kernel of KERNELS) {
    expect(firstDifferingCase(comparison, kernel, 1, 20)).toBeUndefined();
  }
});

test('the last bit of the last element of one length is seen, and its case can be repeated alone', () => {
  const change = (kernels: Kernels, memory: WebAssembly.Memory): Partial<Kernels> => ({
    exp(out, a, n) {
      kernels.exp(out, a, n);
      if (n === 33) new Uint32Array(memory.buffer, out, n)[32]! ^= 1;
    },
  });
  const first = found('exp', change);
  expect(first).toMatch(
    /^exp, seed 1, case \d+: element 32 of 33 at \d+ is 0x.* by changed, 0x.* by wasm\n {2}exp\(out \d+, a \d+, n 33\)$/,
  );
  const number = Number(/case (\d+)/.exec(first!)![1]);
  const comparison = new Comparison(wasm, [backendWith(change)]);
  expect(comparison.run({ kernel: 'exp', seed: 1, number })).toBe(first);
  expect(comparison.run({ kernel: 'exp', seed: 2, number })).not.toBe(first);
});

test('a word behind an output is seen', () => {
  expect(
    found('fill', ({ fill }) => ({ fill: (out, n, value) => fill(out, n + 1, value) })),
  ).toMatch(/^fill, .* outside of all arrays/);
});

test('another number that is returned is seen', () => {
  expect(
    found('sumSquares', ({ sumSquares }) => ({
      sumSquares: (g, n) => sumSquares(g, n) * (1 + 2 ** -52),
    })),
  ).toMatch(/^sumSquares, .* changed returns/);
});

test('what depends on the words that lay in scratch is seen', () => {
  expect(
    found('matmulTransposed', ({ matmulTransposed }, memory) => ({
      matmulTransposed(out, a, d, m, p, rows, scratch) {
        const [before] = new Float32Array(memory.buffer, scratch, 1);
        matmulTransposed(out, a, d, m, p, rows, scratch);
        if (m && p && before !== 1) new Float32Array(memory.buffer, out, 1)[0] = before!;
      },
    })),
  ).toMatch(/^matmulTransposed, /);
});

test('which NaN it is makes no difference', () => {
  expect(
    found('neg', ({ neg }, memory) => ({
      neg(out, a, n) {
        neg(out, a, n);
        const words = new Uint32Array(memory.buffer, out, n);
        for (let i = 0; i < n; i++)
          if ((words[i]! & 0x7fffffff) > 0x7f800000) words[i] = 0xffc01234;
      },
    })),
  ).toBeUndefined();
});
