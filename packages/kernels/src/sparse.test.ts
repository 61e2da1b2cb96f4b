import { describe, expect, test } from 'vitest';
import { createArena, type Span } from './bits/arena.js';
import { randomFloats } from './bits/values.js';
import { expectSameBits } from './testing/values.js';
import { wasm } from './wasm.js';

const arena = createArena(wasm);
const { kernels: k } = arena;

interface Lists {
  rowStarts: Span;
  rowEntries: Span;
  columnStarts: Span;
  columnEntries: Span;
  count: number;
}

/** Bytes of which a share is zero, at an address that is no multiple of 4. */
function sparseBytes(
  rows: number,
  width: number,
  zeros: number,
): { at: number; bytes: Uint8Array } {
  const span = arena.room(Math.ceil((rows * width + 3) / 4) + 1);
  const at = span.at + 3;
  const bytes = new Uint8Array(arena.memory.buffer, at, rows * width);
  for (let i = 0; i < bytes.length; i++) {
    const random = Math.imul(i + 1, 2654435761) >>> 8;
    bytes[i] = random % 100 < zeros ? 0 : 1 + (random % 255);
  }
  return { at, bytes };
}

function compress(
  rows: number,
  width: number,
  run: (rowStarts: number, entries: number, columnStarts: number, limit: number) => number,
): Lists {
  const limit = (rows + 1) * width;
  const rowStarts = arena.room(rows + 1);
  const rowEntries = arena.room(2 * limit);
  const columnStarts = arena.room(width + 1);
  const columnEntries = arena.room(2 * limit);
  const count = run(rowStarts.at, rowEntries.at, columnStarts.at, limit);
  k.listColumns(columnStarts.at, columnEntries.at, rowStarts.at, rowEntries.at, rows, width);
  return { rowStarts, rowEntries, columnStarts, columnEntries, count };
}

/** What a list says, as a dense matrix. */
function expand(starts: Span, entries: Span, lines: number, width: number): Float32Array {
  const dense = new Float32Array(lines * width);
  for (let line = 0; line < lines; line++) {
    let last = -1;
    for (let e = starts.i32[line]!; e < starts.i32[line + 1]!; e++) {
      const index = entries.i32[2 * e]!;
      expect(index).toBeGreaterThan(last);
      last = index;
      dense[line * width + index] = entries.f32[2 * e + 1]!;
    }
  }
  return dense;
}

function transpose(matrix: Float32Array, rows: number, columns: number): Float32Array {
  return matrix.map((_, i) => matrix[(i % rows) * columns + Math.floor(i / rows)]!);
}

describe.each([0, 50, 81, 100])('samples of which %i % are zero', (zeros) => {
  /** Made up, dense and as lists of their non-zeros. */
  function samples(rows: number, width: number) {
    const { at, bytes } = sparseBytes(rows, width, zeros);
    const tableAt = arena.put(table).at;
    const x = arena.put(Float32Array.from(bytes, (byte) => table[byte]!));
    const lists = compress(rows, width, (starts, entries, columns, limit) =>
      k.compressBytes(starts, entries, columns, at, rows, width, tableAt, limit),
    );
    return { x, lists };
  }

  const table = Float32Array.from({ length: 256 }, (_, byte) => Math.fround(byte / 255));

  test('are listed by rows and by columns, whatever their shape', () => {
    for (const [rows, width] of [
      [0, 5],
      [1, 1],
      [3, 15],
      [4, 16],
      [5, 17],
      [16, 49],
      [2, 784],
    ] as const) {
      arena.reset();
      const { at, bytes } = sparseBytes(rows, width, zeros);
      const values = Float32Array.from(bytes, (byte) => table[byte]!);
      const tableAt = arena.put(table).at;
      const floats = arena.put(values.map((x) => (x === 0 ? -0 : x)));
      for (const lists of [
        compress(rows, width, (starts, entries, columns, limit) =>
          k.compressBytes(starts, entries, columns, at, rows, width, tableAt, limit),
        ),
        compress(rows, width, (starts, entries, columns, limit) =>
          k.compressFloats(starts, entries, columns, floats.at, rows, width, limit),
        ),
      ]) {
        arena.check();
        expect(lists.count).toBe(values.filter((x) => x !== 0).length);
        expectSameBits(expand(lists.rowStarts, lists.rowEntries, rows, width), values);
        expectSameBits(
          expand(lists.columnStarts, lists.columnEntries, width, rows),
          transpose(values, rows, width),
        );
      }
    }
  });

  test('give products with the bits of the dense ones, forward, transposed and accumulated', () => {
    const [rows, width] = [9, 37];
    for (const p of [1, 3, 4, 10, 16, 21, 32, 51]) {
      arena.reset();
      const { x, lists } = samples(rows, width);
      const w = arena.put(randomFloats(width * p, 1));
      const d = arena.put(randomFloats(rows * p, 2));
      const [dense, sparse] = [arena.room(rows * p), arena.room(rows * p)];
      k.matmul(dense.at, x.at, w.at, rows, p, width, width, 1, 1, 0, 0, 0);
      k.sparseMatmul(sparse.at, sparse.at, lists.rowStarts.at, lists.rowEntries.at, w.at, rows, p);
      expectSameBits(sparse.f32, dense.f32);

      const before = arena.put(randomFloats(width * p, 3));
      const sums = arena.room(p);
      const [denseGradient, gradient, sum] = [
        arena.room(width * p),
        arena.room(width * p),
        arena.put(before.f32),
      ];
      const { columnStarts, columnEntries } = lists;
      k.matmul(denseGradient.at, x.at, d.at, width, p, rows, 1, width, 1, 0, 0, 0);
      k.sparseMatmul(gradient.at, gradient.at, columnStarts.at, columnEntries.at, d.at, width, p);
      expectSameBits(gradient.f32, denseGradient.f32);
      k.sparseMatmul(sums.at, sum.at, columnStarts.at, columnEntries.at, d.at, width, p);
      k.addInto(before.at, denseGradient.at, width * p);
      expectSameBits(sum.f32, before.f32);
      arena.check();
    }
  });

  test('of some shards give the bits of the dense product over the tree', () => {
    const width = 23;
    for (const starts of [
      [0, 9],
      [0, 4, 9],
      [0, 0, 3, 3, 9],
      [0, 2, 4, 6, 8, 10, 12, 14, 17],
      [0, 1, 1, 1, 2, 2, 5, 5, 5, 5, 6, 6, 6, 6, 7, 9, 20],
    ]) {
      const [shards, rows] = [starts.length - 1, starts.at(-1)!];
      for (const p of [1, 4, 21, 32, 75]) {
        arena.reset();
        const { x, lists } = samples(rows, width);
        const d = arena.put(randomFloats(rows * p, 2));
        const [dense, sparse] = [arena.room(width * p), arena.room(width * p)];
        const ats = arena.putInts(starts).at;
        const scratch = arena.room(rows * (width + p + 10) + 320 + 10 * p).at;
        k.treeMatmulTransposed(dense.at, x.at, d.at, width, p, ats, shards, 1, scratch);
        const lines = [lists.columnStarts.at, lists.columnEntries.at, d.at, width, p] as const;
        k.treeSparseMatmul(sparse.at, ...lines, ats, scratch);
        expectSameBits(sparse.f32, dense.f32);
        arena.check();
      }
    }
  });
});

test('a matrix with more non-zeros than there is room for is refused, and nothing outside is written', () => {
  const [rows, width] = [8, 20];
  for (const limit of [0, 19, 20, 60, 159]) {
    arena.reset();
    const { at } = sparseBytes(rows, width, 0);
    const tableAt = arena.put(new Float32Array(256).fill(1, 1)).at;
    const [starts, entries, columns] = [
      arena.room(rows + 1),
      arena.room(2 * limit),
      arena.room(width + 1),
    ];
    const floats = arena.put(new Float32Array(rows * width).fill(2));
    const bytesCount = k.compressBytes(
      starts.at,
      entries.at,
      columns.at,
      at,
      rows,
      width,
      tableAt,
      limit,
    );
    const floatsCount = k.compressFloats(
      starts.at,
      entries.at,
      columns.at,
      floats.at,
      rows,
      width,
      limit,
    );
    expect([bytesCount, floatsCount]).toEqual([-1, -1]);
    arena.check();
  }
});
