// Copies of payloads to shared memory, wherever they lie.
import { expect, test } from 'vitest';
import { copyInto } from './payload.js';

test('pieces come to their places whole, however they are cut and aligned', () => {
  const floats = 10_003;
  const payload = Uint8Array.from({ length: 8 * floats }, (_, i) => (i * 31 + (i >> 8)) & 0xff);
  const memory = new Uint8Array(new SharedArrayBuffer(200_000));
  for (const lean of [0, 1, 4, 7, 8]) {
    const received = new Uint8Array(payload.length + lean);
    received.set(payload, lean);
    for (const cut of [0, 3, 16_384, 4 * floats, 70_001]) {
      memory.fill(0xee);
      const pieces = [received.subarray(lean, lean + cut), received.subarray(lean + cut)];
      copyInto(memory, [64, 100_036], 4 * floats, pieces, 'a test');
      const expected = new Uint8Array(200_000).fill(0xee);
      expected.set(payload.subarray(0, 4 * floats), 64);
      expected.set(payload.subarray(4 * floats), 100_036);
      expect(Buffer.compare(memory, expected)).toBe(0);
    }
  }
});
