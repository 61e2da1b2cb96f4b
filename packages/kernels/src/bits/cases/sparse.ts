import type { SparseKernels } from '../../contract/sparse.js';
import type { Lab } from '../lab.js';
import { type Case, type Cases, some } from './case.js';

interface Lists {
  readonly rowStarts: number;
  readonly rowEntries: number;
  readonly columnStarts: number;
  readonly count: number;
}

/** Samples, wide and narrow, of which so many are zero. */
const SAMPLES = [
  [0, 5, 0.5],
  [1, 1, 0],
  [3, 15, 0.8],
  [5, 17, 0.5],
  [16, 49, 0.9],
  [2, 200, 1],
] as const;

/** Entries behind the last one hold what the kernel likes. */
function compress(
  lab: Lab,
  from: 'bytes' | 'floats',
  [rows, width, zeros]: readonly [number, number, number],
): Lists {
  const limit = (rows + 1) * width;
  const [rowStarts, columnStarts] = [lab.scratch(rows + 1), lab.scratch(width + 1)];
  const rowEntries = lab.scratch(2 * limit);
  const bytes = lab.bytes(rows * width, zeros);
  const table = lab.put(Array.from({ length: 256 }, (_, byte) => byte / 255));
  const { kernels } = lab;
  let count: number;
  if (from === 'bytes') {
    count = kernels.compressBytes(
      rowStarts,
      rowEntries,
      columnStarts,
      bytes,
      rows,
      width,
      table,
      limit,
    );
  } else {
    const samples = lab.room(rows * width);
    kernels.bytesToFloats(samples, bytes, rows * width, 255);
    count = kernels.compressFloats(
      rowStarts,
      rowEntries,
      columnStarts,
      samples,
      rows,
      width,
      limit,
    );
  }
  lab.take(rowStarts, rows + 1);
  lab.take(rowEntries, 2 * Math.max(count, 0));
  return { rowStarts, rowEntries, columnStarts, count };
}

function compressing(from: 'bytes' | 'floats'): Case {
  return (lab) => {
    for (const samples of SAMPLES) lab.done(compress(lab, from, samples).count);
    // Too many for the room.
    const [starts, columns, entries] = [lab.scratch(4), lab.scratch(21), lab.scratch(40)];
    const [bytes, table] = [lab.bytes(60), lab.put(Array.from({ length: 256 }, (_, byte) => byte))];
    const floats = lab.floats(60);
    lab.done(
      from === 'bytes'
        ? lab.kernels.compressBytes(starts, entries, columns, bytes, 3, 20, table, 20)
        : lab.kernels.compressFloats(starts, entries, columns, floats, 3, 20, 20),
    );
  };
}

function listed(
  lab: Lab,
  samples: readonly [number, number, number],
): Lists & { readonly columnEntries: number } {
  const [rows, width] = samples;
  const lists = compress(lab, 'bytes', samples);
  const { rowStarts, rowEntries, columnStarts, count } = lists;
  const columnEntries = lab.scratch(2 * (rows + 1) * width);
  lab.kernels.listColumns(columnStarts, columnEntries, rowStarts, rowEntries, rows, width);
  lab.take(columnStarts, width + 1);
  lab.take(columnEntries, 2 * count);
  return { ...lists, columnEntries };
}

const sparseMatmul: Case = (lab) => {
  for (const samples of some(lab, SAMPLES)) {
    const [rows, width] = samples;
    for (const p of [1, 3, 8, 20, 33]) {
      const byRow = listed(lab, samples);
      const product = lab.room(rows * p);
      const weights = lab.floats(width * p);
      lab.kernels.sparseMatmul(
        product,
        product,
        byRow.rowStarts,
        byRow.rowEntries,
        weights,
        rows,
        p,
      );
      lab.done();
      const { columnStarts, columnEntries } = listed(lab, samples);
      const [sums, total, dy] = [lab.scratch(p), lab.floats(width * p), lab.floats(rows * p)];
      lab.kernels.sparseMatmul(sums, total, columnStarts, columnEntries, dy, width, p);
      lab.done();
    }
  }
};

/** Sizes of 1, 2, 4 and 16 shards of so many rows: the first ones have more, and now and then one has none. */
function shardStarts(rows: number): number[][] {
  return [1, 2, 4, 16].map((shards) =>
    Array.from({ length: shards + 1 }, (_, shard) => Math.ceil((rows * shard) / shards)),
  );
}

const treeSparseMatmul: Case = (lab) => {
  for (const samples of some(lab, [...SAMPLES, [33, 9, 0.4], [40, 20, 0.8]] as const)) {
    const [rows, width] = samples;
    for (const starts of shardStarts(rows)) {
      for (const p of [1, 8, 20, 75]) {
        const { columnStarts, columnEntries } = listed(lab, samples);
        const [out, dy, at] = [lab.room(width * p), lab.floats(rows * p), lab.putWords(starts)];
        const lines = [columnStarts, columnEntries, dy, width, p] as const;
        lab.kernels.treeSparseMatmul(out, ...lines, at, lab.scratch(10 * p));
        lab.done();
      }
    }
  }
};

export const CASES: Cases<SparseKernels> = {
  compressBytes: compressing('bytes'),
  compressFloats: compressing('floats'),
  listColumns(lab) {
    for (const samples of some(lab, SAMPLES)) {
      listed(lab, samples);
      lab.done();
    }
  },
  sparseMatmul,
  treeSparseMatmul,
};
