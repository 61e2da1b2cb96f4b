// out[m, p] = Aᵀ D over many rows: a [rows, m], d [rows, p], as gradients of weights are. Rows are taken in blocks of which
// both sides are packed in the order in which tiles read them; sums go on in `out` from block to block, so the bits are those
// of `matmul`.
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
