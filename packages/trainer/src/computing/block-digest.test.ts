import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { digestBlocks } from './block-digest.js';

const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
const floats = new Float32Array(memory.buffer);
const bits = new Uint32Array(memory.buffer);

it('the digest of blocks is SHA-256 over their float32, block after block', () => {
  floats.set([1, 2, 3], 16);
  floats.set([-4, 5, 6], 64);
  const blocks = [
    { first: 4, size: 4, address: 256 },
    { first: 8, size: 1, address: 64 },
  ];
  const bytes = new Uint8Array(new Float32Array([-4, 5, 6, 1, 2, 3]).buffer);
  expect(digestBlocks(memory, blocks, 3)).toBe(createHash('sha256').update(bytes).digest('hex'));
});

it('one flipped bit is another digest, but for those of a NaN', () => {
  const blocks = [{ first: 0, size: 1, address: 0 }];
  const digest = () => digestBlocks(memory, blocks, 4);
  floats.set([0, 1, Number.NaN, 2]);
  const before = digest();
  bits[2] = 0xffc0_0001;
  expect(digest()).toBe(before);
  bits[0]! ^= 0x8000_0000;
  expect(digest()).not.toBe(before);
});
