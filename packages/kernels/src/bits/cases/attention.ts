import type { AttentionKernels } from '../../contract/attention.js';
import { type Case, type Cases, some } from './case.js';

/** heads, size, queries, keys, reach, threshold; the first keys mask of three is none, one of a sample, one of all. */
const SHAPES: readonly (readonly [number, number, number, number, number, number])[] = [
  [1, 1, 1, 1, 1, 0],
  [2, 4, 5, 5, 0, 0],
  [1, 8, 3, 17, 17, 0],
  [2, 5, 21, 9, 9, 0x40000000],
  [1, 13, 34, 34, 0, 0x20000000],
  [3, 7, 18, 18, 0, 0],
  [1, 16, 2, 40, 3, 0],
];

function attention(gradient: boolean): Case {
  return (lab) => {
    for (const [heads, size, queries, keys, reach, threshold] of some(lab, SHAPES)) {
      for (const [samples, masks] of [
        [0, 0],
        [2, 0],
        [2, 2],
        [1, 1],
      ] as const) {
        const width = heads * size;
        const qkvRow = 2 * width + 1;
        const [K, D] = [8 * Math.ceil(keys / 8), 8 * Math.ceil(size / 8)];
        const [q, kv] = [
          lab.floats(samples * queries * width),
          lab.floats(samples * keys * qkvRow + 1),
        ];
        const mask =
          masks === 0
            ? 0
            : lab.put(
                lab
                  .draw(masks * keys, 1)
                  .map((x, j) => (x > 0.3 || (masks === 2 && j < keys) ? 0 : x)),
              );
        const ids = lab.integers(samples, 60_000);
        const record = lab.room(samples * queries * (width + heads));
        const scratch = lab.scratch(5 * K * D + 32 * K + 48 * D);
        const heading = [samples, heads, size, queries, keys, width, qkvRow] as const;
        const weighing = [
          masks === 2 ? keys : 0,
          reach,
          1 / Math.sqrt(size),
          ids,
          threshold,
          1.25,
          ...[7, 1, 2, 3],
        ] as const;
        const lse = record + 4 * samples * queries * width;
        const inputs = [q, kv, kv + 4 * width, mask, scratch] as const;
        lab.kernels.attention(record, lse, ...inputs, ...heading, ...weighing);
        if (gradient) {
          const gradStride = queries * width + keys * qkvRow;
          // Rows of keys and of values lie between each other, and one float of each row stays as it is.
          const dq = lab.room(samples * gradStride + 1);
          const dk = dq + 4 * queries * width;
          const dout = lab.floats(samples * queries * width);
          lab.kernels.attentionGrad(
            ...[dq, dk, dk + 4 * width, dout, record, lse, ...inputs],
            ...heading,
            gradStride,
            ...weighing,
          );
        }
        lab.done();
      }
    }
  };
}

export const CASES: Cases<AttentionKernels> = {
  attention: attention(false),
  attentionGrad: attention(true),
  rotary(lab) {
    for (const [rows, length, heads, size, more] of [
      [0, 3, 1, 2, 0],
      [6, 3, 2, 2, 1],
      [4, 4, 1, 8, 0],
      [5, 5, 3, 14, 7],
    ] as const) {
      for (const sign of [1, -1]) {
        const width = heads * size + more;
        const [out, x] = [lab.room(rows * width), lab.floats(rows * width)];
        const table = lab.floats(length * size, 1);
        lab.kernels.rotary(out, x, table, rows, length, width, heads, size, sign);
        lab.done();
      }
    }
  },
};
