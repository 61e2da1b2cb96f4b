// Philox4x32-10, a counter-based generator (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as
// easy as 1, 2, 3", SC'11), four counters at a time, and dropout on top of it.
// There is no state: a word is a function of (key, counter), so who computes it does not matter.
import { load4, store4 } from './lanes';

// The four words of the blocks counter .. counter + 3, left here by philox4: word b of block i is lane b
// of block i's vector. An instance belongs to one thread, so nobody else sees them.
let block0 = i32x4(0, 0, 0, 0);
let block1 = i32x4(0, 0, 0, 0);
let block2 = i32x4(0, 0, 0, 0);
let block3 = i32x4(0, 0, 0, 0);

// @ts-ignore: decorator
@inline
function low(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(a, b, 0, 2, 4, 6);
}

// @ts-ignore: decorator
@inline
function high(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(a, b, 1, 3, 5, 7);
}

function philox4(counter: i32, c1: i32, c2: i32, c3: i32, keyLo: i32, keyHi: i32): void {
  // Vectors are by word here: lane i is block i.
  let w0 = i32x4.add(i32x4.splat(counter), i32x4(0, 1, 2, 3));
  let w1 = i32x4.splat(c1);
  let w2 = i32x4.splat(c2);
  let w3 = i32x4.splat(c3);
  const multiplier0 = i32x4.splat(0xd2511f53);
  const multiplier1 = i32x4.splat(0xcd9e8d57);
  for (let round = 0; round < 10; ++round) {
    const a0 = i64x2.extmul_low_i32x4_u(w0, multiplier0);
    const a1 = i64x2.extmul_high_i32x4_u(w0, multiplier0);
    const b0 = i64x2.extmul_low_i32x4_u(w2, multiplier1);
    const b1 = i64x2.extmul_high_i32x4_u(w2, multiplier1);
    w0 = v128.xor(v128.xor(high(b0, b1), w1), i32x4.splat(keyLo));
    w2 = v128.xor(v128.xor(high(a0, a1), w3), i32x4.splat(keyHi));
    w1 = low(b0, b1);
    w3 = low(a0, a1);
    keyLo += 0x9e3779b9;
    keyHi += 0xbb67ae85;
  }
  const t0 = v128.shuffle<i32>(w0, w1, 0, 4, 1, 5);
  const t1 = v128.shuffle<i32>(w2, w3, 0, 4, 1, 5);
  const t2 = v128.shuffle<i32>(w0, w1, 2, 6, 3, 7);
  const t3 = v128.shuffle<i32>(w2, w3, 2, 6, 3, 7);
  block0 = v128.shuffle<i64>(t0, t1, 0, 2);
  block1 = v128.shuffle<i64>(t0, t1, 1, 3);
  block2 = v128.shuffle<i64>(t2, t3, 0, 2);
  block3 = v128.shuffle<i64>(t2, t3, 1, 3);
}

export function philox(
  out: usize, n4: i32, c0: i32, c1: i32, c2: i32, c3: i32, keyLo: i32, keyHi: i32,
): void {
  for (let i = n4; i > 0; i -= 4) {
    philox4(c0, c1, c2, c3, keyLo, keyHi);
    v128.store(out, block0);
    if (i > 1) v128.store(out, block1, 16);
    if (i > 2) v128.store(out, block2, 32);
    if (i > 3) v128.store(out, block3, 48);
    c0 += 4;
    out += 64;
  }
}

/** Up to four elements, n of them left in the row; none if n <= 0. */
// @ts-ignore: decorator
@inline
function dropoutAt(out: usize, a: usize, words: v128, threshold: v128, scale: v128, n: i32): void {
  if (n <= 0) return;
  const kept = f32x4.mul(load4(a, n), scale);
  store4(out, v128.and(kept, i32x4.ge_u(words, threshold)), n);
}

/** One row of n elements, whose first random word is that of the block at `counter`. */
export function dropoutRow(
  out: usize, a: usize, n: i32, counter: i32, id: i32, epoch: i32, stream: i32,
  seedLo: i32, seedHi: i32, threshold: i32, scale: f32,
): void {
  const limit = i32x4.splat(threshold);
  const factor = f32x4.splat(scale);
  for (; n > 0; n -= 16) {
    philox4(counter, id, epoch, stream, seedLo, seedHi);
    dropoutAt(out, a, block0, limit, factor, n);
    dropoutAt(out + 16, a + 16, block1, limit, factor, n - 4);
    dropoutAt(out + 32, a + 32, block2, limit, factor, n - 8);
    dropoutAt(out + 48, a + 48, block3, limit, factor, n - 12);
    out += 64;
    a += 64;
    counter += 4;
  }
}

export function dropout(
  out: usize, a: usize, rows: i32, len: i32, ids: usize, threshold: i32, scale: f32,
  seedLo: i32, seedHi: i32, stream: i32, epoch: i32,
): void {
  for (let i = 0; i < rows; ++i) {
    dropoutRow(out, a, len, 0, i32.load(ids), epoch, stream, seedLo, seedHi, threshold, scale);
    out += <usize>len << 2;
    a += <usize>len << 2;
    ids += 4;
  }
}
