import { test } from 'vitest';
import { createArena } from './bits/arena.js';
import { expectSameBits } from './testing/values.js';
import { wasm } from './wasm.js';

const arena = createArena(wasm);
const { kernels: k, memory } = arena;

test('bytesToFloats divides every byte value, at any length and any byte address', () => {
  for (const divisor of [1, 255, 256, 127.5]) {
    for (let n = 0; n <= 35; ++n) {
      for (let shift = 0; shift < 4; ++shift) {
        arena.reset();
        const room = arena.room(16);
        const bytes = new Uint8Array(memory.buffer, room.at + shift, n);
        bytes.forEach((_, i) => {
          bytes[i] = 251 * i + 17 * n;
        });
        const out = arena.room(n);
        k.bytesToFloats(out.at, room.at + shift, n, divisor);
        arena.check();
        expectSameBits(
          out.f32,
          Array.from(bytes, (b) => Math.fround(b / divisor)),
        );
      }
    }
  }
});

test('bytesToFloats of 0 to 255 over 255 is the correctly rounded quotient', () => {
  arena.reset();
  const room = arena.room(64);
  const bytes = new Uint8Array(memory.buffer, room.at, 256);
  bytes.forEach((_, i) => {
    bytes[i] = i;
  });
  const out = arena.room(256);
  k.bytesToFloats(out.at, room.at, 256, 255);
  expectSameBits(
    out.f32,
    Array.from(bytes, (b) => Math.fround(b / 255)),
  );
});
