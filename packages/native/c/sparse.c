// Products with a matrix of samples by its non-zeros, as kernels/assembly/sparse.ts. Lanes are columns of the
// product; each is one accumulator that takes its line's terms in their order.
#include "lanes.h"
#include "non-zeros.h"

/** Vectors of a product's columns that are summed at once, in registers. */
#define SPARSE_VECTORS 8
/** A line of more entries than this is long. */
#define LONG_LINE 64
#define ENTRIES_AHEAD 8
/** Lines that take the same rows of b together: rows of so many bytes, though not all are taken, and not fewer. */
#define LINES 64
#define BLOCK_BYTES 49152
#define LEAST_HEIGHT 16

/** An entry: an index, and behind it the bits of a float. */
INLINE void putEntry(usize p, i32 index, i32 bits) {
  storeInt(p, index);
  storeInt(p + 4, bits);
}

/** Bytes from the first row to the row of an entry. */
INLINE usize rowOf(usize entry, usize stride) { return (usize)(u32)loadInt(entry) * stride; }

/** One more for a column, in the slot behind it: what `listColumns` goes on from. */
INLINE void countColumn(usize columnStarts, usize column) {
  const usize slot = columnStarts + (column << 2) + 4;
  storeInt(slot, loadInt(slot) + 1);
}

/** One bit a byte of up to 64 that is not 0. */
INLINE u64 nonZeroBytes(usize bytes, usize length) {
  if (length >= 64) return nonZeros64(bytes);
  u64 mask = 0;
  usize i = 0;
  for (; i + 8 <= length; i += 8) mask |= nonZeros8(bytes + i) << i;
  for (; i < length; i++) mask |= (u64)(loadByte(bytes + i) != 0) << i;
  return mask;
}

KERNEL(i32, compressBytes, usize rowStarts, usize entries, usize columnStarts, usize bytes, i32 rows, i32 width,
       usize table, i32 limit) {
  const usize length = (usize)width, end = entries + ((usize)limit << 3);
  memset((void *)columnStarts, 0, (length + 1) << 2);
  usize entry = entries;
  for (i32 row = 0; row < rows; row++, bytes += length) {
    storeInt(rowStarts + ((usize)row << 2), (i32)((entry - entries) >> 3));
    if (entry + (length << 3) > end) return -1;
    for (usize column = 0; column < length; column += 64) {
      for (u64 left = nonZeroBytes(bytes + column, length - column); left; left &= left - 1) {
        const usize c = column + (usize)__builtin_ctzll(left);
        putEntry(entry, (i32)c, loadInt(table + ((usize)loadByte(bytes + c) << 2)));
        countColumn(columnStarts, c);
        entry += 8;
      }
    }
  }
  const i32 count = (i32)((entry - entries) >> 3);
  storeInt(rowStarts + ((usize)rows << 2), count);
  return count;
}

KERNEL(i32, compressFloats, usize rowStarts, usize entries, usize columnStarts, usize floats, i32 rows, i32 width,
       i32 limit) {
  const usize length = (usize)width, end = entries + ((usize)limit << 3);
  memset((void *)columnStarts, 0, (length + 1) << 2);
  usize entry = entries;
  for (i32 row = 0; row < rows; row++, floats += length << 2) {
    storeInt(rowStarts + ((usize)row << 2), (i32)((entry - entries) >> 3));
    if (entry + (length << 3) > end) return -1;
    for (usize column = 0; column < length; column += LANES) {
      const vf x = loadZero(floats + (column << 2), (i32)(length - column));
      for (u32 left = maskBits(x != splat(0)); left; left &= left - 1) {
        const usize c = column + (usize)__builtin_ctz(left);
        putEntry(entry, (i32)c, loadInt(floats + (c << 2)));
        countColumn(columnStarts, c);
        entry += 8;
      }
    }
  }
  const i32 count = (i32)((entry - entries) >> 3);
  storeInt(rowStarts + ((usize)rows << 2), count);
  return count;
}

KERNEL(void, listColumns, usize columnStarts, usize columnEntries, usize rowStarts, usize rowEntries, i32 rows,
       i32 width) {
  // Slot c + 1 holds column c's count, then its start, and in the end its end, which is c + 1's start.
  i32 sum = 0;
  for (usize c = 1; c <= (usize)width; c++) {
    const usize slot = columnStarts + (c << 2);
    const i32 count = loadInt(slot);
    storeInt(slot, sum);
    sum += count;
  }
  usize entry = rowEntries;
  for (i32 row = 0; row < rows; row++) {
    rowStarts += 4;
    for (const usize end = rowEntries + ((usize)loadInt(rowStarts) << 3); entry < end; entry += 8) {
      const usize cursor = columnStarts + ((usize)(u32)loadInt(entry) << 2) + 4;
      const u32 at = (u32)loadInt(cursor);
      storeInt(cursor, (i32)at + 1);
      putEntry(columnEntries + ((usize)at << 3), row, loadInt(entry + 4));
    }
  }
}

/** Whether sums begin with +0 and end in `out`, are added to what is there at last, or begin there, too. */
enum Sums { WHOLE, ADDED, GO_ON };

/**
 * `vectors` vectors of columns of a line, the last one of `last` lanes if it is `partial`; both are literals. Its
 * entries go to `end`, or to one whose index is not below `below`, which is returned; those before `far` have the rows
 * of later ones fetched ahead.
 */
INLINE usize sparseTile(const i32 vectors, const i32 partial, usize out, enum Sums sums, usize entry, usize end,
                        u32 below, usize far, usize b, usize stride, i32 last) {
  vf c[SPARSE_VECTORS];
#pragma GCC unroll 8
  for (i32 v = 0; v < vectors; v++) {
    const usize at = out + (usize)v * WIDE;
    if (sums != GO_ON) c[v] = splat(0);
    else c[v] = partial ? loadPart(at, last, splat(0)) : load(at);
  }
  for (; entry < end && (u32)loadInt(entry) < below; entry += 8) {
    const vf x = splat(load1(entry + 4));
    const usize row = b + rowOf(entry, stride);
    if (vectors == SPARSE_VECTORS && entry < far) {
      const usize later = b + rowOf(entry + 8 * ENTRIES_AHEAD, stride);
#pragma GCC unroll 8
      for (usize at = 0; at < SPARSE_VECTORS * WIDE; at += 64) __builtin_prefetch((const void *)(later + at));
    }
#pragma GCC unroll 8
    for (i32 v = 0; v < vectors; v++) {
      const usize at = row + (usize)v * WIDE;
      c[v] = c[v] + x * (partial ? loadPart(at, last, splat(0)) : load(at));
    }
  }
#pragma GCC unroll 8
  for (i32 v = 0; v < vectors; v++) {
    const usize at = out + (usize)v * WIDE;
    if (!partial) store(at, sums == ADDED ? load(at) + c[v] : c[v]);
    else storeSome(at, sums == ADDED ? loadPart(at, last, splat(0)) + c[v] : c[v], last);
  }
  return entry;
}

/** The same of some columns. */
INLINE usize sparseLine(usize out, enum Sums sums, usize entry, usize end, u32 below, usize far, usize b, usize stride,
                        i32 columns) {
  usize reached = entry;
#define SPARSE_TILE(VECTORS)                                                           \
  reached = sparseTile(VECTORS, 0, out, sums, entry, end, below, far, b, stride, 0);   \
  out += VECTORS * WIDE;                                                               \
  b += VECTORS * WIDE;                                                                 \
  columns -= VECTORS * LANES;
  while (columns >= SPARSE_VECTORS * LANES) {
    SPARSE_TILE(SPARSE_VECTORS)
  }
  if (columns >= 4 * LANES) {
    SPARSE_TILE(4)
  }
  if (columns >= 2 * LANES) {
    SPARSE_TILE(2)
  }
  if (columns >= LANES) {
    SPARSE_TILE(1)
  }
  if (columns) reached = sparseTile(1, 1, out, sums, entry, end, below, far, b, stride, columns);
#undef SPARSE_TILE
  return reached;
}

INLINE usize lineAt(usize entries, usize starts, usize line) {
  return entries + ((usize)loadInt(starts + (line << 2)) << 3);
}

/** Lines side by side, `height` rows of b after another, which stay near while all lines pass by. */
static void linesTogether(usize out, usize starts, usize entries, usize b, i32 count, i32 p, u32 height) {
  const usize stride = (usize)p << 2;
  for (; count > 0; count -= LINES, starts += 4 * LINES, out += LINES * stride) {
    usize nexts[LINES];
    const usize lines = (usize)minInt(count, LINES);
    for (usize i = 0; i < lines; i++) {
      nexts[i] = sparseLine(out + i * stride, WHOLE, lineAt(entries, starts, i), lineAt(entries, starts, i + 1), height,
                            0, b, stride, p);
    }
    i32 left = 1;
    for (u32 below = 2 * height; left; below += height) {
      left = 0;
      for (usize i = 0; i < lines; i++) {
        const usize end = lineAt(entries, starts, i + 1);
        if (nexts[i] < end && (u32)loadInt(nexts[i]) < below) {
          nexts[i] = sparseLine(out + i * stride, GO_ON, nexts[i], end, below, 0, b, stride, p);
        }
        left |= nexts[i] < end;
      }
    }
  }
}

/** The greatest index of the lines' last entries, and so of all; 0 if there are none. */
INLINE i32 greatestIndex(usize starts, usize entries, usize count) {
  i32 greatest = 0;
  for (usize i = 0; i < count; i++) {
    const usize end = lineAt(entries, starts, i + 1);
    if (lineAt(entries, starts, i) < end) greatest = maxInt(greatest, loadInt(end - 8));
  }
  return greatest;
}

KERNEL(void, sparseMatmul, usize sums, usize out, usize starts, usize entries, usize b, i32 count, i32 p) {
  const usize stride = (usize)p << 2;
  const i32 add = sums != out;
  if (count == 0 || p == 0) return;
  const i32 mean = (loadInt(starts + ((usize)count << 2)) - loadInt(starts)) / count;
  const i32 isLong = mean > LONG_LINE;
  const i32 height = (i32)(BLOCK_BYTES / stride);
  if (isLong && !add && height >= LEAST_HEIGHT && greatestIndex(starts, entries, (usize)count) / mean < height) {
    linesTogether(out, starts, entries, b, count, p, (u32)height);
    return;
  }
  // Long lines take many rows of b: those of a tile's columns stay near while all lines pass by.
  const i32 step = isLong ? SPARSE_VECTORS * LANES : p;
  for (i32 j = 0; j < p; j += step) {
    const usize skipped = (usize)j << 2;
    for (usize i = 0; i < (usize)count; i++) {
      const usize entry = lineAt(entries, starts, i), end = lineAt(entries, starts, i + 1);
      const usize far = isLong ? end - 8 * ENTRIES_AHEAD : 0;
      // A line without entries adds +0, which changes no sum.
      if (add && entry == end) continue;
      sparseLine(out + i * stride + skipped, add ? ADDED : WHOLE, entry, end, UINT32_MAX, far, b + skipped, stride,
                 minInt(step, p - j));
    }
  }
}

/** Of 1024 shards. */
#define MOST_WAITING 10
/** Behind the last shard: whatever waits is added up. */
#define ALL_LEVELS 31

/** The level of the smallest block of shards that has both, which are not the same. */
INLINE i32 commonLevel(u32 a, u32 b) { return 31 - __builtin_clz(a ^ b); }

/**
 * `vectors` vectors of columns of a line, the last one of `last` lanes if it is `partial`; both are literals. Shards without
 * entries have sums of +0, which change no other, so what is added are the sums of those that have some: two neighbours on the
 * level of the smallest block that has both. A sum waits until the one on its right is whole.
 */
INLINE void shardsLine(const i32 vectors, const i32 partial, usize out, usize entry, usize end, usize b, usize stride,
                       usize shardStarts, i32 last) {
  vf waiting[MOST_WAITING][SPARSE_VECTORS], c[SPARSE_VECTORS];
  /** On which level each meets the sum on its right. */
  i32 levels[MOST_WAITING];
  i32 count = 0;
  u32 shard = 0;
#pragma GCC unroll 8
  for (i32 v = 0; v < vectors; v++) c[v] = splat(0);
  while (entry < end) {
    while (loadInt(shardStarts + ((usize)shard << 2) + 4) <= loadInt(entry)) shard++;
    const i32 behind = loadInt(shardStarts + ((usize)shard << 2) + 4);
#pragma GCC unroll 8
    for (i32 v = 0; v < vectors; v++) c[v] = splat(0);
    do {
      const vf x = splat(load1(entry + 4));
      const usize row = b + rowOf(entry, stride);
#pragma GCC unroll 8
      for (i32 v = 0; v < vectors; v++) {
        const usize at = row + (usize)v * WIDE;
        c[v] = c[v] + x * (partial ? loadPart(at, last, splat(0)) : load(at));
      }
      entry += 8;
    } while (entry < end && loadInt(entry) < behind);
    u32 next = shard;
    i32 meets = ALL_LEVELS;
    if (entry < end) {
      while (loadInt(shardStarts + ((usize)next << 2) + 4) <= loadInt(entry)) next++;
      meets = commonLevel(shard, next);
    }
    while (count > 0 && levels[count - 1] < meets) {
      count--;
#pragma GCC unroll 8
      for (i32 v = 0; v < vectors; v++) c[v] = waiting[count][v] + c[v];
    }
    if (entry < end) {
#pragma GCC unroll 8
      for (i32 v = 0; v < vectors; v++) waiting[count][v] = c[v];
      levels[count++] = meets;
    }
    shard = next;
  }
#pragma GCC unroll 8
  for (i32 v = 0; v < vectors; v++) storeSome(out + (usize)v * WIDE, c[v], partial ? last : LANES);
}

KERNEL(void, treeSparseMatmul, usize out, usize starts, usize entries, usize b, i32 count, i32 p, usize shardStarts,
       usize scratch) {
  (void)scratch;
  const usize stride = (usize)p << 2;
  for (usize i = 0; i < (usize)count; i++) {
    const usize entry = lineAt(entries, starts, i), end = lineAt(entries, starts, i + 1);
    i32 j = 0;
#define SHARDS_LINE(VECTORS)                                                                                           \
  shardsLine(VECTORS, 0, out + ((usize)j << 2), entry, end, b + ((usize)j << 2), stride, shardStarts, 0);               \
  j += VECTORS * LANES;
    while (p - j >= SPARSE_VECTORS * LANES) {
      SHARDS_LINE(SPARSE_VECTORS)
    }
    if (p - j >= 4 * LANES) {
      SHARDS_LINE(4)
    }
    if (p - j >= 2 * LANES) {
      SHARDS_LINE(2)
    }
    if (p - j >= LANES) {
      SHARDS_LINE(1)
    }
    if (j < p) {
      shardsLine(1, 1, out + ((usize)j << 2), entry, end, b + ((usize)j << 2), stride, shardStarts, p - j);
    }
#undef SHARDS_LINE
    out += stride;
  }
}
