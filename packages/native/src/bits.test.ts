import { wasm } from '@lockstep/kernels';
import { differingKernels } from '@lockstep/kernels/bits';
import { describe, expect, test } from 'vitest';
import { loadNative, nativeBackend } from './index.js';

const loaded = loadNative();

/** Where no compiler was, there is nothing to test. */
describe.skipIf(!loaded.module)('the compiled kernels', () => {
  const lanes = loaded.module?.lanes ?? [];

  test.each(lanes)('of %i lanes give the bits of the arithmetic', async (width) => {
    expect(await differingKernels(nativeBackend(width))).toEqual([]);
  });

  test.each(lanes)('of %i lanes give in a sequence what they give by themselves', (width) => {
    const memory = wasm.createMemory(65536);
    const floats = new Float32Array(memory.buffer);
    const kernels = nativeBackend(width).kernels(memory);
    const sequence = kernels.sequence!([
      { kernel: 'fill', arguments: [1024, 3, 2] },
      { kernel: 'scale', arguments: [1024, 2, 0.5] },
      { kernel: 'bytesToFloats', arguments: [2048, 1024, 4] },
      { kernel: 'neg', arguments: [1024, 1024, 3] },
    ]);
    sequence.run();
    expect([...floats.subarray(256, 260)]).toEqual([-1, -1, -2, 0]);
    sequence.set(3, 2, 1);
    sequence.set(0, 2, 4);
    sequence.run();
    expect([...floats.subarray(256, 260)]).toEqual([-2, 2, 4, 0]);
  });

  test.each(lanes)('of %i lanes say by themselves and in a sequence what they found', (width) => {
    const memory = wasm.createMemory(65536);
    const floats = new Float32Array(memory.buffer);
    const kernels = nativeBackend(width).kernels(memory);
    const sequence = kernels.sequence!([
      { kernel: 'fill', arguments: [1024, 5, 1.5] },
      { kernel: 'allFinite', arguments: [2048, 3] },
      { kernel: 'allFinite', arguments: [1024, 5] },
      { kernel: 'sumSquares', arguments: [3072, 4] },
    ]);
    expect(sequence.run()).toBe(true);
    expect(kernels.sumSquares(1024, 5)).toBe(11.25);
    expect(kernels.allFinite(1024, 5)).toBe(1);
    floats[512] = Number.NaN;
    expect(sequence.run()).toBe(false);
    expect(kernels.allFinite(2048, 3)).toBe(0);
    floats[512] = 0;
    expect(sequence.run()).toBe(true);
  });

  test.each(lanes)('multiply and add in %i lanes at a rate that can be timed', (width) => {
    expect(loaded.module!.peak(width, 1000)).toBe(1000 * 2 * 10 * width);
    expect(() => loaded.module!.peak(3, 1)).toThrow('no such lanes');
  });

  test('an address outside the memory is refused where it is bound', () => {
    const memory = wasm.createMemory(65536);
    const kernels = nativeBackend(lanes[0]!).kernels(memory);
    expect(() => kernels.fill(65536, 1, 0)).toThrow('fill: address 65536 is outside');
    expect(() => kernels.sequence!([{ kernel: 'neg', arguments: [-4, 0, 1] }])).toThrow(
      'neg: address -4',
    );
  });

  test.each([Uint8Array, Float32Array])(
    'copy rows of a dataset, and none that it has not',
    (Values) => {
      const memory = wasm.createMemory(65536);
      const dataset = new Values([...Array(5 * 7).keys()]);
      const rowBytes = 7 * dataset.BYTES_PER_ELEMENT;
      const copy = nativeBackend(lanes[0]!).kernels(memory).rowCopier!(dataset, rowBytes);
      const order = Uint32Array.of(4, 0, 3, 3, 1, 2, 5);
      copy(order, 1, 4, 2048);
      const copied = new Values(memory.buffer, 2048, 28);
      expect([...copied]).toEqual(
        [0, 3, 3, 1].flatMap((row) => [...dataset.subarray(7 * row, 7 * row + 7)]),
      );
      copy(undefined, 3, 2, 2048);
      expect([...copied.subarray(0, 14)]).toEqual([...dataset.subarray(21)]);
      copy(undefined, 5, 0, 2048);
      expect(() => copy(undefined, 4, 2, 2048)).toThrow('no such row');
      expect(() => copy(order, 6, 1, 2048)).toThrow('no such row');
      expect(() => copy(order, 5, 3, 2048)).toThrow('not so many numbers');
      expect(() => copy(order, 0, 2, 65536 - rowBytes)).toThrow('outside the memory');
    },
  );
});
