// Random cases of attention and of rotary positions: heads, masks, reach, dropout.
import type { AttentionKernels } from '../../../contract/attention.js';
import type { Draw } from '../draw.js';
import type { RandomCases } from '../random-case.js';

type Heads = [
  ...[samples: number, heads: number, size: number, queries: number, keys: number],
  ...[qRowStride: number, kvRowStride: number],
];
type Weighing = [
  ...[maskStride: number, reach: number, scale: number, ids: number, threshold: number],
  ...[kept: number, seedLo: number, seedHi: number, stream: number, epoch: number],
];

interface Drawn {
  readonly heads: Heads;
  readonly weighing: Weighing;
  readonly inputs: [q: number, k: number, v: number, mask: number];
  /** Floats of all heads of a row. */
  readonly width: number;
  /** Keys and a head's size, in full eights. */
  readonly full: [K: number, D: number];
}

/** Rows that many floats apart, without what lies behind the last one. */
function apart(draw: Draw, rows: number, width: number, stride: number): number {
  return draw.floats(rows && (rows - 1) * stride + width);
}

function attention(draw: Draw): Drawn {
  const { dice } = draw;
  const samples = dice.once(12) ? 0 : dice.between(1, 2);
  const [heads, size] = [dice.between(1, 3), dice.between(1, dice.pick([5, 18]))];
  const [queries, keys] = [dice.between(1, 20), dice.between(1, dice.pick([9, 40]))];
  const width = heads * size;
  const gap = (): number => (dice.once(2) ? 0 : dice.between(1, 9));
  const [qRow, kvRow] = [width + gap(), width + gap()];
  const masks = dice.pick([0, 1, samples]);
  return {
    heads: [samples, heads, size, queries, keys, qRow, kvRow],
    weighing: [
      masks > 1 || (masks === 1 && samples === 1 && dice.once(2)) ? keys : 0,
      dice.pick([0, keys, dice.between(-1, keys)]),
      dice.pick([1, Math.fround(1 / Math.sqrt(size))]),
      draw.integers(samples, 0, 60_000),
      dice.once(2) ? 0 : draw.word(),
      dice.pick([1, 1.25, 2]),
      ...([draw.word(), draw.word(), dice.below(9), dice.below(9)] as const),
    ],
    inputs: [
      apart(draw, samples * queries, width, qRow),
      apart(draw, samples * keys, width, kvRow),
      apart(draw, samples * keys, width, kvRow),
      masks && draw.floats(masks * keys),
    ],
    width,
    full: [8 * Math.ceil(keys / 8), 8 * Math.ceil(size / 8)],
  };
}

export const CASES: RandomCases<AttentionKernels> = {
  attention(draw) {
    const { heads, weighing, inputs, width, full } = attention(draw);
    const [samples, count, , queries] = heads;
    const [K, D] = full;
    const [out, lse] = [draw.room(samples * queries * width), draw.room(samples * queries * count)];
    const scratch = draw.scratch(2 * K * D + 4 * K + 8 * D);
    return [out, lse, ...inputs, scratch, ...heads, ...weighing];
  },
  attentionGrad(draw) {
    const { heads, weighing, inputs, width, full } = attention(draw);
    const [samples, count, , queries, keys, qRow, kvRow] = heads;
    const [K, D] = full;
    const gradStride = Math.max(queries * qRow, keys * kvRow) + draw.dice.below(4);
    // What lies between rows stays as it is.
    const gradients = [
      draw.floats(samples * gradStride),
      draw.floats(samples * gradStride),
      draw.floats(samples * gradStride),
    ] as const;
    const size = samples * queries * width;
    const left = [draw.floats(size), draw.floats(size), draw.floats(samples * queries * count)];
    const scratch = draw.scratch(5 * K * D + 32 * K + 48 * D);
    return [
      ...gradients,
      ...(left as [number, number, number]),
      ...inputs,
      scratch,
      ...heads,
      gradStride,
      ...weighing,
    ];
  },
  rotary(draw) {
    const { dice } = draw;
    const [heads, size] = [dice.between(1, 3), 2 * dice.between(1, 18)];
    const [rows, length] = [dice.below(12), dice.between(1, 6)];
    const width = heads * size + (dice.once(2) ? 0 : dice.between(1, 20));
    const [x, table] = [draw.floats(rows * width), draw.floats(length * size)];
    const given = [rows, length, width, heads, size, dice.pick([1, -1])] as const;
    return [draw.room(rows * width), x, table, ...given];
  },
};
