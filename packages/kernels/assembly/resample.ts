// Planes [h, w] of which each place of [outH, outW] takes one, or a constant: padding, and enlarging to the nearest place. Rows and
// columns are picked apart from each other, in one of the ways below; the gradient adds to what was picked, row by row from the left.
import { gather4, load4, store4 } from './lanes';
import { at } from './norm-rows';

const CONSTANT: i32 = 0;
const REFLECT: i32 = 1;
const REPLICATE: i32 = 2;
// Else NEAREST: place o is floor(o * by), and nothing behind the last.

/** The place that `o` takes, or -1 for the constant; `by` is how many come before the first, or the step. */
function picked(o: i32, size: i32, way: i32, by: f32): i32 {
  const last = size - 1;
  if (way > REPLICATE) return min<i32>(<i32>min<f32>(floor<f32>(<f32>o * by), <f32>last), last);
  const i = o - <i32>by;
  if (way == REFLECT) return i < 0 ? -i : i > last ? 2 * last - i : i;
  if (way == REPLICATE) return min<i32>(max<i32>(i, 0), last);
  return i < 0 || i > last ? -1 : i;
}

/** Whether each value is taken twice in a row. */
// @ts-ignore: decorator
@inline
function isDouble(w: i32, outW: i32, way: i32, by: f32): bool {
  return way > REPLICATE && by == 0.5 && outW == 2 * w;
}

// @ts-ignore: decorator
@inline
function fillRow(out: usize, n: i32, value: f32): void {
  for (let i = 0; i < n; ++i) f32.store(out + (<usize>i << 2), value);
}

function pickRow(out: usize, x: usize, w: i32, outW: i32, way: i32, by: f32, value: f32): void {
  let c = 0;
  if (isDouble(w, outW, way, by)) {
    for (; c + 8 <= outW; c += 8) {
      const v = v128.load(x + (<usize>c << 1));
      v128.store(out + (<usize>c << 2), v128.shuffle<f32>(v, v, 0, 0, 1, 1));
      v128.store(out + (<usize>c << 2), v128.shuffle<f32>(v, v, 2, 2, 3, 3), 16);
    }
  }
  for (; c < outW; ++c) {
    if (way <= REPLICATE && c == <i32>by) {
      memory.copy(out + (<usize>c << 2), x, <usize>w << 2);
      c += w;
      if (c >= outW) return;
    }
    const from = picked(c, w, way, by);
    f32.store(out + (<usize>c << 2), from < 0 ? value : at(x, from, 0));
  }
}

export function resample(
  out: usize, x: usize, planes: i32, h: i32, w: i32, outH: i32, outW: i32,
  way: i32, rows: f32, columns: f32, value: f32,
): void {
  const width = <usize>outW << 2;
  for (let p = 0; p < planes; ++p) {
    let before = -2;
    for (let o = 0; o < outH; ++o) {
      const from = picked(o, h, way, rows);
      if (from == before) memory.copy(out, out - width, width);
      else if (from < 0) fillRow(out, outW, value);
      else pickRow(out, x + (<usize>(from * w) << 2), w, outW, way, columns, value);
      before = from;
      out += width;
    }
    x += <usize>(h * w) << 2;
  }
}

// @ts-ignore: decorator
@inline
function addPairs(dx: usize, dy: usize, r: i32): void {
  const first = f32x4.add(load4(dx, r), gather4(dy, 8, r));
  store4(dx, f32x4.add(first, gather4(dy + 4, 8, r)), r);
}

function addRow(dx: usize, dy: usize, w: i32, outW: i32, way: i32, by: f32): void {
  if (isDouble(w, outW, way, by)) {
    let n = w;
    for (; n >= 4; n -= 4) {
      addPairs(dx, dy, 4);
      dx += 16;
      dy += 32;
    }
    if (n) addPairs(dx, dy, n);
    return;
  }
  for (let c = 0; c < outW; ++c) {
    const to = picked(c, w, way, by);
    if (to >= 0) {
      const p = dx + (<usize>to << 2);
      f32.store(p, f32.load(p) + f32.load(dy + (<usize>c << 2)));
    }
  }
}

export function resampleGrad(
  dx: usize, dy: usize, planes: i32, h: i32, w: i32, outH: i32, outW: i32, way: i32, rows: f32, columns: f32,
): void {
  const size = <usize>(h * w) << 2;
  for (let p = 0; p < planes; ++p) {
    memory.fill(dx, 0, size);
    for (let o = 0; o < outH; ++o) {
      const to = picked(o, h, way, rows);
      if (to >= 0) {
        const row = dx + (<usize>(to * w) << 2);
        if (way == CONSTANT) memory.copy(row, dy + (<usize><i32>columns << 2), <usize>w << 2);
        else addRow(row, dy, w, outW, way, columns);
      }
      dy += <usize>outW << 2;
    }
    dx += size;
  }
}
