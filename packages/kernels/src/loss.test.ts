import { expect, test } from 'vitest';
import { createArena } from './bits/arena.js';
import { randomFloats, randomInts } from './bits/values.js';
import { expectSameBits } from './testing/values.js';
import { wasm } from './wasm.js';

const arena = createArena(wasm);
const { kernels: k } = arena;
const fr = Math.fround;

function expSum(row: number[]): { top: number; total: number } {
  const top = Math.max(...row);
  return { top, total: row.reduce((s, x) => s + Math.exp(x - top), 0) };
}

test('crossEntropy and its gradient agree with float64 at every number of classes', () => {
  for (let classes = 1; classes <= 35; ++classes) {
    arena.reset();
    const rows = 3;
    const logits = arena.put(randomFloats(rows * classes, classes));
    const labels = arena.putInts(randomInts(rows, classes, classes));
    const dloss = arena.put([1, -0.5, 0.25]);
    const loss = arena.room(rows);
    const grad = arena.room(rows * classes);
    k.crossEntropy(loss.at, logits.at, labels.at, rows, classes);
    k.crossEntropyGrad(grad.at, dloss.at, logits.at, labels.at, rows, classes);
    arena.check();
    // Values below 12, each from a handful of roundings; a lane of the sum adds classes / 4 terms.
    const tolerance = (classes / 4 + 24) * 2 ** -23;
    for (let r = 0; r < rows; ++r) {
      const row = [...logits.f32.slice(r * classes, (r + 1) * classes)];
      const { top, total } = expSum(row);
      const label = labels.i32[r]!;
      expect(Math.abs(loss.f32[r]! - (Math.log(total) + top - row[label]!))).toBeLessThan(
        tolerance,
      );
      row.forEach((x, c) => {
        const p = Math.exp(x - top) / total;
        const right = dloss.f32[r]! * (p - (c === label ? 1 : 0));
        expect(Math.abs(grad.f32[r * classes + c]! - right)).toBeLessThan(tolerance);
      });
    }
  }
});

test('crossEntropy of huge logits is exact: 0 for the sure right answer, the gap for the wrong one', () => {
  arena.reset();
  const logits = arena.put([1e4, -1e4, 0, 1e4, -1e4, 0]);
  const labels = arena.putInts([0, 1]);
  const out = arena.room(2);
  k.crossEntropy(out.at, logits.at, labels.at, 2, 3);
  expect([...out.f32]).toEqual([0, 2e4]);
});

test('a label out of range gives a NaN loss and touches nothing outside the row', () => {
  arena.reset();
  const logits = arena.put(randomFloats(15, 1));
  const labels = arena.putInts([-1, 5, 2147483647]);
  const ones = arena.put([1, 1, 1]);
  const loss = arena.room(3);
  const wide = arena.room(15);
  k.crossEntropy(loss.at, logits.at, labels.at, 3, 5);
  k.crossEntropyGrad(wide.at, ones.at, logits.at, labels.at, 3, 5);
  arena.check();
  expectSameBits(loss.f32, [NaN, NaN, NaN]);
  k.oneHot(wide.at, labels.at, 3, 5);
  arena.check();
  expectSameBits(wide.f32, Array(15).fill(0));
});

test('a row of crossEntropy and its gradient has the same bits in any position', () => {
  for (let classes = 1; classes <= 20; ++classes) {
    arena.reset();
    const row = randomFloats(classes, classes);
    const logits = arena.put([...randomFloats(classes, 99), ...row, ...row]);
    const label = classes >> 1;
    const labels = arena.putInts([0, label, label]);
    const dloss = arena.put([1, 0.3, 0.3]);
    const loss = arena.room(3);
    const grad = arena.room(3 * classes);
    k.crossEntropy(loss.at, logits.at, labels.at, 3, classes);
    k.crossEntropyGrad(grad.at, dloss.at, logits.at, labels.at, 3, classes);
    expect(loss.u32[1]).toBe(loss.u32[2]);
    expectSameBits(grad.f32.slice(classes, 2 * classes), grad.f32.slice(2 * classes));
    const probabilities = arena.room(3 * classes);
    k.softmax(probabilities.at, logits.at, 3, classes);
    expectSameBits(
      grad.f32.slice(classes, 2 * classes),
      [...probabilities.f32.slice(classes, 2 * classes)].map((p, c) =>
        fr(fr(0.3) * fr(p - (c === label ? 1 : 0))),
      ),
    );
  }
});

test('oneHot writes one 1 a row', () => {
  for (let classes = 1; classes <= 35; ++classes) {
    arena.reset();
    const labels = arena.putInts(randomInts(4, classes, classes));
    const out = arena.room(4 * classes);
    k.oneHot(out.at, labels.at, 4, classes);
    arena.check();
    expectSameBits(
      out.f32,
      Array.from(labels.i32).flatMap((label) =>
        Array.from({ length: classes }, (_, c) => +(c === label)),
      ),
    );
  }
});

test('correctLabel and correctArgmax take the first maximum', () => {
  arena.reset();
  const scores = arena.put([1, 3, 3, 0, -5, -1, -1, -9, 7, 7, 7, 7]);
  const out = arena.room(3);
  k.correctLabel(out.at, scores.at, arena.putInts([1, 1, 0]).at, 3, 4);
  expect([...out.f32]).toEqual([1, 1, 1]);
  k.correctLabel(out.at, scores.at, arena.putInts([2, 2, 3]).at, 3, 4);
  expect([...out.f32]).toEqual([0, 0, 0]);
  const targets = arena.put([0, 1, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0]);
  k.correctArgmax(out.at, scores.at, targets.at, 3, 4);
  arena.check();
  expect([...out.f32]).toEqual([1, 0, 1]);
});

test('correctBinary wants every element of the row right, at every length', () => {
  for (let len = 0; len <= 20; ++len) {
    arena.reset();
    const answers = randomFloats(2 * len, len + 1);
    const logits = arena.put(answers);
    const targets = arena.put(answers.map((x) => (x > 0 ? 1 : 0)));
    const out = arena.room(2);
    k.correctBinary(out.at, logits.at, targets.at, 2, len);
    arena.check();
    expect([...out.f32]).toEqual([1, 1]);
    for (let i = 0; i < len; ++i) {
      targets.f32[i] = 1 - targets.f32[i]!;
      k.correctBinary(out.at, logits.at, targets.at, 2, len);
      expect([...out.f32]).toEqual([0, 1]);
      targets.f32[i] = 1 - targets.f32[i]!;
    }
  }
  arena.reset();
  const out = arena.room(1);
  k.correctBinary(out.at, arena.put([0]).at, arena.put([0.5]).at, 1, 1);
  expect(out.f32[0]).toBe(1);
});
