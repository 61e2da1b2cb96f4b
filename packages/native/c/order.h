// Sums whose order is part of the arithmetic. It was named for vectors of four lanes, so these have four (or twice four, where
// two vectors are kept), whatever LANES is: eight or sixteen rows at once would be another way to be quicker, more lanes are not.
#pragma once
#include "lanes.h"

typedef f32 f32x4 __attribute__((vector_size(16)));
typedef i32 i32x4 __attribute__((vector_size(16)));
typedef f32 f32x8 __attribute__((vector_size(32)));
typedef f64 f64x4 __attribute__((vector_size(32)));

INLINE f32x4 load4(usize p) {
  f32x4 v;
  memcpy(&v, (const void *)p, 16);
  return v;
}

INLINE void store4(usize p, f32x4 v) { memcpy((void *)p, &v, 16); }

/** r floats (1 to 4) at p, and +0. */
INLINE f32x4 load4Zero(usize p, i32 r) {
  if (r >= 4) return load4(p);
  f32x4 v = {load1(p), 0, 0, 0};
  if (r > 1) v[1] = load1(p + 4);
  if (r > 2) v[2] = load1(p + 8);
  return v;
}

INLINE f32x8 load8(usize p) {
  f32x8 v;
  memcpy(&v, (const void *)p, 32);
  return v;
}

/** The first r lanes of v, and +0. */
INLINE f32x4 firstLanes(f32x4 v, i32 r) { return (f32x4)(((i32x4){0, 1, 2, 3} < r) & (i32x4)v); }

/** (v0 + v2) + (v1 + v3) */
INLINE f32 sumLanes(f32x4 v) { return (v[0] + v[2]) + (v[1] + v[3]); }

/** The i-th four, or eight, lanes of v; i is a literal. Through memory, where the compiler knows no other way, it is slow. */
#if defined(__clang__) || __GNUC__ >= 12
#define FOUR(v, i) __builtin_shufflevector(v, v, 4 * (i), 4 * (i) + 1, 4 * (i) + 2, 4 * (i) + 3)
#define EIGHT(v, i)                                                                                                  \
  __builtin_shufflevector(v, v, 8 * (i), 8 * (i) + 1, 8 * (i) + 2, 8 * (i) + 3, 8 * (i) + 4, 8 * (i) + 5, 8 * (i) + 6, \
                          8 * (i) + 7)
#else
INLINE f32x4 fourOf(vf v, usize i) {
  f32x4 four;
  memcpy(&four, (const u8 *)&v + 16 * i, 16);
  return four;
}
INLINE f32x8 eightOf(vf v, usize i) {
  f32x8 eight;
  memcpy(&eight, (const u8 *)&v + 32 * i, 32);
  return eight;
}
#define FOUR(v, i) fourOf(v, i)
#define EIGHT(v, i) eightOf(v, i)
#endif

/** s + v, four lanes at a time in ascending order; a +0 changes no sum that began with +0. */
INLINE f32x4 addFours(f32x4 s, vf v) {
#if LANES == 16
  return (((s + FOUR(v, 0)) + FOUR(v, 1)) + FOUR(v, 2)) + FOUR(v, 3);
#elif LANES == 8
  return (s + FOUR(v, 0)) + FOUR(v, 1);
#else
  return s + v;
#endif
}
