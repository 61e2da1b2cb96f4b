// Normalisation of each channel of [rows, channels, inner] over a shard, with the gradient through its mean and
// variance. Sums of stretches are added in float64 from row to row; where inner is 1, single values are, and lanes are
// channels.
#include "doubles.h"
#include "norm-rows.h"

/** Vectors of channels that are taken at once down the rows. */
#define CHANNEL_VECTORS 2

/** Does CALL, of `vectors` vectors and r lanes of the last, for all channels; `at` is where they begin, in bytes. */
#define FOR_CHANNELS(CHANNELS, CALL)                                        \
  for (i32 left = CHANNELS; left > 0;) {                                    \
    const usize at = (usize)((CHANNELS) - left) << 2;                       \
    if (left >= CHANNEL_VECTORS * LANES) {                                  \
      const i32 vectors = CHANNEL_VECTORS, r = LANES;                       \
      CALL;                                                                 \
      left -= CHANNEL_VECTORS * LANES;                                      \
    } else if (left >= LANES) {                                             \
      const i32 vectors = 1, r = LANES;                                     \
      CALL;                                                                 \
      left -= LANES;                                                        \
    } else {                                                                \
      const i32 vectors = 1, r = left;                                      \
      CALL;                                                                 \
      left = 0;                                                             \
    }                                                                       \
  }

#define FOR_VECTORS _Pragma("GCC unroll 2") for (i32 v = 0; v < vectors; v++)

/** Sums of doubles, a vector of channels. */
typedef struct {
  vd low, high;
} Doubles;

INLINE Doubles addHalves(Doubles s, vf x) { return (Doubles){s.low + lowDoubles(x), s.high + highDoubles(x)}; }

INLINE vf quotients(Doubles s, f64 n) { return roundHalves(s.low / n, s.high / n); }

INLINE void meanOfColumns(const i32 vectors, usize out, usize x, i32 rows, usize stride, i32 r) {
  Doubles s[CHANNEL_VECTORS] = {0};
  for (i32 i = 0; i < rows; i++, x += stride) {
    FOR_VECTORS s[v] = addHalves(s[v], loadSome(x + (usize)v * WIDE, r));
  }
  FOR_VECTORS storeSome(out + (usize)v * WIDE, quotients(s[v], (f64)rows), r);
}

KERNEL(void, shardMean, usize out, usize x, i32 rows, i32 channels, i32 inner) {
  const usize length = (usize)inner << 2, stride = (usize)channels * length;
  if (rows == 0 || inner == 0) {
    memset((void *)out, 0, (usize)channels << 2);
  } else if (inner == 1) {
    FOR_CHANNELS(channels, meanOfColumns(vectors, out + at, x + at, rows, stride, r))
  } else {
    for (i32 c = 0; c < channels; c++, out += 4, x += length) {
      f64 s = 0;
      for (i32 i = 0; i < rows; i += STRETCHES) {
        const i32 count = minInt(STRETCHES, rows - i);
        f32 sums[STRETCHES] = {0};
        sumStretches(ELEMENT, count, sums, x + (usize)i * stride, 0, 0, sums, stride, inner);
        for (i32 j = 0; j < count; j++) s += (f64)sums[j];
      }
      store1(out, (f32)(s / ((f64)rows * (f64)inner)));
    }
  }
}

INLINE void varianceOfColumns(const i32 vectors, usize out, usize x, usize mean, i32 rows, usize stride, i32 r) {
  Doubles s[CHANNEL_VECTORS] = {0};
  vf m[CHANNEL_VECTORS];
  FOR_VECTORS m[v] = loadSome(mean + (usize)v * WIDE, r);
  for (i32 i = 0; i < rows; i++, x += stride) {
    FOR_VECTORS {
      const vf d = loadSome(x + (usize)v * WIDE, r) - m[v];
      s[v] = addHalves(s[v], d * d);
    }
  }
  FOR_VECTORS storeSome(out + (usize)v * WIDE, quotients(s[v], (f64)rows), r);
}

KERNEL(void, shardVariance, usize out, usize x, usize mean, i32 rows, i32 channels, i32 inner) {
  const usize length = (usize)inner << 2, stride = (usize)channels * length;
  if (rows == 0 || inner == 0) {
    memset((void *)out, 0, (usize)channels << 2);
  } else if (inner == 1) {
    FOR_CHANNELS(channels, varianceOfColumns(vectors, out + at, x + at, mean + at, rows, stride, r))
  } else {
    for (i32 c = 0; c < channels; c++, out += 4, mean += 4, x += length) {
      const f32 m = load1(mean), means[STRETCHES] = {m, m, m, m};
      f64 s = 0;
      for (i32 i = 0; i < rows; i += STRETCHES) {
        const i32 count = minInt(STRETCHES, rows - i);
        f32 sums[STRETCHES];
        sumStretches(SQUARED_DISTANCE, count, sums, x + (usize)i * stride, 0, 0, means, stride, inner);
        for (i32 j = 0; j < count; j++) s += (f64)sums[j];
      }
      store1(out, (f32)(s / ((f64)rows * (f64)inner)));
    }
  }
}

/** 1 / sqrt(variance + epsilon). */
INLINE vf inverse(vf variance, f32 epsilon) { return splat(1) / vsqrt(variance + splat(epsilon)); }

INLINE void scaleColumns(const i32 vectors, usize out, usize x, usize mean, usize variance, usize weight, usize bias,
                         i32 rows, usize stride, f32 epsilon, i32 r) {
  vf m[CHANNEL_VECTORS], s[CHANNEL_VECTORS], b[CHANNEL_VECTORS];
  FOR_VECTORS {
    const usize at = (usize)v * WIDE;
    m[v] = loadSome(mean + at, r);
    s[v] = inverse(loadSome(variance + at, r), epsilon) * weightsAt(weight, at, 1, r);
    b[v] = weightsAt(bias, at, 0, r);
  }
  for (i32 i = 0; i < rows; i++, x += stride, out += stride) {
    FOR_VECTORS {
      const usize at = (usize)v * WIDE;
      storeSome(out + at, (loadSome(x + at, r) - m[v]) * s[v] + b[v], r);
    }
  }
}

KERNEL(void, batchNorm, usize out, usize x, usize mean, usize variance, usize weight, usize bias, i32 rows,
       i32 channels, i32 inner, f32 epsilon) {
  const usize length = (usize)inner << 2;
  if (inner == 1) {
    const usize stride = (usize)channels << 2;
    FOR_CHANNELS(channels, scaleColumns(vectors, out + at, x + at, mean + at, variance + at, further(weight, at),
                                        further(bias, at), rows, stride, epsilon, r))
    return;
  }
  for (i32 i = 0; i < rows; i++) {
    for (i32 c = 0; c < channels; c++, out += length, x += length) {
      const f32 scale = inverse1(weightAt(variance, c, 0), epsilon) * weightAt(weight, c, 1);
      scaleRow(out, x, inner, weightAt(mean, c, 0), scale, weightAt(bias, c, 0));
    }
  }
}

INLINE void momentsOfColumns(const i32 vectors, usize out, usize dy, usize x, usize mean, usize variance, usize stride,
                             i32 rows, f32 epsilon, i32 r) {
  Doubles s[CHANNEL_VECTORS] = {0}, t[CHANNEL_VECTORS] = {0};
  vf m[CHANNEL_VECTORS];
  FOR_VECTORS m[v] = loadSome(mean + (usize)v * WIDE, r);
  for (i32 i = 0; i < rows; i++, dy += stride, x += stride) {
    FOR_VECTORS {
      const vf g = loadSome(dy + (usize)v * WIDE, r);
      s[v] = addHalves(s[v], g);
      t[v] = addHalves(t[v], g * (loadSome(x + (usize)v * WIDE, r) - m[v]));
    }
  }
  FOR_VECTORS {
    const usize at = (usize)v * WIDE;
    storeSome(out + at, quotients(s[v], 1), r);
    storeSome(out + stride + at, quotients(t[v], 1) * inverse(loadSome(variance + at, r), epsilon), r);
  }
}

KERNEL(void, batchNormSums, usize out, usize dy, usize x, usize mean, usize variance, i32 rows, i32 channels,
       i32 inner, f32 epsilon) {
  const usize length = (usize)inner << 2, stride = (usize)channels * length, all = (usize)channels << 2;
  if (inner == 1) {
    FOR_CHANNELS(channels, momentsOfColumns(vectors, out + at, dy + at, x + at, mean + at, variance + at, stride, rows,
                                            epsilon, r))
    return;
  }
  for (i32 c = 0; c < channels; c++, out += 4, dy += length, x += length) {
    const f32 m = weightAt(mean, c, 0), means[STRETCHES] = {m, m, m, m};
    f64 s = 0, t = 0;
    for (i32 i = 0; i < rows; i += STRETCHES) {
      const i32 count = minInt(STRETCHES, rows - i);
      const usize skipped = (usize)i * stride;
      f32 sums[STRETCHES], moments[STRETCHES];
      sumStretches(ELEMENT, count, sums, dy + skipped, 0, 0, means, stride, inner);
      sumStretches(MOMENT, count, moments, dy + skipped, x + skipped, 0, means, stride, inner);
      for (i32 j = 0; j < count; j++) {
        s += (f64)sums[j];
        t += (f64)moments[j];
      }
    }
    store1(out, (f32)s);
    store1(out + all, (f32)t * inverse1(weightAt(variance, c, 0), epsilon));
  }
}

INLINE void gradColumns(const i32 vectors, usize dx, usize dy, usize x, usize mean, usize variance, usize weight,
                        usize sums, i32 rows, usize stride, f32 epsilon, i32 r) {
  const vf n = splat((f32)rows);
  vf m[CHANNEL_VECTORS], s[CHANNEL_VECTORS], m1[CHANNEL_VECTORS], k[CHANNEL_VECTORS];
  FOR_VECTORS {
    const usize at = (usize)v * WIDE;
    const vf inv = inverse(loadSome(variance + at, r), epsilon);
    m[v] = loadSome(mean + at, r);
    s[v] = inv * weightsAt(weight, at, 1, r);
    m1[v] = sums ? loadSome(sums + at, r) / n : splat(0);
    k[v] = sums ? (loadSome(sums + stride + at, r) / n) * inv : splat(0);
  }
  for (i32 i = 0; i < rows; i++, dx += stride, dy += stride, x += stride) {
    FOR_VECTORS {
      const usize at = (usize)v * WIDE;
      const vf d = (loadSome(dy + at, r) - m1[v]) - (loadSome(x + at, r) - m[v]) * k[v];
      storeSome(dx + at, d * s[v], r);
    }
  }
}

KERNEL(void, batchNormGrad, usize dx, usize dy, usize x, usize mean, usize variance, usize weight, usize sums, i32 rows,
       i32 channels, i32 inner, f32 epsilon) {
  const usize length = (usize)inner << 2;
  if (inner == 1) {
    const usize stride = (usize)channels << 2;
    FOR_CHANNELS(channels, gradColumns(vectors, dx + at, dy + at, x + at, mean + at, variance + at, further(weight, at),
                                       further(sums, at), rows, stride, epsilon, r))
    return;
  }
  const f32 n = (f32)rows * (f32)inner;
  for (i32 i = 0; i < rows; i++) {
    for (i32 c = 0; c < channels; c++, dx += length, dy += length, x += length) {
      const f32 inv = inverse1(weightAt(variance, c, 0), epsilon);
      const f32 m1 = sums ? weightAt(sums, c, 0) / n : 0;
      const f32 k = sums ? weightAt(sums, channels + c, 0) / n * inv : 0;
      gradRow(dx, dy, x, inner, 1, weightAt(mean, c, 0), m1, k, inv * weightAt(weight, c, 1));
    }
  }
}
