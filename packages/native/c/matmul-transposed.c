// out[m, p] = Aᵀ D over many rows: a [rows, m], d [rows, p], as gradients of weights are. Rows are taken in blocks of which
// both sides are packed in the order in which tiles read them; sums go on in `out` from block to block, so the bits are those
// of `matmul`. Of several shards each has such sums of its own, which are added along the tree, left + right, before anything
// is stored.
#include "tiles.h"

/** Rows of a block: the contract's scratch has room for so many. */
#define BLOCK_ROWS 256
/** Fewer rows are near enough to each other as they lie. */
#define FEW_BLOCK_ROWS 96

KERNEL(void, matmulTransposed, usize out, usize a, usize d, i32 m, i32 p, i32 rows, usize scratch) {
  const usize aRow = (usize)m << 2, dRow = (usize)p << 2;
  if (rows <= FEW_BLOCK_ROWS) {
    kernel_matmul(out, a, d, m, p, rows, 1, m, 1, 0, 0, 0);
    return;
  }
  for (i32 first = 0; first < rows; first += BLOCK_ROWS) {
    const i32 count = minInt(rows - first, BLOCK_ROWS);
    const usize aPanels = scratch, dPanels = scratch + ((usize)m * (usize)count << 2);
    packPanelsOf(aPanels, a + (usize)first * aRow, aRow, count, m, TILE_ROWS);
    packPanelsOf(dPanels, d + (usize)first * dRow, dRow, count, p, TILE_COLUMNS);
    for (i32 j = 0; j < p; j += TILE_COLUMNS) {
      const i32 columns = minInt(p - j, TILE_COLUMNS);
      const Columns panel = {dPanels + ((usize)j * (usize)count << 2), (usize)columns << 2, 32};
      for (i32 i = 0; i < m; i += TILE_ROWS) {
        const i32 height = minInt(m - i, TILE_ROWS);
        columnBlock(out + (usize)i * dRow + ((usize)j << 2), dRow, aPanels + ((usize)i * (usize)count << 2), 4,
                    (usize)height << 2, panel, height, columns, count, first == 0);
      }
    }
  }
}

/** Of 1024 shards. */
#define MOST_LEVELS 10

/**
 * rows by `vectors` vectors of columns (of `last` lanes, if they are `partial`) of the sum over the shards; a and d lie in
 * panels, d's `dRow` bytes from one row to the next. A shard of an odd number ends as many blocks as its number has ones at its
 * end; sums wait for the right half of their block, a level of the tree each.
 *
 * rows, vectors and partial are literals.
 */
INLINE void shardsTile(const i32 rows, const i32 vectors, const i32 partial, usize out, usize outRow, usize a, usize d,
                       usize dRow, usize starts, i32 shards, i32 rowsOfSample, i32 last) {
  vf waiting[MOST_LEVELS][TILE_ROWS][TILE_VECTORS];
  vf c[TILE_ROWS][TILE_VECTORS];
#define EACH_VECTOR                      \
  _Pragma("GCC unroll 12")               \
  for (i32 i = 0; i < rows; i++)         \
    _Pragma("GCC unroll 2")              \
    for (i32 v = 0; v < vectors; v++)
  i32 shard = 0;
  do {
    EACH_VECTOR c[i][v] = splat(0);
    for (i32 k = rowsOfSample * (loadInt(starts + 4) - loadInt(starts)); k > 0; --k) {
      vf x[TILE_VECTORS];
#pragma GCC unroll 2
      for (i32 v = 0; v < vectors; v++) {
        x[v] = partial ? loadPart(d, last, splat(0)) : load(d + (usize)v * WIDE);
      }
#pragma GCC unroll 12
      for (i32 i = 0; i < rows; i++) {
#pragma GCC unroll 2
        for (i32 v = 0; v < vectors; v++) c[i][v] = c[i][v] + times1(a + ((usize)i << 2), x[v]);
      }
      a += (usize)rows << 2;
      d += dRow;
    }
    i32 level = 0;
    for (; shard >> level & 1; level++) {
      EACH_VECTOR c[i][v] = waiting[level][i][v] + c[i][v];
    }
    if (shard + 1 < shards) {
      EACH_VECTOR waiting[level][i][v] = c[i][v];
    }
    starts += 4;
  } while (++shard < shards);
  EACH_VECTOR storeSome(out + (usize)i * outRow + (usize)v * WIDE, c[i][v], partial ? last : LANES);
#undef EACH_VECTOR
}

/** All rows of the result, of so many columns; a's panels lie one after another. */
INLINE void shardsColumns(const i32 vectors, const i32 partial, usize out, usize outRow, usize a, i32 m, i32 terms, usize d,
                          usize dRow, usize starts, i32 shards, i32 rowsOfSample, i32 last) {
#define TILE(ROWS)                                                                                              \
  case ROWS:                                                                                                    \
    shardsTile(ROWS, vectors, partial, out, outRow, a, d, dRow, starts, shards, rowsOfSample, last);            \
    break;
  for (; m > 0; m -= TILE_ROWS, a += (usize)TILE_ROWS * (usize)terms << 2, out += TILE_ROWS * outRow) {
    switch (minInt(m, TILE_ROWS)) { EACH_HEIGHT(TILE) }
  }
#undef TILE
}

KERNEL(void, treeMatmulTransposed, usize out, usize a, usize d, i32 m, i32 p, usize starts, i32 shards, i32 rowsOfSample,
       usize scratch) {
  const i32 rows = rowsOfSample * loadInt(starts + ((usize)shards << 2));
  const usize outRow = (usize)p << 2;
  const usize aPanels = scratch, dPanels = scratch + ((usize)m * (usize)rows << 2);
  packPanelsOf(aPanels, a, (usize)m << 2, rows, m, TILE_ROWS);
  packPanelsOf(dPanels, d, outRow, rows, p, TILE_COLUMNS);
  for (i32 j = 0; j < p; j += TILE_COLUMNS) {
    i32 columns = minInt(p - j, TILE_COLUMNS);
    const usize dRow = (usize)columns << 2;
    usize to = out + ((usize)j << 2), panel = dPanels + ((usize)j * (usize)rows << 2);
    if (columns == TILE_COLUMNS) {
      shardsColumns(TILE_VECTORS, 0, to, outRow, aPanels, m, rows, panel, dRow, starts, shards, rowsOfSample, 0);
      continue;
    }
    if (columns >= LANES) {
      shardsColumns(1, 0, to, outRow, aPanels, m, rows, panel, dRow, starts, shards, rowsOfSample, 0);
      to += WIDE;
      panel += WIDE;
      columns -= LANES;
    }
    if (columns) {
      shardsColumns(1, 1, to, outRow, aPanels, m, rows, panel, dRow, starts, shards, rowsOfSample, columns);
    }
  }
}
