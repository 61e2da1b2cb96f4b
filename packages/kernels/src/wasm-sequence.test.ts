import { expect, test } from 'vitest';
import { heapBase } from './backend.js';
import type { KnownCall } from './contract/kernels.js';
import { callOneByOne } from './sequence.js';
import { wasm } from './wasm.js';

const BYTES = 1 << 16;
/** Far more than it takes until a sequence becomes a module. */
const RUNS = 20_000;

/** Kernels over a memory that holds numbers, and its floats. */
function begin() {
  const memory = wasm.createMemory(BYTES);
  const floats = new Float32Array(memory.buffer, heapBase, 3000);
  for (let i = 0; i < floats.length; i++) floats[i] = 1 + i / 7;
  return { kernels: wasm.kernels(memory), floats };
}

/** One of each sort of parameter: addresses, whole numbers below and above 0, fractions, scalars of an update, results. */
const CALLS: readonly KnownCall[] = [
  { kernel: 'leakyRelu', arguments: [heapBase + 400, heapBase, 5, -0.1] },
  { kernel: 'sum', arguments: [heapBase + 8000, heapBase + 400, 1, 5, 1] },
  {
    kernel: 'sub',
    arguments: [
      ...[heapBase + 500, heapBase + 36, heapBase, 1, 1, 1, 1, 2, 5],
      ...[0, 0, 0, 0, 5, -1, 0, 0, 0, 0, 0, 1],
    ],
  },
  {
    kernel: 'sgd',
    arguments: [heapBase + 600, heapBase + 500, 4096, heapBase + 8000, 0, 9, heapBase + 3000],
  },
  { kernel: 'sumSquares', arguments: [heapBase + 600, 9] },
];

test('a sequence gives the same bits when it has become a module as when its calls are made one by one', () => {
  const [one, all] = [begin(), begin()];
  const oneByOne = callOneByOne(one.kernels, CALLS);
  const sequence = all.kernels.sequence!(CALLS);
  for (let run = 0; run < RUNS; run++) sequence.run();
  oneByOne.run();
  expect(all.floats).toEqual(one.floats);
  for (const [at, value] of [0.5, Number.MIN_VALUE, -3.25].entries()) {
    for (const { floats } of [one, all]) floats[at] = value;
  }
  sequence.run();
  oneByOne.run();
  expect(all.floats).toEqual(one.floats);
});

test('an argument that is changed counts from then on, before and after the sequence has become a module', () => {
  const { kernels, floats } = begin();
  const sequence = kernels.sequence!([{ kernel: 'fill', arguments: [heapBase, 2, 1] }]);
  const seen: number[] = [];
  for (const value of [1, 2, 3]) {
    sequence.set(0, 2, value);
    sequence.run();
    seen.push(floats[0]!);
    for (let run = 0; run < 2 * RUNS; run++) sequence.run();
    floats[0] = 0;
    sequence.run();
    seen.push(floats[0]!);
  }
  expect(seen).toEqual([1, 1, 2, 2, 3, 3]);
});

test('addresses above 2 GiB are those of a module, too', () => {
  const memory = wasm.createMemory(2 ** 31 + BYTES);
  const floats = new Float32Array(memory.buffer, 2 ** 31, 100);
  const sequence = wasm.kernels(memory).sequence!([
    { kernel: 'fill', arguments: [2 ** 31 + 64, 3, 1.5] },
  ]);
  for (let run = 0; run < 2 * RUNS; run++) sequence.run();
  floats.fill(0);
  sequence.run();
  expect([...floats.subarray(15, 20)]).toEqual([0, 1.5, 1.5, 1.5, 0]);
});

test('a sequence says that a kernel found something not finite, before and after it has become a module', () => {
  const { kernels, floats } = begin();
  const sequence = kernels.sequence!([
    { kernel: 'allFinite', arguments: [heapBase, 4] },
    { kernel: 'allFinite', arguments: [heapBase + 16, 4] },
    { kernel: 'sumSquares', arguments: [heapBase + 4000, 0] },
  ]);
  const said: boolean[] = [];
  for (const runs of [0, RUNS]) {
    for (let run = 0; run < runs; run++) sequence.run();
    for (const at of [2, 5]) {
      said.push(sequence.run());
      const before = floats[at]!;
      floats[at] = Number.NaN;
      said.push(sequence.run());
      floats[at] = before;
    }
  }
  expect(said).toEqual([true, false, true, false, true, false, true, false]);
});
