// Random cases of broadcasting, comparisons and copies by strides.
import type { BroadcastKernels } from '../../../contract/broadcast.js';
import type { CompareKernels } from '../../../contract/compare.js';
import type { Draw } from '../draw.js';
import type { RandomCases } from '../random-case.js';

type Six = [number, number, number, number, number, number];

const MOST = 4000;

const product = (shape: readonly number[]): number => shape.reduce((all, size) => all * size, 1);

/** Extents of up to six axes: mostly two that are long, sometimes of nothing. */
function extents({ dice }: Draw): Six {
  const d: Six = [1, 1, 1, 1, 1, 1];
  const rank = dice.between(1, 6);
  for (let axis = 5; axis >= 6 - rank; axis--) {
    const room = Math.floor(MOST / product(d));
    const most = Math.min(room, dice.pick([1, 3, 5, axis < 4 ? 4 : 20, axis < 4 ? 9 : 90]));
    d[axis] = dice.once(40) ? 0 : dice.between(1, Math.max(1, most));
    if (d[axis] === 0) break;
  }
  return d;
}

interface View {
  readonly at: number;
  readonly strides: Six;
  /** Whether it may be the output, too. */
  readonly isContiguous: boolean;
}

/** A way to read d: as it lies, turned, with gaps, repeated along some axes. */
function view(draw: Draw, d: Six): View {
  const { dice } = draw;
  const isPlain = dice.once(3);
  const order = [5, 4, 3, 2, 1, 0];
  if (!isPlain && !dice.once(3)) {
    for (let i = 5; i > 0; i--) {
      const j = dice.below(i + 1);
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
  }
  const strides: Six = [0, 0, 0, 0, 0, 0];
  let length = 1;
  for (const axis of order) {
    if (!isPlain && dice.once(4)) continue;
    const gap = isPlain || !dice.once(8) ? 0 : dice.between(1, 2);
    strides[axis] = length;
    length = Math.max(1, length * (d[axis]! + gap));
    if (length > 4 * MOST) break;
  }
  const last = strides.reduce((at, stride, axis) => at + stride * (d[axis]! - 1), 0);
  const at = draw.floats(product(d) === 0 ? 0 : last + 1);
  return { at, strides, isContiguous: isPlain };
}

type Zip = [out: number, a: number, b: number, ...d: Six, ...as: Six, ...bs: Six];

function zip(draw: Draw): Zip {
  const d = extents(draw);
  const a = view(draw, d);
  const b = draw.dice.once(8) ? a : view(draw, d);
  const own = [a, b].filter(({ isContiguous }) => isContiguous);
  const at = own.length ? draw.out(product(d), ...own.map((one) => one.at)) : undefined;
  return [at ?? draw.room(product(d)), a.at, b.at, ...d, ...a.strides, ...b.strides];
}

export const CASES: RandomCases<BroadcastKernels & CompareKernels> = {
  copyStrided(draw) {
    const d = extents(draw);
    const { at, strides } = view(draw, d);
    return [draw.room(product(d)), at, ...d, ...strides];
  },
  placeRows(draw) {
    const [rows, n] = [draw.size(20), draw.size(100)];
    const stride = n + draw.dice.below(9);
    return [draw.floats(rows * stride), draw.floats(rows * n), rows, n, stride];
  },
  add: zip,
  sub: zip,
  mul: zip,
  div: zip,
  greater: zip,
  greaterEqual: zip,
  equal: zip,
  notEqual: zip,
  maximum: zip,
  minimum: zip,
};
