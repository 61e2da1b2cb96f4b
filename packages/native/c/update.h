// What the optimizers' updates have in common, as in kernels/assembly/update.ts.
#pragma once
#include "lanes.h"

/** The inverse of a power of two, by which one multiplies to the same bits; else 0. */
INLINE f32 exactInverse(f32 count) { return floatToBits(count) & 0x7fffff ? 0 : 1 / count; }

INLINE vf mean(vf sum, vf count, vf inverse, i32 exact) { return exact ? sum * inverse : sum / count; }

/** The gradient's sum: what is at g, and what is `apart` bytes from it unless that is 0. */
INLINE vf total(usize g, usize apart, i32 r) {
  const vf sum = loadSome(g, r);
  return apart ? sum + loadSome(g + apart, r) : sum;
}

/** g, or g + weightDecay * p. */
INLINE vf decayed(vf g, vf p, vf weightDecay, i32 decays) { return decays ? g + weightDecay * p : g; }
