// Random cases of products of matrices: strided, batched, broadcast, with and without panels.
import type { MatmulKernels } from '../../../contract/matmul.js';
import type { Draw } from '../draw.js';
import type { RandomCases } from '../random-case.js';

const MOST_TERMS = 40_000;

/** m, p, k: narrow or wide, with few or many terms, of a bounded cost; of large ones b fills a cache. */
function sizes(draw: Draw): [m: number, p: number, k: number] {
  const { dice } = draw;
  if (draw.isLarge) {
    const p = dice.between(64, 320);
    return [dice.between(1, 24), p, Math.ceil(dice.between(28_000, 50_000) / p)];
  }
  for (;;) {
    const [m, p, k] = [draw.size(60), draw.size(150), draw.size(300)];
    if (m * p * k <= MOST_TERMS && k * (m + p) <= MOST_TERMS) return [m, p, k];
  }
}

/** b [k, p] as packPanels leaves it; 0 for none. */
export function panelsOf(draw: Draw, b: number, k: number, p: number): number {
  if (draw.dice.once(2)) return 0;
  const values = draw.wordsAt(b, k * p);
  const panels = new Uint32Array(8 * k * Math.floor(p / 8));
  for (let i = 0; i < panels.length; i++) {
    const [panel, row, lane] = [Math.floor(i / (8 * k)), (i >> 3) % k, i & 7];
    panels[i] = values[row * p + 8 * panel + lane]!;
  }
  return draw.words(panels);
}

/** Where each of a power of two of shards begins, and the one behind: of one size, or of any, among them none. */
export function shardStarts({ dice }: Draw, samples: number): number[] {
  const shards = 1 << (dice.once(8) ? dice.between(0, 10) : dice.between(0, 4));
  if (dice.once(2)) {
    return Array.from({ length: shards + 1 }, (_, shard) => Math.floor((samples * shard) / shards));
  }
  const cuts = Array.from({ length: shards - 1 }, () => dice.between(0, samples));
  return [0, ...cuts.sort((one, other) => one - other), samples];
}

type Four = [number, number, number, number];

/** Up to four axes of matrices. */
function dimensions({ dice }: Draw): Four {
  return [1, dice.between(1, 2), dice.between(1, 3), dice.once(10) ? 0 : dice.between(1, 3)];
}

/** Distances of matrices of n elements along the axes, or 0, and how many elements there are. */
function strided({ dice }: Draw, d: Four, n: number): [Four, number] {
  const strides: Four = [0, 0, 0, 0];
  let length = n;
  for (let axis = 3; axis >= 0; axis--) {
    if (dice.once(3)) continue;
    strides[axis] = length;
    length *= d[axis]!;
  }
  return [strides, length];
}

export const CASES: RandomCases<MatmulKernels> = {
  matmul(draw) {
    const { dice } = draw;
    const [m, p, k] = sizes(draw);
    const gap = dice.once(4) ? dice.between(1, 5) : 0;
    const step = dice.once(8) ? 2 : 1;
    const [rowStride, columnStride] = dice.once(2)
      ? [step * (k + gap), step]
      : [step, step * (m + gap)];
    const batch = draw.isLarge || dice.once(2) ? 1 : dice.below(4);
    const aLength = m && k ? 1 + (m - 1) * rowStride + (k - 1) * columnStride : 0;
    const [aStride, bStride] = [dice.once(2) ? 0 : aLength, dice.once(2) ? 0 : k * p + gap];
    const more = Math.max(0, batch - 1);
    const a = draw.floats(batch && aLength && aLength + more * aStride);
    const b = draw.floats(batch && k * p && k * p + more * bStride);
    const panels = batch === 1 ? panelsOf(draw, b, k, p) : 0;
    const out = draw.room(batch * m * p);
    return [out, a, b, m, p, k, rowStride, columnStride, batch, aStride, bStride, panels];
  },
  matmulBroadcast(draw) {
    const d = dimensions(draw);
    const count = d[0] * d[1] * d[2] * d[3];
    const [m, p, k] = [draw.size(20), draw.size(40), draw.size(40)];
    const [as, aLength] = strided(draw, d, m * k);
    const [bs, bLength] = strided(draw, d, k * p);
    const [a, b] = [draw.floats(count && aLength), draw.floats(count && bLength)];
    return [draw.room(count * m * p), a, b, m, p, k, ...d, ...as, ...bs];
  },
  packPanels(draw) {
    const [k, p] = [draw.size(100), draw.size(100)];
    return [draw.room(8 * k * Math.floor(p / 8)), draw.floats(k * p), k, p];
  },
  matmulTransposed(draw) {
    const [m, p, rows] = sizes(draw);
    const [a, d] = [draw.floats(rows * m), draw.floats(rows * p)];
    return [draw.room(m * p), a, d, m, p, rows, draw.scratch(256 * (m + p + 10))];
  },
  treeMatmulTransposed(draw) {
    const [m, p, samples] = sizes(draw);
    const rowsOfSample = samples < 100 ? draw.dice.between(1, 3) : 1;
    const rows = samples * rowsOfSample;
    const [a, d] = [draw.floats(rows * m), draw.floats(rows * p)];
    const cuts = shardStarts(draw, samples);
    const starts = draw.words(cuts);
    const scratch = draw.scratch(rows * (m + p + 10) + 320);
    return [draw.room(m * p), a, d, m, p, starts, cuts.length - 1, rowsOfSample, scratch];
  },
};
