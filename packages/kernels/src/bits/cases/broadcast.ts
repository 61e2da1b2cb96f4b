import type { BroadcastKernels } from '../../contract/broadcast.js';
import { type Case, type Cases, product, ROWS, some } from './case.js';

type Four = readonly [number, number, number, number];
type Six = readonly [number, number, ...Four];

interface Broadcast {
  readonly d: Four;
  readonly a: Four;
  readonly b: Four;
}

/** Extents, then the strides of two inputs: contiguous, transposed, and repeated along axes. */
const BROADCASTS: readonly Broadcast[] = [
  { d: [1, 1, 1, 13], a: [0, 0, 0, 1], b: [0, 0, 0, 1] },
  { d: [1, 1, 6, 7], a: [0, 0, 7, 1], b: [0, 0, 0, 1] },
  { d: [1, 3, 5, 9], a: [0, 45, 9, 1], b: [0, 9, 0, 1] },
  { d: [2, 3, 4, 5], a: [60, 20, 5, 1], b: [60, 20, 1, 4] },
  { d: [2, 3, 4, 5], a: [0, 0, 0, 0], b: [1, 2, 6, 24] },
  { d: [1, 1, 5, 1], a: [0, 0, 1, 0], b: [0, 0, 0, 0] },
  { d: [1, 1, 0, 3], a: [0, 0, 3, 1], b: [0, 0, 3, 1] },
  { d: [1, 1, 1, 100], a: [0, 0, 0, 1], b: [0, 0, 0, 0] },
];
const BROADCAST_FLOATS = 2 * 3 * 4 * 5;

/** Behind two axes of 1: the cases are older than the kernels' fifth and sixth axis, and keep their digests. */
const six = (four: Four, leading: 0 | 1): Six => [leading, leading, ...four];

function broadcast(name: 'add' | 'sub' | 'mul' | 'div'): Case {
  return (lab) => {
    for (const { d, a, b } of some(lab, BROADCASTS)) {
      const out = lab.room(product(d));
      lab.kernels[name](
        out,
        lab.awkward(BROADCAST_FLOATS),
        lab.awkward(BROADCAST_FLOATS),
        ...six(d, 1),
        ...six(a, 0),
        ...six(b, 0),
      );
      lab.done();
    }
  };
}

export const CASES: Cases<BroadcastKernels> = {
  copyStrided(lab) {
    for (const { d, b } of some(lab, BROADCASTS)) {
      const out = lab.room(product(d));
      lab.kernels.copyStrided(out, lab.awkward(BROADCAST_FLOATS), ...six(d, 1), ...six(b, 0));
      lab.done();
    }
  },
  placeRows(lab) {
    for (const [rows, n] of some(lab, ROWS)) {
      const out = lab.room(rows * (n + 3));
      lab.kernels.fill(out, rows * (n + 3), 0.5);
      lab.kernels.placeRows(out, lab.awkward(rows * n), rows, n, n + 3);
      lab.done();
    }
  },
  add: broadcast('add'),
  sub: broadcast('sub'),
  mul: broadcast('mul'),
  div: broadcast('div'),
};
