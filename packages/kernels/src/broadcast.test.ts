import { test } from 'vitest';
import { createArena } from './bits/arena.js';
import { randomFloats } from './bits/values.js';
import { expectSameBits } from './testing/values.js';
import { wasm } from './wasm.js';

const arena = createArena(wasm);
const { kernels: k } = arena;
const fr = Math.fround;

type Six = readonly [number, number, number, number, number, number];
const OPERATIONS: Record<'add' | 'sub' | 'mul' | 'div', (a: number, b: number) => number> = {
  add: (a, b) => fr(a + b),
  sub: (a, b) => fr(a - b),
  mul: (a, b) => fr(a * b),
  div: (a, b) => fr(a / b),
};

/** The index that each element of [d0, ..., d5] has under the strides, in row-major order. */
function indices(dims: Six, strides: Six): number[] {
  let found = [0];
  for (const [axis, dim] of dims.entries()) {
    found = found.flatMap((at) => Array.from({ length: dim }, (_, i) => at + i * strides[axis]!));
  }
  return found;
}

const CASES: [dims: Six, a: Six, b: Six, what: string][] = [
  [[1, 1, 1, 1, 5, 7], [0, 0, 0, 0, 7, 1], [0, 0, 0, 0, 7, 1], 'two contiguous matrices'],
  [[1, 1, 2, 3, 5, 7], [0, 0, 105, 35, 7, 1], [0, 0, 105, 35, 7, 1], 'two contiguous tensors'],
  [[1, 1, 1, 1, 6, 11], [0, 0, 0, 0, 11, 1], [0, 0, 0, 0, 0, 1], 'a matrix and a row'],
  [[1, 1, 1, 1, 6, 11], [0, 0, 0, 0, 11, 1], [0, 0, 0, 0, 1, 0], 'a matrix and a column'],
  [[1, 1, 1, 1, 6, 11], [0, 0, 0, 0, 1, 0], [0, 0, 0, 0, 11, 1], 'a column and a matrix'],
  [[1, 1, 1, 1, 6, 11], [0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0], 'two scalars'],
  [[1, 1, 1, 1, 6, 11], [0, 0, 0, 0, 1, 0], [0, 0, 0, 0, 1, 0], 'two columns'],
  [[1, 1, 1, 1, 9, 6], [0, 0, 0, 0, 1, 9], [0, 0, 0, 0, 6, 1], 'a transposed matrix and a matrix'],
  [[1, 1, 1, 1, 9, 6], [0, 0, 0, 0, 1, 9], [0, 0, 0, 0, 0, 0], 'a transposed matrix and a scalar'],
  [
    [1, 1, 1, 1, 20, 36],
    [0, 0, 0, 0, 1, 20],
    [0, 0, 0, 0, 0, 1],
    'a transposed matrix of whole vectors and a row',
  ],
  [
    [1, 1, 1, 1, 4, 8],
    [0, 0, 0, 0, 1, 11],
    [0, 0, 0, 0, 1, 0],
    'columns of a wider matrix, transposed, and a column',
  ],
  [
    [1, 1, 2, 3, 4, 5],
    [0, 0, 0, 20, 5, 1],
    [0, 0, 60, 0, 5, 1],
    'tensors that broadcast outer dimensions',
  ],
  [
    [1, 1, 2, 3, 4, 5],
    [0, 0, 1, 2, 6, 24],
    [0, 0, 60, 20, 5, 1],
    'a tensor with its dimensions reversed',
  ],
  [[1, 1, 3, 1, 4, 1], [0, 0, 4, 9, 1, 9], [0, 0, 1, 0, 3, 0], 'dimensions of size 1'],
  [
    [1, 1, 2, 1, 1, 1],
    [0, 0, 1, 0, 0, 0],
    [0, 0, 0, 0, 0, 0],
    'a vector in the outermost dimension',
  ],
  [[2, 2, 3, 2, 2, 5], [120, 60, 20, 10, 5, 1], [1, 2, 4, 12, 24, 48], 'six axes, and reversed'],
  [[2, 3, 2, 2, 3, 2], [0, 24, 12, 0, 2, 1], [72, 0, 12, 6, 0, 1], 'six axes that broadcast'],
  [[2, 2, 1, 3, 9, 6], [324, 162, 0, 54, 1, 9], [0, 0, 0, 0, 6, 1], 'transposed matrices in a row'],
  [[1, 2, 2, 2, 5, 7], [0, 160, 80, 0, 1, 11], [0, 5, 0, 0, 1, 0], 'odd ones, repeated'],
  [[1, 1, 2, 0, 4, 5], [0, 0, 1, 1, 1, 1], [0, 0, 1, 1, 1, 1], 'no elements'],
];

for (const [dims, as, bs, what] of CASES) {
  test.each(Object.keys(OPERATIONS) as (keyof typeof OPERATIONS)[])(`%s of ${what}`, (name) => {
    const ai = indices(dims, as);
    const bi = indices(dims, bs);
    arena.reset();
    const a = arena.put(randomFloats(Math.max(-1, ...ai) + 1, 1));
    const b = arena.put(randomFloats(Math.max(-1, ...bi) + 1, 2));
    const out = arena.room(ai.length);
    k[name](out.at, a.at, b.at, ...dims, ...as, ...bs);
    arena.check();
    expectSameBits(
      out.f32,
      ai.map((i, e) => OPERATIONS[name](a.f32[i]!, b.f32[bi[e]!]!)),
    );
  });

  test(`copyStrided of ${what}`, () => {
    for (const strides of [as, bs]) {
      const from = indices(dims, strides);
      arena.reset();
      const a = arena.put(randomFloats(Math.max(-1, ...from) + 1, 3));
      const out = arena.room(from.length);
      k.copyStrided(out.at, a.at, ...dims, ...strides);
      arena.check();
      expectSameBits(
        out.f32,
        from.map((i) => a.f32[i]!),
      );
    }
  });
}

test('rows of every length from 0 to 35 are copied and added whole, in every loop form', () => {
  for (let n = 0; n <= 35; ++n) {
    for (const as of [0, 1, 3]) {
      for (const bs of [0, 1, 2]) {
        arena.reset();
        const a = arena.put(randomFloats(3 * n + 1, n));
        const b = arena.put(randomFloats(2 * n + 1, n + 50));
        const out = arena.room(2 * n);
        k.sub(out.at, a.at, b.at, 1, 1, 1, 1, 2, n, 0, 0, 0, 0, 0, as, 0, 0, 0, 0, 0, bs);
        arena.check();
        const row = Array.from({ length: n }, (_, i) => fr(a.f32[i * as]! - b.f32[i * bs]!));
        expectSameBits(out.f32, [...row, ...row]);
      }
    }
  }
});

test('placeRows writes its part of each row, and nothing beside it', () => {
  for (let n = 0; n <= 20; ++n) {
    for (const rows of [0, 1, 3]) {
      arena.reset();
      const a = arena.put(randomFloats(rows * n, n));
      const stride = n + 2;
      const out = arena.put(randomFloats(rows * stride + 1, 7));
      const before = out.f32.slice();
      k.placeRows(out.at + 4, a.at, rows, n, stride);
      arena.check();
      const expected = before.map((value, i) => {
        const [row, column] = [Math.floor((i - 1) / stride), (i - 1) % stride];
        return i > 0 && column < n ? a.f32[row * n + column]! : value;
      });
      expectSameBits(out.f32, expected);
    }
  }
});

test('addition may write over either input', () => {
  const x = randomFloats(35, 1);
  const y = randomFloats(35, 2);
  for (const over of ['a', 'b'] as const) {
    arena.reset();
    const a = arena.put(x);
    const b = arena.put(y);
    const out = over === 'a' ? a : b;
    k.add(out.at, a.at, b.at, 1, 1, 1, 1, 5, 7, 0, 0, 0, 0, 7, 1, 0, 0, 0, 0, 7, 1);
    arena.check();
    expectSameBits(
      out.f32,
      Array.from(x, (v, i) => fr(v + y[i]!)),
    );
  }
});
