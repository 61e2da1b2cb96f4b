// Scaled dot-product attention over heads, and its gradients, of rows of queries that are taken in groups of four, and in
// blocks of sixteen for the gradients of keys and values; nothing of queries times keys is stored but a group's or a block's.
// Every sum is the plain loop from +0 in ascending order (features of a score, keys of an output, queries of a key's
// gradient), those of a row's softmax in eight lanes by j mod 8. What is masked counts as 0 and changes no finite sum; that
// groups and blocks are those of kernels/assembly/attention.ts keeps the others too, where 0 times infinity is in them.
#include "math.h"
#include "order.h"
#include "random.h"
#include "shuffle.h"
#include "tiles.h"


/** Rows of queries whose keys reach equally far. */
#define GROUP 4
/** Rows of queries of which keys and values get their gradients at once. */
#define BLOCK 16
/** Rows of scores have a multiple of so many floats, whole vectors and whole eights. */
#define STEP (LANES > 8 ? LANES : 8)

INLINE i32 roundUp(i32 n, i32 to) { return (n + to - 1) / to * to; }

/** `columns` rows of k floats to columns: panels of TILE_COLUMNS of them, the last one of what is left. */
static void packTransposed(usize out, usize a, usize row, i32 columns, i32 k) {
  for (; columns > 0; columns -= TILE_COLUMNS, a += TILE_COLUMNS * row) {
    const i32 width = minInt(columns, TILE_COLUMNS);
    turnRows(out, (usize)width << 2, a, row, width, k, 0);
    out += (usize)k * (usize)width << 2;
  }
}

/**
 * out [m, n] = the products of at most GROUP rows and panels of columns, each of panelRows rows, of which k count. Of the n
 * columns at least `wanted` are computed.
 */
static void groupProduct(usize out, usize outRow, usize a, usize aRow, usize panels, i32 panelRows, i32 n, i32 wanted, i32 m,
                         i32 k) {
  for (i32 j = 0; j < wanted; j += TILE_COLUMNS, out += TILE_COLUMNS << 2) {
    const i32 width = minInt(n - j, TILE_COLUMNS);
    const i32 columns = wanted - j > LANES ? width : minInt(width, LANES);
    const Columns b = {panels + ((usize)j * (usize)panelRows << 2), (usize)width << 2, 32};
    if (m == GROUP && columns == TILE_COLUMNS) tile(GROUP, TILE_VECTORS, 0, 0, out, outRow, a, aRow, 4, b, k, 0, 1);
    else columnBlock(out, outRow, a, aRow, 4, b, m, columns, k, 1);
  }
}

/** out [columns, size] = (begins ? 0 : out) + aᵀ b, of k rows of a and b. */
static void addColumns(usize out, usize outRow, usize a, usize aRow, usize b, usize bRow, i32 columns, i32 size, i32 k,
                       i32 begins) {
  for (i32 j = 0; j < size; j += TILE_COLUMNS, out += TILE_COLUMNS << 2, b += TILE_COLUMNS << 2) {
    const Columns rows = {b, bRow, 32};
    columnBlock(out, outRow, a, 4, aRow, rows, columns, minInt(size - j, TILE_COLUMNS), k, begins);
  }
}

/** A vector of scores where their keys count, else -inf: n of them are left in the row, none if n <= 0. */
INLINE vf scoreAt(usize s, i32 n, vf scale, usize mask) {
  const vf none = splat(-INFINITY);
  if (n <= 0) return none;
  vf x = load(s) * scale;
  if (mask) x = pick(loadSome(mask, n) == splat(0), none, x);
  return n >= LANES ? x : pick(laneMask(n), x, none);
}

/** s = scale s for n floats, -inf where no key counts and up to `width`. Returns the largest. */
INLINE f32 scoreRow(usize s, i32 n, i32 width, f32 factor, usize mask) {
  const vf scale = splat(factor);
  vf top = splat(-INFINITY);
  for (; width > 0; width -= LANES, n -= LANES, s += WIDE) {
    const vf x = scoreAt(s, n, scale, mask);
    store(s, x);
    // A NaN does not need to be the largest: its exponential is NaN.
    top = pmax(top, x);
    if (mask) mask += WIDE;
  }
  return greatestLane(top);
}

/** s = exp(s - top) for `width` floats. Returns their sum. */
INLINE f32 expRow(usize s, i32 width, f32 top) {
  const vf m = splat(top);
  f32x8 sum = {};
  for (; width > 0; width -= STEP, s += STEP << 2) {
    vf e[STEP / LANES];
#pragma GCC unroll 2
    for (i32 v = 0; v < STEP / LANES; v++) {
      e[v] = vexp(load(s + (usize)v * WIDE) - m);
      store(s + (usize)v * WIDE, e[v]);
    }
#pragma GCC unroll 2
    for (i32 i = 0; i < STEP / 8; i++) {
      f32x8 eight;
      memcpy(&eight, (const u8 *)e + 32 * i, 32);
      sum = sum + eight;
    }
  }
  f32x4 low, high;
  memcpy(&low, &sum, 16);
  memcpy(&high, (const u8 *)&sum + 16, 16);
  return sumLanes(low + high);
}

/** Sum of a b over n floats, in four lanes by j mod 4. */
INLINE f32 dotRow(usize a, usize b, i32 n) {
  f32x4 s = {};
  for (; n > 0; n -= LANES, a += WIDE, b += WIDE) s = addFours(s, loadZero(a, n) * loadZero(b, n));
  return sumLanes(s);
}

/** Which probabilities are dropped; none where the threshold is 0. */
typedef struct {
  i32 threshold;
  f32 kept;
  i32 seedLo, seedHi, stream, epoch, id;
} Dropout;

/** A query's row of scores and of their gradients. */
typedef struct {
  i32 count, width;
  f32 scale, lse, delta;
  usize mask;
  i32 counter;
} Row;

/** A vector of the row, from its j-th key, given the words of its dropout. */
INLINE void gradientAt(const i32 drops, usize p, usize ds, const Row row, i32 j, const Dropout dropout, vu words) {
  const i32 n = row.count - j, filled = roundUp(row.count, 8) - j;
  const vf scale = splat(row.scale);
  vf probability = vexp(scoreAt(p, n, scale, row.mask ? row.mask + ((usize)j << 2) : 0) - splat(row.lse));
  vf d = load(ds);
  const vi dropped = drops ? (words < (vu){} + (u32)dropout.threshold) & laneMask(n) : (vi){};
  if (drops) d = keep(~dropped, pick(laneMask(n), d * splat(dropout.kept), d));
  d = (probability * (d - splat(row.delta))) * scale;
  if (drops) probability = keep(~dropped, pick(laneMask(n), probability * splat(dropout.kept), probability));
  if (filled < LANES) {
    d = keep(laneMask(filled), d);
    probability = keep(laneMask(filled), probability);
  }
  store(p, probability);
  store(ds, d);
}

/** p = exp(scale p - lse), dropped as in forward, and ds = p (ds - delta) scale before that; 0 behind the full eights. */
INLINE void gradientRow(const i32 drops, usize p, usize ds, const Row row, const Dropout dropout) {
  i32 j = 0, counter = row.counter;
  for (; j < roundUp(row.count, 8); j += drops ? 2 * LANES : LANES, p += WIDE, ds += WIDE) {
    Words words = {};
    if (drops) {
      words = philoxWords(counter, dropout.id, dropout.epoch, dropout.stream, dropout.seedLo, dropout.seedHi);
      counter = (i32)((u32)counter + LANES / 2);
    }
    gradientAt(drops, p, ds, row, j, dropout, words.first);
    if (!drops || j + LANES >= row.width) continue;
    p += WIDE;
    ds += WIDE;
    gradientAt(drops, p, ds, row, j + LANES, dropout, words.second);
  }
  for (; j < row.width; j += LANES, p += WIDE, ds += WIDE) {
    store(p, splat(0));
    store(ds, splat(0));
  }
}

/** As many of n as query i sees. */
INLINE i32 seen(i32 n, i32 i, i32 reach) {
  const i64 end = (i64)i + 1 + reach;
  return end < 0 ? 0 : end < n ? (i32)end : n;
}

INLINE usize aligned(usize p) { return (p + 63) & ~(usize)63; }

KERNEL(void, attention, usize out, usize lse, usize q, usize k, usize v, usize mask, usize scratch, i32 samples, i32 heads,
       i32 size, i32 queries, i32 keys, i32 qRowStride, i32 kvRowStride, i32 maskStride, i32 reach, f32 scale, usize ids,
       i32 threshold, f32 kept, i32 seedLo, i32 seedHi, i32 stream, i32 epoch) {
  const usize qRow = (usize)qRowStride << 2, kvRow = (usize)kvRowStride << 2, outRow = (usize)(heads * size) << 2;
  const usize all = (usize)roundUp(size, 8) * (usize)roundUp(keys, 8) << 2;
  const usize keysAt = aligned(scratch), valuesAt = keysAt + all, scoresAt = valuesAt + all;
  const usize scoreRowBytes = (usize)roundUp(keys, STEP) << 2;
  const i32 blocks = (keys + 3) >> 2;
  for (i32 n = 0; n < samples; n++) {
    for (i32 h = 0; h < heads; h++) {
      const usize head = (usize)(h * size) << 2;
      packTransposed(keysAt, k + head, kvRow, keys, size);
      packPanelsOf(valuesAt, v + head, kvRow, keys, size, TILE_COLUMNS);
      for (i32 i = 0; i < queries; i += GROUP) {
        const i32 rows = minInt(GROUP, queries - i);
        const i32 limit = seen(keys, i + rows - 1, reach);
        groupProduct(scoresAt, scoreRowBytes, q + head + (usize)i * qRow, qRow, keysAt, size, keys, limit, rows, size);
        vf sums = splat(1), tops = splat(0);
        for (i32 r = 0; r < rows; r++) {
          const usize s = scoresAt + (usize)r * scoreRowBytes;
          const i32 count = seen(keys, i + r, reach), width = roundUp(limit, STEP);
          const f32 largest = scoreRow(s, count, width, scale, mask);
          tops[r] = largest == -INFINITY ? 0 : largest;
          sums[r] = expRow(s, width, tops[r]);
          if (threshold) {
            const i32 counter = (i32)((u32)(h * queries + i + r) * (u32)blocks);
            dropoutRow(s, s, count, counter, loadInt(ids), epoch, stream, seedLo, seedHi, threshold, kept);
          }
        }
        storeSome(lse, keep(sums != splat(0), tops + vlog(sums)), rows);
        lse += (usize)rows << 2;
        const usize to = out + head + (usize)i * outRow;
        groupProduct(to, outRow, scoresAt, scoreRowBytes, valuesAt, keys, size, size, rows, limit);
        for (i32 r = 0; r < rows; r++) {
          const vf by = splat(sums[r] == 0 ? 1 : sums[r]);
          usize at = to + (usize)r * outRow;
          for (i32 f = size; f > 0; f -= LANES, at += WIDE) storeSome(at, loadSome(at, f) / by, f);
        }
      }
    }
    out += (usize)queries * outRow;
    q += (usize)queries * qRow;
    k += (usize)keys * kvRow;
    v += (usize)keys * kvRow;
    if (mask) mask += (usize)maskStride << 2;
    if (threshold) ids += 4;
  }
}

KERNEL(void, attentionGrad, usize dq, usize dk, usize dv, usize dout, usize out, usize lse, usize q, usize k, usize v,
       usize mask, usize scratch, i32 samples, i32 heads, i32 size, i32 queries, i32 keys, i32 qRowStride,
       i32 kvRowStride, i32 gradStride, i32 maskStride, i32 reach, f32 scale, usize ids, i32 threshold, f32 kept,
       i32 seedLo, i32 seedHi, i32 stream, i32 epoch) {
  const usize qRow = (usize)qRowStride << 2, kvRow = (usize)kvRowStride << 2, outRow = (usize)(heads * size) << 2;
  const usize all = (usize)roundUp(size, 8) * (usize)roundUp(keys, 8) << 2;
  const usize keysAt = aligned(scratch), valuesAt = keysAt + all, keyRowsAt = valuesAt + all;
  const usize scoreRowBytes = (usize)roundUp(keys, STEP) << 2;
  const usize pAt = keyRowsAt + all, dsAt = pAt + BLOCK * scoreRowBytes;
  const i32 blocks = (keys + 3) >> 2;
  Dropout dropout = {threshold, kept, seedLo, seedHi, stream, epoch, 0};
  for (i32 n = 0; n < samples; n++) {
    if (threshold) dropout.id = loadInt(ids);
    for (i32 h = 0; h < heads; h++) {
      const usize head = (usize)(h * size) << 2;
      packTransposed(keysAt, k + head, kvRow, keys, size);
      packTransposed(valuesAt, v + head, kvRow, keys, size);
      packPanelsOf(keyRowsAt, k + head, kvRow, keys, size, TILE_COLUMNS);
      // Keys that a block before has reached.
      i32 before = 0;
      for (i32 i0 = 0; i0 < queries; i0 += BLOCK) {
        const i32 rows = minInt(BLOCK, queries - i0);
        const i32 widest = roundUp(seen(keys, i0 + rows - 1, reach), 8);
        const usize queriesAt = q + head + (usize)i0 * qRow, doutAt = dout + head + (usize)i0 * outRow;
        for (i32 r0 = 0; r0 < rows; r0 += GROUP) {
          const i32 group = minInt(GROUP, rows - r0);
          const i32 limit = seen(keys, i0 + r0 + group - 1, reach), wanted = minInt(keys, roundUp(limit, 8));
          const usize p = pAt + (usize)r0 * scoreRowBytes, ds = dsAt + (usize)r0 * scoreRowBytes;
          groupProduct(p, scoreRowBytes, queriesAt + (usize)r0 * qRow, qRow, keysAt, size, keys, wanted, group, size);
          groupProduct(ds, scoreRowBytes, doutAt + (usize)r0 * outRow, outRow, valuesAt, size, keys, wanted, group, size);
          for (i32 r = r0; r < r0 + group; r++, lse += 4) {
            const i32 i = i0 + r;
            const f32 delta = dotRow(doutAt + (usize)r * outRow, out + head + (usize)i * outRow, size);
            const i32 counter = (i32)((u32)(h * queries + i) * (u32)blocks);
            const Row row = {seen(keys, i, reach), roundUp(widest, STEP), scale, load1(lse), delta, mask, counter};
            const usize at = (usize)r * scoreRowBytes;
            if (threshold) gradientRow(1, pAt + at, dsAt + at, row, dropout);
            else gradientRow(0, pAt + at, dsAt + at, row, dropout);
          }
          const usize to = dq + head + (usize)(i0 + r0) * qRow;
          groupProduct(to, qRow, ds, scoreRowBytes, keyRowsAt, keys, size, size, group, limit);
        }
        const i32 reached = minInt(keys, widest);
        const usize behind = (usize)before * kvRow, skipped = (usize)before << 2;
        addColumns(dv + head, kvRow, pAt, scoreRowBytes, doutAt, outRow, before, size, rows, 0);
        addColumns(dk + head, kvRow, dsAt, scoreRowBytes, queriesAt, qRow, before, size, rows, 0);
        addColumns(dv + head + behind, kvRow, pAt + skipped, scoreRowBytes, doutAt, outRow, reached - before, size, rows, 1);
        addColumns(dk + head + behind, kvRow, dsAt + skipped, scoreRowBytes, queriesAt, qRow, reached - before, size, rows, 1);
        before = reached;
      }
      for (i32 j = before; j < keys; j++) {
        memset((void *)(dk + head + (usize)j * kvRow), 0, (size_t)size << 2);
        memset((void *)(dv + head + (usize)j * kvRow), 0, (size_t)size << 2);
      }
    }
    dout += (usize)queries * outRow;
    out += (usize)queries * outRow;
    q += (usize)queries * qRow;
    k += (usize)keys * kvRow;
    v += (usize)keys * kvRow;
    dq += (usize)gradStride << 2;
    dk += (usize)gradStride << 2;
    dv += (usize)gradStride << 2;
    if (mask) mask += (usize)maskStride << 2;
    if (threshold) ids += 4;
  }
}
