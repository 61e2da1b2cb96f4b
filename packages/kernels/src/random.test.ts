import { expect, test } from 'vitest';
import { createArena } from './bits/arena.js';
import { randomFloats } from './bits/values.js';
import { expectSameBits } from './testing/values.js';
import { wasm } from './wasm.js';

const arena = createArena(wasm);
const { kernels: k } = arena;

/** Philox4x32-10 in 64-bit integers, as in the paper. */
function philoxBlock(counter: number[], key: number[]): number[] {
  let [c0, c1, c2, c3] = counter.map((x) => BigInt(x >>> 0)) as [bigint, bigint, bigint, bigint];
  let [k0, k1] = key.map((x) => BigInt(x >>> 0)) as [bigint, bigint];
  const mask = 0xffffffffn;
  for (let round = 0; round < 10; ++round) {
    const a = 0xd2511f53n * c0;
    const b = 0xcd9e8d57n * c2;
    [c0, c1, c2, c3] = [(b >> 32n) ^ c1 ^ k0, b & mask, (a >> 32n) ^ c3 ^ k1, a & mask];
    k0 = (k0 + 0x9e3779b9n) & mask;
    k1 = (k1 + 0xbb67ae85n) & mask;
  }
  return [c0, c1, c2, c3].map(Number);
}

type Four = [number, number, number, number];

// Random123 1.14, tests/kat_vectors, philox4x32 10.
const KNOWN: [counter: Four, key: [number, number], words: string][] = [
  [[0, 0, 0, 0], [0, 0], '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
  [[-1, -1, -1, -1], [-1, -1], '408f276d 41c83b0e a20bc7c6 6d5451fd'],
  [
    [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    [0xa4093822, 0x299f31d0],
    'd16cfe09 94fdcceb 5001e420 24126ea1',
  ],
];

test.each(KNOWN)(
  "philox of counter %j under key %j is Random123's known answer",
  (counter, key, words) => {
    arena.reset();
    const out = arena.room(4);
    k.philox(out.at, 1, ...counter, ...key);
    arena.check();
    expect([...out.u32].map((w) => w.toString(16).padStart(8, '0')).join(' ')).toBe(words);
  },
);

test('philox counts up from c0, around the end of 32 bits, and writes n4 blocks', () => {
  for (let n4 = 0; n4 <= 11; ++n4) {
    arena.reset();
    const out = arena.room(4 * n4);
    k.philox(out.at, n4, 0xfffffffd, 11, 22, 33, 44, 55);
    arena.check();
    const expected = Array.from({ length: n4 }, (_, i) =>
      philoxBlock([(0xfffffffd + i) >>> 0, 11, 22, 33], [44, 55]),
    );
    expect([...out.u32]).toEqual(expected.flat());
  }
});

test('dropout keeps an element by the word of its sample, epoch, stream and place, at every length', () => {
  const [seedLo, seedHi, stream, epoch] = [0x12345678, 0x9abcdef0, 3, 7];
  const ids = [5, 0xfffffff0, 0];
  const threshold = 0x90000000;
  for (let len = 0; len <= 53; ++len) {
    arena.reset();
    const a = arena.put(randomFloats(3 * len, len + 1));
    const rows = arena.putInts(ids);
    const out = arena.room(3 * len);
    k.dropout(out.at, a.at, 3, len, rows.at, threshold, 2.5, seedLo, seedHi, stream, epoch);
    arena.check();
    const expected = ids.flatMap((id, r) =>
      Array.from({ length: len }, (_, e) => {
        const word = philoxBlock([e >> 2, id, epoch, stream], [seedLo, seedHi])[e & 3]!;
        return word >= threshold ? Math.fround(a.f32[r * len + e]! * 2.5) : 0;
      }),
    );
    expectSameBits(out.f32, expected);
    k.dropout(a.at, a.at, 3, len, rows.at, threshold, 2.5, seedLo, seedHi, stream, epoch);
    expectSameBits(a.f32, expected);
  }
});

test('dropout with threshold 0 keeps everything', () => {
  arena.reset();
  const a = arena.put(randomFloats(100, 1));
  const ids = arena.putInts([1]);
  const out = arena.room(100);
  k.dropout(out.at, a.at, 1, 100, ids.at, 0, 1, 1, 2, 3, 4);
  expectSameBits(out.f32, a.f32);
});
