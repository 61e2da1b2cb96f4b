// Moving up to four floats between memory and a vector, and folding a vector to one number.
// Invariant: a kernel runs the same SIMD code on its tail as on its body, with `r` lanes in use,
// so the bits of an element never depend on where in the array it stands. `r` is a literal 4 in
// bodies, which folds the branches away. Nothing outside the r elements is read or written.

/** r floats (1 to 4) at p; unused lanes repeat the first one, so that they raise no false NaN. */
// @ts-ignore: decorator
@inline
export function load4(p: usize, r: i32): v128 {
  return r >= 4 ? v128.load(p) : loadPart(p, r);
}

/** As load4, with unused lanes +0: for sums. */
// @ts-ignore: decorator
@inline
export function load4Zero(p: usize, r: i32): v128 {
  return r >= 4 ? v128.load(p) : loadPartZero(p, r);
}

/** Stores the first r lanes (1 to 4) of v at p. */
// @ts-ignore: decorator
@inline
export function store4(p: usize, v: v128, r: i32): void {
  if (r >= 4) v128.store(p, v);
  else storePart(p, v, r);
}

export function loadPart(p: usize, r: i32): v128 {
  let v = v128.load_splat<f32>(p);
  if (r > 1) v = v128.load_lane<f32>(p, v, 1, 4);
  if (r > 2) v = v128.load_lane<f32>(p, v, 2, 8);
  return v;
}

export function loadPartZero(p: usize, r: i32): v128 {
  let v = v128.load_zero<f32>(p);
  if (r > 1) v = v128.load_lane<f32>(p, v, 1, 4);
  if (r > 2) v = v128.load_lane<f32>(p, v, 2, 8);
  return v;
}

export function storePart(p: usize, v: v128, r: i32): void {
  v128.store_lane<f32>(p, v, 0);
  if (r > 1) v128.store_lane<f32>(p, v, 1, 4);
  if (r > 2) v128.store_lane<f32>(p, v, 2, 8);
}

/** r floats (1 to 4) at p, `stride` bytes apart; unused lanes repeat the first one. */
// @ts-ignore: decorator
@inline
export function gather4(p: usize, stride: usize, r: i32): v128 {
  let v = v128.load_splat<f32>(p);
  if (r > 1) v = v128.load_lane<f32>(p + stride, v, 1);
  if (r > 2) v = v128.load_lane<f32>(p + 2 * stride, v, 2);
  if (r > 3) v = v128.load_lane<f32>(p + 3 * stride, v, 3);
  return v;
}

/** All-ones in the first r lanes. */
// @ts-ignore: decorator
@inline
export function laneMask(r: i32): v128 {
  return i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(r));
}

/** (v0 + v2) + (v1 + v3) */
// @ts-ignore: decorator
@inline
export function sumLanes(v: v128): f32 {
  const pair = f32x4.add(v, v128.shuffle<f32>(v, v, 2, 3, 0, 1));
  return f32x4.extract_lane(pair, 0) + f32x4.extract_lane(pair, 1);
}

// @ts-ignore: decorator
@inline
export function maxLanes(v: v128): f32 {
  const pair = f32x4.max(v, v128.shuffle<f32>(v, v, 2, 3, 0, 1));
  return f32x4.extract_lane(f32x4.max(pair, v128.shuffle<f32>(pair, pair, 1, 0, 3, 2)), 0);
}

/** +0 in every lane where x is finite, NaN elsewhere. Or-ed together it tells whether all are finite. */
// @ts-ignore: decorator
@inline
export function nonFinite(x: v128): v128 {
  return f32x4.sub(x, x);
}
