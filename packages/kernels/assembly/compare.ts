// Comparisons of two arrays with broadcasting, as 1 or 0, and the larger and the smaller of two: loops as broadcast.ts has them.
import { zip } from './broadcast';

class Greater {
  @inline of(a: v128, b: v128): v128 { return v128.and(f32x4.splat(1), f32x4.gt(a, b)); }
}
class GreaterEqual {
  @inline of(a: v128, b: v128): v128 { return v128.and(f32x4.splat(1), f32x4.ge(a, b)); }
}
class Equal {
  @inline of(a: v128, b: v128): v128 { return v128.and(f32x4.splat(1), f32x4.eq(a, b)); }
}
class NotEqual {
  @inline of(a: v128, b: v128): v128 { return v128.and(f32x4.splat(1), f32x4.ne(a, b)); }
}
class Maximum { @inline of(a: v128, b: v128): v128 { return f32x4.max(a, b); } }
class Minimum { @inline of(a: v128, b: v128): v128 { return f32x4.min(a, b); } }

export function greater(
  out: usize, a: usize, b: usize, d0: i32, d1: i32, d2: i32, d3: i32, d4: i32, d5: i32,
  as0: i32, as1: i32, as2: i32, as3: i32, as4: i32, as5: i32,
  bs0: i32, bs1: i32, bs2: i32, bs3: i32, bs4: i32, bs5: i32,
): void {
  zip<Greater>(
    out, a, b, d0, d1, d2, d3, d4, d5, as0, as1, as2, as3, as4, as5, bs0, bs1, bs2, bs3, bs4, bs5,
  );
}

export function greaterEqual(
  out: usize, a: usize, b: usize, d0: i32, d1: i32, d2: i32, d3: i32, d4: i32, d5: i32,
  as0: i32, as1: i32, as2: i32, as3: i32, as4: i32, as5: i32,
  bs0: i32, bs1: i32, bs2: i32, bs3: i32, bs4: i32, bs5: i32,
): void {
  zip<GreaterEqual>(
    out, a, b, d0, d1, d2, d3, d4, d5, as0, as1, as2, as3, as4, as5, bs0, bs1, bs2, bs3, bs4, bs5,
  );
}

export function equal(
  out: usize, a: usize, b: usize, d0: i32, d1: i32, d2: i32, d3: i32, d4: i32, d5: i32,
  as0: i32, as1: i32, as2: i32, as3: i32, as4: i32, as5: i32,
  bs0: i32, bs1: i32, bs2: i32, bs3: i32, bs4: i32, bs5: i32,
): void {
  zip<Equal>(
    out, a, b, d0, d1, d2, d3, d4, d5, as0, as1, as2, as3, as4, as5, bs0, bs1, bs2, bs3, bs4, bs5,
  );
}

export function notEqual(
  out: usize, a: usize, b: usize, d0: i32, d1: i32, d2: i32, d3: i32, d4: i32, d5: i32,
  as0: i32, as1: i32, as2: i32, as3: i32, as4: i32, as5: i32,
  bs0: i32, bs1: i32, bs2: i32, bs3: i32, bs4: i32, bs5: i32,
): void {
  zip<NotEqual>(
    out, a, b, d0, d1, d2, d3, d4, d5, as0, as1, as2, as3, as4, as5, bs0, bs1, bs2, bs3, bs4, bs5,
  );
}

export function maximum(
  out: usize, a: usize, b: usize, d0: i32, d1: i32, d2: i32, d3: i32, d4: i32, d5: i32,
  as0: i32, as1: i32, as2: i32, as3: i32, as4: i32, as5: i32,
  bs0: i32, bs1: i32, bs2: i32, bs3: i32, bs4: i32, bs5: i32,
): void {
  zip<Maximum>(
    out, a, b, d0, d1, d2, d3, d4, d5, as0, as1, as2, as3, as4, as5, bs0, bs1, bs2, bs3, bs4, bs5,
  );
}

export function minimum(
  out: usize, a: usize, b: usize, d0: i32, d1: i32, d2: i32, d3: i32, d4: i32, d5: i32,
  as0: i32, as1: i32, as2: i32, as3: i32, as4: i32, as5: i32,
  bs0: i32, bs1: i32, bs2: i32, bs3: i32, bs4: i32, bs5: i32,
): void {
  zip<Minimum>(
    out, a, b, d0, d1, d2, d3, d4, d5, as0, as1, as2, as3, as4, as5, bs0, bs1, bs2, bs3, bs4, bs5,
  );
}
