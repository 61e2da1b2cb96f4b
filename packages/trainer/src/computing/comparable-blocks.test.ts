import type { HeldBlock } from '@lockstep/tree';
import { expect, it } from 'vitest';
import { comparableBlocks } from './comparable-blocks.js';

const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
const floats = new Float32Array(memory.buffer);
const bits = new Uint32Array(memory.buffer);

const bytesOf = (blocks: readonly HeldBlock[], length: number): Buffer =>
  Buffer.concat([...comparableBlocks(memory, blocks, length)]);

it('blocks are compared by their float32, block after block', () => {
  floats.set([1, 2, 3], 16);
  floats.set([-4, 5, 6], 64);
  const blocks = [
    { first: 4, size: 4, address: 256 },
    { first: 8, size: 1, address: 64 },
  ];
  const expected = new Float32Array([-4, 5, 6, 1, 2, 3]);
  expect(bytesOf(blocks, 3)).toEqual(Buffer.from(expected.buffer));
});

it('one flipped bit makes them others, but for those of a NaN', () => {
  const blocks = [{ first: 0, size: 1, address: 0 }];
  floats.set([0, 1, Number.NaN, 2]);
  const before = bytesOf(blocks, 4);
  bits[2] = 0xffc0_0001;
  expect(bytesOf(blocks, 4)).toEqual(before);
  bits[0]! ^= 0x8000_0000;
  expect(bytesOf(blocks, 4)).not.toEqual(before);
});
