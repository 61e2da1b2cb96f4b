// Strided reads over [d0, ..., d5]: the copy, and add, sub, mul, div with broadcasting.
#include "broadcast.h"

INLINE vf sumOf(vf a, vf b) { return a + b; }
INLINE vf differenceOf(vf a, vf b) { return a - b; }
INLINE vf productOf(vf a, vf b) { return a * b; }
INLINE vf quotientOf(vf a, vf b) { return a / b; }
INLINE vf firstOf(vf a, vf b) {
  (void)b;
  return a;
}

KERNEL(void, add, usize out, usize a, usize b, i32 d0, i32 d1, i32 d2, i32 d3, i32 d4, i32 d5, i32 as0, i32 as1,
       i32 as2, i32 as3, i32 as4, i32 as5, i32 bs0, i32 bs1, i32 bs2, i32 bs3, i32 bs4, i32 bs5) {
  BROADCAST(sumOf);
}

KERNEL(void, sub, usize out, usize a, usize b, i32 d0, i32 d1, i32 d2, i32 d3, i32 d4, i32 d5, i32 as0, i32 as1,
       i32 as2, i32 as3, i32 as4, i32 as5, i32 bs0, i32 bs1, i32 bs2, i32 bs3, i32 bs4, i32 bs5) {
  BROADCAST(differenceOf);
}

KERNEL(void, mul, usize out, usize a, usize b, i32 d0, i32 d1, i32 d2, i32 d3, i32 d4, i32 d5, i32 as0, i32 as1,
       i32 as2, i32 as3, i32 as4, i32 as5, i32 bs0, i32 bs1, i32 bs2, i32 bs3, i32 bs4, i32 bs5) {
  BROADCAST(productOf);
}

KERNEL(void, div, usize out, usize a, usize b, i32 d0, i32 d1, i32 d2, i32 d3, i32 d4, i32 d5, i32 as0, i32 as1,
       i32 as2, i32 as3, i32 as4, i32 as5, i32 bs0, i32 bs1, i32 bs2, i32 bs3, i32 bs4, i32 bs5) {
  BROADCAST(quotientOf);
}

/** Columns and rows of a block: full cache lines on both sides. */
#define BLOCK 16

/** Four columns of r (1 to LANES) rows. */
INLINE void transposeTile(usize out, usize a, usize outRow, usize aRow, i32 r) {
  vf v[4];
  for (i32 i = 0; i < 4; i++) v[i] = loadFours(a + (i < r ? (usize)i * aRow : 0), 4 * aRow, (r + 3 - i) / 4);
  transposeFours(v);
  for (usize i = 0; i < 4; i++) storeSome(out + i * outRow, v[i], r);
}

/** out [columns, rows] from a [rows, columns], whose rows are `aRow` bytes apart. */
static void transpose(usize out, usize a, i32 columns, i32 rows, usize aRow) {
  const usize outRow = (usize)rows << 2;
  const i32 wholeColumns = columns & ~3;
  for (i32 column = 0; column < wholeColumns; column += BLOCK) {
    const i32 endColumn = minInt(column + BLOCK, wholeColumns);
    for (i32 row = 0; row < rows; row += BLOCK) {
      const i32 endRow = minInt(row + BLOCK, rows);
      for (i32 c = column; c < endColumn; c += 4) {
        for (i32 r = row; r < endRow; r += LANES) {
          const usize to = out + (usize)c * outRow + ((usize)r << 2), from = a + (usize)r * aRow + ((usize)c << 2);
          if (endRow - r >= LANES) transposeTile(to, from, outRow, aRow, LANES);
          else transposeTile(to, from, outRow, aRow, endRow - r);
        }
      }
    }
  }
  for (i32 c = wholeColumns; c < columns; c++) {
    usize from = a + ((usize)c << 2), to = out + (usize)c * outRow;
    for (i32 i = 0; i < rows; i++, from += aRow, to += 4) store1(to, load1(from));
  }
}

KERNEL(void, copyStrided, usize out, usize a, i32 d0, i32 d1, i32 d2, i32 d3, i32 d4, i32 d5, i32 s0, i32 s1, i32 s2,
       i32 s3, i32 s4, i32 s5) {
  if (IS_ROW) {
    zipAnyRow(firstOf, out, a, a, d5, (usize)(4 * (i64)s5), (usize)(4 * (i64)s5));
    return;
  }
  Axis axes[AXES] = COPY_AXES;
  mergeAxes(axes);
  const Axis columns = axes[4], row = axes[5];
  if (columns.a != 4 || columns.count == 1 || row.a == 0) {
    zip(firstOf, out, a, a, axes);
    return;
  }
  for (i64 i = 0; i < axes[0].count; i++) {
    for (i64 j = 0; j < axes[1].count; j++) {
      for (i64 k = 0; k < axes[2].count; k++) {
        for (i64 l = 0; l < axes[3].count; l++) {
          const usize from = a + (usize)(i * axes[0].a + j * axes[1].a + k * axes[2].a + l * axes[3].a);
          transpose(out, from, (i32)columns.count, (i32)row.count, (usize)row.a);
          out += (usize)(columns.count * row.count) << 2;
        }
      }
    }
  }
}

KERNEL(void, placeRows, usize out, usize a, i32 rows, i32 n, i32 stride) {
  const usize row = (usize)n << 2;
  for (; rows > 0; --rows, out += (usize)stride << 2, a += row) memcpy((void *)out, (const void *)a, row);
}
