// out[m, p] = A[m, k] B[k, p], batched. Tiles and blocks are chosen for speed alone (tiles.h).
#include "tiles.h"

/** B of at most this many bytes stays in a cache while all rows of A pass by, in whatever order its columns are read. */
#define SMALL_B (128 * 1024)
/** Fewer rows do not pay for packing columns that lie far apart. */
#define FEW_ROWS 16
/** So many rows pay for packing columns anew: vectors of sixteen from two panels of eight cost a tenth of the time. */
#define MANY_ROWS 256
/** Rows of b that are packed together: with the widest tile's columns they fill half of the first cache. */
#define PACKED_ROWS 192
/** Rows of a that are packed together: they stay in the second cache while all columns of b pass by. */
#define PACKED_HEIGHT (120 / TILE_ROWS * TILE_ROWS)
/** Fewer columns do not pay for packing rows. */
#define MANY_COLUMNS (8 * TILE_COLUMNS)

/** m rows of a, k of each, into panels of a tile's rows: what a tile reads of one k lies in one piece. */
static void packRows(usize out, usize a, usize aRow, usize aCol, i32 m, i32 k) {
  for (; m > 0; m -= TILE_ROWS, a += TILE_ROWS * aRow) {
    const i32 height = minInt(m, TILE_ROWS);
    if (height == TILE_ROWS && aRow == 4) {
      // A copy of known length is a few moves.
      for (i32 at = 0; at < k; at++, out += 4 * TILE_ROWS) {
        memcpy((void *)out, (const void *)(a + (usize)at * aCol), 4 * TILE_ROWS);
      }
      continue;
    }
    for (i32 at = 0; at < k; at++) {
      const usize from = a + (usize)at * aCol;
      for (i32 i = 0; i < height; i++, out += 4) store1(out, load1(from + (usize)i * aRow));
    }
  }
}

/**
 * Columns of b that lie far apart are packed on the way, and so are rows of a where that pays: rows that are a multiple of a
 * page apart would push each other out of the first cache. A block of terms after another; sums go on in `out`.
 */
static void packedProduct(usize out, usize a, usize b, i32 m, i32 p, i32 k, usize aRow, usize aCol) {
  f32 columnsOfB[PACKED_ROWS * TILE_COLUMNS] __attribute__((aligned(64)));
  f32 rowsOfA[PACKED_ROWS * PACKED_HEIGHT] __attribute__((aligned(64)));
  const usize row = (usize)p << 2;
  const i32 packsRows = p >= MANY_COLUMNS;
  for (i32 first = 0; first < k; first += PACKED_ROWS) {
    const i32 terms = minInt(k - first, PACKED_ROWS);
    for (i32 top = 0; top < m; top += PACKED_HEIGHT) {
      const i32 height = minInt(m - top, PACKED_HEIGHT);
      const usize rows = a + (usize)top * aRow + (usize)first * aCol;
      if (packsRows) packRows((usize)rowsOfA, rows, aRow, aCol, height, terms);
      for (i32 j = 0; j < p; j += TILE_COLUMNS) {
        const i32 columns = minInt(p - j, TILE_COLUMNS);
        packPanelsOf((usize)columnsOfB, b + (usize)first * row + ((usize)j << 2), row, terms, columns, TILE_COLUMNS);
        const Columns block = {(usize)columnsOfB, (usize)columns << 2, 32};
        const usize to = out + (usize)top * row + ((usize)j << 2);
        if (!packsRows) {
          columnBlock(to, row, rows, aRow, aCol, block, height, columns, terms, first == 0);
          continue;
        }
        for (i32 i = 0; i < height; i += TILE_ROWS) {
          const i32 tall = minInt(height - i, TILE_ROWS);
          columnBlock(to + (usize)i * row, row, (usize)rowsOfA + ((usize)(i * terms) << 2), 4, (usize)tall << 2, block,
                      tall, columns, terms, first == 0);
        }
      }
    }
  }
}

/** Full panels of eight columns, as packPanels leaves them; the columns behind the last one from b. */
static void panelProduct(usize out, usize a, usize b, i32 m, i32 p, i32 k, usize aRow, usize aCol, usize panels) {
  const usize row = (usize)p << 2, panel = (usize)k << 5;
  i32 left = p >> 3;
  const usize begin = out;
  for (; left >= TILE_COLUMNS / 8; left -= TILE_COLUMNS / 8) {
    const Columns wide = {panels, 32, panel};
    tilesDown(panelTiles, (Product){out, row, a, aRow, aCol, wide, k, 1}, m, 0);
    out += TILE_COLUMNS << 2;
    panels += panel * (TILE_COLUMNS / 8);
  }
#if LANES == 16
  if (left >= 2) {
    const Columns sixteen = {panels, 32, panel};
    tilesDown(panelVectorTiles, (Product){out, row, a, aRow, aCol, sixteen, k, 1}, m, 0);
    out += 64;
    panels += 2 * panel;
    left -= 2;
  }
#endif
  if (left) {
    const Columns eight = {panels, 32, 32};
    columnBlock(out, row, a, aRow, aCol, eight, m, 8, k, 1);
    out += 32;
  }
  const Columns rest = {b + (out - begin), row, 32};
  if (p & 7) columnBlock(out, row, a, aRow, aCol, rest, m, p & 7, k, 1);
}

/** Many columns of few terms: rows of the result are written whole, one tile beside the other. */
static void wideProduct(usize out, usize a, usize b, i32 m, i32 p, i32 k, usize aRow, usize aCol) {
  f32 rowsOfA[TILE_ROWS * SMALL_B / 4 / MANY_COLUMNS];
  const usize row = (usize)p << 2;
  const Columns columns = {b, row, 32};
  for (; m > 0; m -= TILE_ROWS, out += TILE_ROWS * row, a += TILE_ROWS * aRow) {
    const i32 rows = minInt(m, TILE_ROWS);
    Product of = {out, row, a, aRow, aCol, columns, k, 1};
    if (aCol != 4) {
      packRows((usize)rowsOfA, a, aRow, aCol, rows, k);
      of.a = (usize)rowsOfA;
      of.aRow = 4;
      of.aCol = (usize)rows << 2;
    }
    rowBlock(of, rows, p);
  }
}

static void product(usize out, usize a, usize b, i32 m, i32 p, i32 k, usize aRow, usize aCol) {
  const usize row = (usize)p << 2, bytes = (usize)k * row;
  if (bytes <= SMALL_B && p >= MANY_COLUMNS) {
    wideProduct(out, a, b, m, p, k, aRow, aCol);
    return;
  }
  if (bytes > SMALL_B && m >= FEW_ROWS) {
    packedProduct(out, a, b, m, p, k, aRow, aCol);
    return;
  }
  for (i32 j = 0; j < p; j += TILE_COLUMNS) {
    const Columns columns = {b + ((usize)j << 2), row, 32};
    columnBlock(out + ((usize)j << 2), row, a, aRow, aCol, columns, m, minInt(p - j, TILE_COLUMNS), k, 1);
  }
}

KERNEL(void, matmul, usize out, usize a, usize b, i32 m, i32 p, i32 k, i32 aRowStride, i32 aColStride, i32 batch,
       i32 aBatchStride, i32 bBatchStride, usize panels) {
  const usize aRow = (usize)aRowStride << 2, aCol = (usize)aColStride << 2;
  for (i32 i = 0; i < batch; i++) {
    if (panels && (LANES < 16 || m < MANY_ROWS)) panelProduct(out, a, b, m, p, k, aRow, aCol, panels);
    else product(out, a, b, m, p, k, aRow, aCol);
    out += (usize)m * (usize)p << 2;
    a += (usize)aBatchStride << 2;
    b += (usize)bBatchStride << 2;
  }
}

KERNEL(void, matmulBroadcast, usize out, usize a, usize b, i32 m, i32 p, i32 k, i32 d0, i32 d1, i32 d2, i32 d3, i32 as0,
       i32 as1, i32 as2, i32 as3, i32 bs0, i32 bs1, i32 bs2, i32 bs3) {
  const usize run = (usize)d3 * (usize)m * (usize)p << 2;
  for (i32 i = 0; i < d0; i++) {
    for (i32 j = 0; j < d1; j++) {
      for (i32 l = 0; l < d2; l++) {
        const usize x = a + ((usize)(i * as0 + j * as1 + l * as2) << 2);
        const usize y = b + ((usize)(i * bs0 + j * bs1 + l * bs2) << 2);
        kernel_matmul(out, x, y, m, p, k, k, 1, d3, as3, bs3, 0);
        out += run;
      }
    }
  }
}

/** Rows that are packed together: in each panel they are one piece of eight cache lines. */
#define PANEL_ROWS 16

KERNEL(void, packPanels, usize out, usize b, i32 k, i32 p) {
  const usize row = (usize)p << 2, panel = (usize)k << 5;
  for (; k > 0; k -= PANEL_ROWS, b += PANEL_ROWS * row, out += PANEL_ROWS << 5) {
    const i32 rows = minInt(k, PANEL_ROWS);
    usize to = out, from = b;
    i32 left = p >> 3;
    // Two panels at once: a cache line of each row.
    for (; left >= 2; left -= 2, to += 2 * panel, from += 64) {
      for (usize i = 0; i < (usize)rows; i++) {
        memcpy((void *)(to + (i << 5)), (const void *)(from + i * row), 32);
        memcpy((void *)(to + panel + (i << 5)), (const void *)(from + i * row + 32), 32);
      }
    }
    for (usize i = 0; left && i < (usize)rows; i++) memcpy((void *)(to + (i << 5)), (const void *)(from + i * row), 32);
  }
}
