// Random cases of pooling and resampling, and of their gradients.
import type { PoolKernels } from '../../../contract/pool.js';
import type { Draw } from '../draw.js';
import type { RandomCases } from '../random-case.js';

/** Windows along one axis. */
interface Axis {
  readonly size: number;
  readonly out: number;
  readonly kernel: number;
  readonly step: number;
  readonly before: number;
  readonly apart: number;
}

/** Whether a window has a tap inside, and begins before the end. */
function isWindow(start: number, { size, kernel, apart }: Omit<Axis, 'out'>): boolean {
  if (start >= size) return false;
  const first = start >= 0 ? 0 : Math.ceil(-start / apart);
  return first < kernel && start + first * apart < size;
}

/** isPair: of two places side by side, as most networks have them */
function axis({ dice }: Draw, most: number, isPair: boolean, mayBeApart: boolean): Axis {
  for (;;) {
    const kernel = isPair ? 2 : dice.pick([1, 2, 3, 3, 5, dice.between(1, 9)]);
    const axis = {
      size: dice.between(1, dice.pick([8, most])),
      kernel,
      step: isPair || dice.once(2) ? kernel : dice.between(1, 4),
      before: isPair || dice.once(2) ? 0 : dice.between(0, kernel),
      apart: mayBeApart && !isPair && dice.once(3) ? dice.between(1, 3) : 1,
    };
    let out = 0;
    while (isWindow(out * axis.step - axis.before, axis)) out++;
    if (out === 0) continue;
    return { ...axis, out: dice.once(6) ? dice.between(1, out) : out };
  }
}

type Window = [number, number, number, number, number, number];
type Planes = [planes: number, h: number, w: number, outH: number, outW: number];

interface Pooling {
  readonly planes: Planes;
  readonly window: Window;
  readonly apart: [number, number];
  readonly x: number;
  readonly y: number;
}

function pooling(draw: Draw, mayBeApart: boolean): Pooling {
  const isPair = draw.dice.once(3);
  const [v, h] = [axis(draw, 20, isPair, mayBeApart), axis(draw, 70, isPair, mayBeApart)];
  const planes = planeCount(draw);
  return {
    planes: [planes, v.size, h.size, v.out, h.out],
    window: [v.kernel, h.kernel, v.step, h.step, v.before, h.before],
    apart: [v.apart, h.apart],
    x: planes * v.size * h.size,
    y: planes * v.out * h.out,
  };
}

/** How many planes: some, none now and then, or as many as may be taken together. */
function planeCount({ dice }: Draw): number {
  if (dice.once(12)) return 0;
  return dice.once(4) ? dice.between(4, 20) : dice.between(1, 3);
}

/** Whether padding counts, and what a sum is divided by. */
function count({ dice }: Draw): [padded: number, divisor: number] {
  return [dice.below(2), dice.once(3) ? dice.pick([1, 3, 0.7, -2]) : 0];
}

function adaptive(draw: Draw): { planes: Planes; x: number; y: number } {
  const planes = planeCount(draw);
  const [h, w, outH, outW] = [8, 30, 8, 30].map((most) => draw.dice.between(1, most)) as [
    ...[number, number, number, number],
  ];
  return { planes: [planes, h, w, outH, outW], x: planes * h * w, y: planes * outH * outW };
}

const NEAREST = 3;

/** Of one axis: how many places come before it, or the step, and how many there are. */
function picking({ dice }: Draw, way: number, size: number): [by: number, out: number] {
  if (way === NEAREST) {
    if (dice.once(3)) return [0.5, 2 * size];
    const out = dice.between(1, 2 * size + 2);
    return [Math.fround(dice.once(4) ? dice.below(400) / 100 : size / out), out];
  }
  const most = way === 1 ? size - 1 : 5;
  const before = dice.between(0, most);
  return [before, before + size + dice.between(0, most)];
}

type Resampling = [...Planes, way: number, rows: number, columns: number];

function resampling(draw: Draw): { given: Resampling; x: number; y: number } {
  const { dice } = draw;
  const [planes, h, w, way] = [
    dice.below(4),
    dice.between(1, 9),
    dice.between(1, 40),
    dice.below(4),
  ];
  const [rows, outH] = picking(draw, way, h);
  const [columns, outW] = picking(draw, way, w);
  return {
    given: [planes, h, w, outH, outW, way, rows, columns],
    ...{ x: planes * h * w, y: planes * outH * outW },
  };
}

export const CASES: RandomCases<PoolKernels> = {
  maxPool(draw) {
    const { planes, window, apart, x, y } = pooling(draw, true);
    return [draw.room(y), draw.floats(x), ...planes, ...window, ...apart];
  },
  maxPoolGrad(draw) {
    const { planes, window, apart, x, y } = pooling(draw, true);
    return [draw.room(x), draw.floats(y), draw.floats(x), ...planes, ...window, ...apart];
  },
  avgPool(draw) {
    const { planes, window, x, y } = pooling(draw, false);
    return [draw.room(y), draw.floats(x), ...planes, ...window, ...count(draw)];
  },
  avgPoolGrad(draw) {
    const { planes, window, x, y } = pooling(draw, false);
    return [draw.room(x), draw.floats(y), ...planes, ...window, ...count(draw)];
  },
  adaptiveAvgPool(draw) {
    const { planes, x, y } = adaptive(draw);
    return [draw.room(y), draw.floats(x), ...planes];
  },
  adaptiveAvgPoolGrad(draw) {
    const { planes, x, y } = adaptive(draw);
    return [draw.room(x), draw.floats(y), ...planes];
  },
  resample(draw) {
    const { given, x, y } = resampling(draw);
    return [draw.room(y), draw.floats(x), ...given, draw.scalar()];
  },
  resampleGrad(draw) {
    const { given, x, y } = resampling(draw);
    return [draw.room(x), draw.floats(y), ...given];
  },
};
