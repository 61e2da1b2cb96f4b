// Random cases of what goes by lists of numbers: gathers, embeddings, lists of non-zeros and the products of them.
import type { EmbeddingKernels } from '../../../contract/embedding.js';
import type { GatherKernels } from '../../../contract/gather.js';
import type { SparseKernels } from '../../../contract/sparse.js';
import type { Draw } from '../draw.js';
import type { RandomCases } from '../random-case.js';
import { shardStarts } from './matmul.js';

/** Of outer, the rows of an axis, how many are taken, and floats of a row. */
type Shape = [outer: number, length: number, count: number, inner: number];

interface Taking {
  readonly shape: Shape;
  readonly numbers: [indices: number, isFloat: number];
  readonly step: number;
}

function taking(draw: Draw): Taking {
  const { dice } = draw;
  const shape: Shape = [dice.below(4), dice.between(1, 9), draw.size(30), draw.size(40)];
  const step = dice.once(2) ? 0 : shape[2];
  const most = (step ? shape[0] : 1) * shape[2];
  const isFloat = dice.below(2);
  if (!isFloat) return { shape, numbers: [draw.integers(most, -1, shape[1]), 0], step };
  const indices = draw.integers(most, -1, shape[1]);
  const whole = Float32Array.from(draw.wordsAt(indices, most), (row) =>
    dice.once(20) ? dice.pick([NaN, -Infinity, Infinity, 3e9, -0.5, -0]) : row + dice.below(4) / 4,
  );
  return { shape, numbers: [draw.given(whole), 1], step };
}

/** Numbers of some rows of a table, some of which it has not. */
function tokens(draw: Draw): [tokens: number, count: number, vocabulary: number, size: number] {
  const [count, vocabulary] = [draw.size(60), draw.count(20)];
  const size = draw.size(draw.isLarge ? 500 : 70);
  return [draw.integers(count, -1, vocabulary), count, vocabulary, size];
}

/** rows and width of samples. */
function samples(draw: Draw): [rows: number, width: number] {
  return [draw.size(9), draw.size(150)];
}

/** Where the lists of samples go: they count if all fitted. */
function lists(draw: Draw, [rows, width]: [number, number]) {
  const limit = draw.dice.once(6) ? draw.dice.below(rows * width + 1) : (rows + 1) * width;
  const ifAll = (n: number) => (returned: number) => (returned < 0 ? 0 : n);
  return {
    rowStarts: draw.scratch(rows + 1, ifAll(rows + 1)),
    entries: draw.scratch(2 * limit, (returned) => 2 * Math.max(0, returned)),
    columnStarts: draw.scratch(width + 1, ifAll(width + 1)),
    limit,
  };
}

interface Listed {
  readonly starts: number;
  readonly entries: number;
  /** Of each column, how many entries it has. */
  readonly counts: number[];
  readonly entryCount: number;
}

/** Lines with entries at some of the columns, ascending; the first line may begin behind entries of others. */
function list(draw: Draw, lines: number, columns: number, before: number): Listed {
  const { dice } = draw;
  const starts = [before];
  const indices = Array.from({ length: before }, () => dice.below(columns));
  const counts = Array<number>(columns).fill(0);
  const share = dice.pick([1, 2, 4, 9]);
  for (let line = 0; line < lines; line++) {
    for (let column = 0; column < columns; column++) {
      if (!dice.once(share)) continue;
      indices.push(column);
      counts[column]!++;
    }
    starts.push(indices.length);
  }
  const entries = draw.floats(2 * indices.length);
  const words = draw.wordsAt(entries, 2 * indices.length);
  for (const [i, index] of indices.entries()) words[2 * i] = index;
  return { starts: draw.words(starts), entries, counts, entryCount: indices.length };
}

export const CASES: RandomCases<EmbeddingKernels & GatherKernels & SparseKernels> = {
  gather(draw) {
    const { shape, numbers, step } = taking(draw);
    const [outer, length, count, inner] = shape;
    const x = draw.floats(outer * length * inner);
    return [draw.room(outer * count * inner), x, ...numbers, ...shape, step];
  },
  gatherGrad(draw) {
    const { shape, numbers, step } = taking(draw);
    const [outer, length, count, inner] = shape;
    const d = draw.floats(outer * count * inner);
    return [draw.room(outer * length * inner), d, ...numbers, ...shape, step];
  },
  embedding(draw) {
    const [given, count, vocabulary, size] = tokens(draw);
    const table = draw.floats(vocabulary * size);
    return [draw.room(count * size), given, table, count, vocabulary, size];
  },
  embeddingGrad(draw) {
    const [given, count, vocabulary, size] = tokens(draw);
    const out = draw.floats(vocabulary * size);
    const own = draw.dice.once(2) ? out : draw.room(1);
    const links = draw.scratch(vocabulary + count);
    const d = draw.floats(count * size);
    return [
      ...([own, out, links, given, d, count, vocabulary, size] as const),
      draw.dice.between(-1, vocabulary),
    ];
  },

  compressBytes(draw) {
    const [rows, width] = samples(draw);
    const { rowStarts, entries, columnStarts, limit } = lists(draw, [rows, width]);
    const table = draw.floats(256);
    const values = draw.at(table, 256);
    for (let i = 0; i < 256; i++) values[i] = i === 0 ? 0 : values[i] || 1;
    const bytes = draw.bytes(rows * width);
    return [rowStarts, entries, columnStarts, bytes, rows, width, table, limit];
  },
  compressFloats(draw) {
    const [rows, width] = samples(draw);
    const { rowStarts, entries, columnStarts, limit } = lists(draw, [rows, width]);
    return [rowStarts, entries, columnStarts, draw.floats(rows * width), rows, width, limit];
  },
  listColumns(draw) {
    const [rows, width] = samples(draw);
    const { starts, entries, counts, entryCount } = list(draw, rows, width, 0);
    // As compressing leaves them.
    const columnStarts = draw.words([0, ...counts]);
    return [columnStarts, draw.room(2 * entryCount), starts, entries, rows, width];
  },
  sparseMatmul(draw) {
    const lines = draw.size(draw.dice.once(8) ? 150 : 9);
    const [columns, p] = [draw.count(150), draw.size(300)];
    const { starts, entries } = list(draw, lines, columns, draw.dice.once(4) ? 3 : 0);
    const isAdded = draw.dice.once(2);
    const out = isAdded ? draw.floats(lines * p) : draw.room(lines * p);
    const sums = isAdded ? draw.scratch(p) : out;
    return [sums, out, starts, entries, draw.floats(columns * p), lines, p];
  },
  treeSparseMatmul(draw) {
    const lines = draw.size(draw.dice.once(8) ? 150 : 9);
    const [columns, p] = [draw.count(150), draw.size(300)];
    const { starts, entries } = list(draw, lines, columns, draw.dice.once(4) ? 3 : 0);
    const b = draw.floats(columns * p);
    const cuts = draw.words(shardStarts(draw, columns));
    return [draw.room(lines * p), starts, entries, b, lines, p, cuts, draw.scratch(10 * p)];
  },
};
