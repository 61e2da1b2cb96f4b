// Scaled dot-product attention over heads, and its gradients, of queries in groups of four, and in blocks of sixteen for the
// gradients of keys and values; nothing of queries times keys is stored but a group's or a block's. Every sum is the plain
// loop from +0 in ascending order (features of a score, keys of an output, queries of a key's gradient), those of a row's
// softmax in eight lanes by j mod 8. What is masked counts as 0 and changes no finite sum; others, with 0 times infinity in
// them, stay the same since groups and blocks are those of kernels/assembly/attention.ts.
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
 * out [m, n] = the products of at most GROUP rows and panels of columns, each of panelRows rows, of which k count. Of the
 * n columns at least `wanted` are computed.
 */
static void groupProduct(usize out, usize outRow, usize a, usize aRow, usize panels, i32 panelRows, i32 n, i32 wanted,
                         i32 m, i32 k) {
  for (i32 j = 0; j < wanted; j += TILE_COLUMNS, out += TILE_COLUMNS << 2) {
    const i32 width = minInt(n - j, TILE_COLUMNS);
    const i32 columns = wanted - j > LANES ? width : minInt(width, LANES);
    const Columns b = {panels + ((usize)j * (usize)panelRows << 2), (usize)width << 2, 32};
    const Product of = {out, outRow, a, aRow, 4, b, k, 1};
    if (m == GROUP && columns == TILE_COLUMNS) tile(GROUP, TILE_VECTORS, 0, 0, &of, 0);
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

/** As many of n as query i sees. */
INLINE i32 seen(i32 n, i32 i, i32 reach) {
  const i64 end = (i64)i + 1 + reach;
  return end < 0 ? 0 : end < n ? (i32)end : n;
}

/** Rows of a group are taken together, vector by vector: one by itself waits for its own exponentials and sums. */
#define EACH _Pragma("GCC unroll 4") for (i32 r = 0; r < GROUP; r++)

/** The rows of scores of a group of queries, of which all are computed, though fewer may be meant. */
typedef struct {
  usize at, row;
  /** Floats that are made of each, full steps. */
  i32 width;
  /** Keys that each sees. */
  i32 counts[GROUP];
  f32 scale;
  usize mask;
} Group;

INLINE Group groupOf(usize at, usize row, i32 width, i32 i, i32 keys, i32 reach, f32 scale, usize mask) {
  Group group = {at, row, width, {0}, scale, mask};
  EACH group.counts[r] = seen(keys, i + r, reach);
  return group;
}

/** A vector of scores where their keys count, else -inf: n of them are left in the row, none if n <= 0. */
INLINE vf scoreAt(usize s, i32 n, vf scale, usize mask) {
  const vf none = splat(-INFINITY);
  if (n <= 0) return none;
  vf x = load(s) * scale;
  if (mask) x = pick(loadSome(mask, n) == splat(0), none, x);
  return n >= LANES ? x : pick(laneMask(n), x, none);
}

/** Makes of all scores x = scale s, -inf where no key counts. Tells each row's largest, or 0 if there is none. */
INLINE void scaleScores(const Group g, f32 *tops) {
  vf top[GROUP];
  EACH top[r] = splat(-INFINITY);
  for (i32 j = 0; j < g.width; j += LANES) {
    const usize skipped = (usize)j << 2;
    EACH {
      const usize at = g.at + (usize)r * g.row + skipped;
      const vf x = scoreAt(at, g.counts[r] - j, splat(g.scale), g.mask ? g.mask + skipped : 0);
      store(at, x);
      // A NaN does not need to be the largest: its exponential is NaN.
      top[r] = pmax(top[r], x);
    }
  }
  EACH {
    tops[r] = greatestLane(top[r]);
    if (tops[r] == -INFINITY) tops[r] = 0;
  }
}

/** x = exp(x - top). Returns the rows' sums. */
INLINE f32x4 exponentials(const Group g, const f32 *tops) {
  f32x8 sums[GROUP] = {};
  for (i32 j = 0; j < g.width; j += STEP) {
    vf e[STEP / LANES][GROUP];
#pragma GCC unroll 2
    for (i32 v = 0; v < STEP / LANES; v++) {
      const usize at = g.at + ((usize)j << 2) + (usize)v * WIDE;
      EACH e[v][r] = load(at + (usize)r * g.row) - splat(tops[r]);
      vexps(GROUP, e[v]);
      EACH store(at + (usize)r * g.row, e[v][r]);
    }
    EACH {
#if LANES == 16
      sums[r] = (sums[r] + EIGHT(e[0][r], 0)) + EIGHT(e[0][r], 1);
#elif LANES == 8
      sums[r] = sums[r] + e[0][r];
#else
      f32x8 eight;
      memcpy(&eight, &e[0][r], 16);
      memcpy((u8 *)&eight + 16, &e[1][r], 16);
      sums[r] = sums[r] + eight;
#endif
    }
  }
  f32x4 total;
  EACH {
    f32x4 low, high;
    memcpy(&low, &sums[r], 16);
    memcpy(&high, (const u8 *)&sums[r] + 16, 16);
    total[r] = sumLanes(low + high);
  }
  return total;
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

/** A vector of each row, from its j-th key, given the words of dropout. */
INLINE void gradientsAt(const i32 drops, const Group g, usize ds, i32 j, const f32 *lse, const f32 *deltas,
                        const Dropout dropout, const vu *words) {
  const vf scale = splat(g.scale), kept = splat(dropout.kept);
  const usize skipped = (usize)j << 2;
  vf p[GROUP];
  EACH {
    p[r] = scoreAt(g.at + (usize)r * g.row + skipped, g.counts[r] - j, scale, g.mask ? g.mask + skipped : 0);
    p[r] = p[r] - splat(lse[r]);
  }
  vexps(GROUP, p);
  EACH {
    const i32 filled = roundUp(g.counts[r], 8) - j;
    const usize at = (usize)r * g.row + skipped;
    vf d = load(ds + at), weight = p[r];
    if (drops) {
      const vi counts = laneMask(g.counts[r] - j);
      const vi dropped = (words[r] < (vu){} + (u32)dropout.threshold) & counts;
      d = keep(~dropped, pick(counts, d * kept, d));
      weight = keep(~dropped, pick(counts, weight * kept, weight));
    }
    d = (p[r] * (d - splat(deltas[r]))) * scale;
    if (filled < LANES) {
      d = keep(laneMask(filled), d);
      weight = keep(laneMask(filled), weight);
    }
    store(g.at + at, weight);
    store(ds + at, d);
  }
}

/**
 * p = exp(scale p - lse), dropped as in forward, and ds = p (ds - delta) scale of p before that, both 0 behind a row's full
 * eights. Counters are those of the rows' dropout.
 */
INLINE void scoreGradients(const i32 drops, const Group g, usize ds, const f32 *lse, const f32 *deltas,
                           const Dropout dropout, const i32 *counters) {
  const i32 most = roundUp(g.counts[GROUP - 1], 8);
  i32 j = 0;
  if (!drops) {
    for (; j < most; j += LANES) gradientsAt(0, g, ds, j, lse, deltas, dropout, 0);
  }
  for (; drops && j < most; j += 2 * LANES) {
    vu words[2][GROUP];
    EACH {
      const i32 counter = (i32)((u32)counters[r] + (u32)j / 4);
      const Words made =
          philoxWords(counter, dropout.id, dropout.epoch, dropout.stream, dropout.seedLo, dropout.seedHi);
      words[0][r] = made.first;
      words[1][r] = made.second;
    }
    gradientsAt(1, g, ds, j, lse, deltas, dropout, words[0]);
    if (j + LANES < most) gradientsAt(1, g, ds, j + LANES, lse, deltas, dropout, words[1]);
  }
  for (j = roundUp(most, LANES); j < g.width; j += LANES) {
    EACH {
      const usize at = (usize)r * g.row + ((usize)j << 2);
      store(g.at + at, splat(0));
      store(ds + at, splat(0));
    }
  }
}
#undef EACH

INLINE usize aligned(usize p) { return (p + 63) & ~(usize)63; }

KERNEL(void, attention, usize out, usize lse, usize q, usize k, usize v, usize mask, usize scratch, i32 samples,
       i32 heads, i32 size, i32 queries, i32 keys, i32 qRowStride, i32 kvRowStride, i32 maskStride, i32 reach, f32 scale,
       usize ids, i32 threshold, f32 kept, i32 seedLo, i32 seedHi, i32 stream, i32 epoch) {
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
        const Group group = groupOf(scoresAt, scoreRowBytes, roundUp(limit, STEP), i, keys, reach, scale, mask);
        f32 tops[GROUP];
        scaleScores(group, tops);
        const f32x4 sums = exponentials(group, tops);
        vf top = splat(0), sum = splat(1);
        memcpy(&top, tops, sizeof tops);
        memcpy(&sum, &sums, sizeof sums);
        storeSome(lse, keep(sum != splat(0), top + vlog(sum)), rows);
        lse += (usize)rows << 2;
        for (i32 r = 0; threshold && r < rows; r++) {
          const usize s = scoresAt + (usize)r * scoreRowBytes;
          const i32 counter = (i32)((u32)(h * queries + i + r) * (u32)blocks);
          dropoutRow(s, s, group.counts[r], counter, loadInt(ids), epoch, stream, seedLo, seedHi, threshold, kept);
        }
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
          const usize douts = doutAt + (usize)r0 * outRow;
          groupProduct(ds, scoreRowBytes, douts, outRow, valuesAt, size, keys, wanted, group, size);
          f32 sums[GROUP] = {0}, deltas[GROUP] = {0};
          i32 counters[GROUP] = {0};
          for (i32 r = 0; r < group; r++, lse += 4) {
            const i32 i = i0 + r0 + r;
            sums[r] = load1(lse);
            deltas[r] = dotRow(doutAt + (usize)(r0 + r) * outRow, out + head + (usize)i * outRow, size);
            counters[r] = (i32)((u32)(h * queries + i) * (u32)blocks);
          }
          const Group scores = groupOf(p, scoreRowBytes, roundUp(widest, STEP), i0 + r0, keys, reach, scale, mask);
          if (threshold) scoreGradients(1, scores, ds, sums, deltas, dropout, counters);
          else scoreGradients(0, scores, ds, sums, deltas, dropout, counters);
          const usize to = dq + head + (usize)(i0 + r0) * qRow;
          groupProduct(to, qRow, ds, scoreRowBytes, keyRowsAt, keys, size, size, group, limit);
        }
        const i32 reached = minInt(keys, widest), more = reached - before;
        addColumns(dv + head, kvRow, pAt, scoreRowBytes, doutAt, outRow, before, size, rows, 0);
        addColumns(dk + head, kvRow, dsAt, scoreRowBytes, queriesAt, qRow, before, size, rows, 0);
        const usize behind = head + (usize)before * kvRow, skipped = (usize)before << 2;
        addColumns(dv + behind, kvRow, pAt + skipped, scoreRowBytes, doutAt, outRow, more, size, rows, 1);
        addColumns(dk + behind, kvRow, dsAt + skipped, scoreRowBytes, queriesAt, qRow, more, size, rows, 1);
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
