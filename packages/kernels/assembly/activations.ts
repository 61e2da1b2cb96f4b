// Activations that are made of the functions of math.ts, and their gradients: maps of one array and of two, as elementwise.ts
// has them, with up to two numbers.
import { load4, store4 } from './lanes';
import { exp4, expm14, log1pExp4, sigmoid4 } from './math';
import { pow4 } from './power';
import { cos4, sin4 } from './trigonometry';

// @ts-ignore: decorator
@inline
function c4(x: f32): v128 {
  return f32x4.splat(x);
}

class Abs { @inline of(x: v128, k: v128, l: v128): v128 { return f32x4.abs(x); } }
class Sin { @inline of(x: v128, k: v128, l: v128): v128 { return sin4(x); } }
class Cos { @inline of(x: v128, k: v128, l: v128): v128 { return cos4(x); } }
class Pow { @inline of(x: v128, k: v128, l: v128): v128 { return pow4(x, k); } }
class Silu { @inline of(x: v128, k: v128, l: v128): v128 { return f32x4.mul(x, sigmoid4(x)); } }
class Elu {
  @inline of(x: v128, k: v128, l: v128): v128 {
    return v128.bitselect(x, f32x4.mul(k, expm14(x)), f32x4.gt(x, c4(0)));
  }
}
class Softplus {
  @inline of(x: v128, k: v128, l: v128): v128 {
    const z = f32x4.mul(x, k);
    const y = f32x4.div(f32x4.add(f32x4.max(z, c4(0)), log1pExp4(z)), k);
    return v128.bitselect(x, y, f32x4.gt(z, l));
  }
}
class Hardswish {
  @inline of(x: v128, k: v128, l: v128): v128 {
    const gate = f32x4.pmin(f32x4.pmax(f32x4.add(x, c4(3)), c4(0)), c4(6));
    return f32x4.div(f32x4.mul(x, gate), c4(6));
  }
}
class Clamp {
  @inline of(x: v128, k: v128, l: v128): v128 { return f32x4.pmin(f32x4.pmax(x, k), l); }
}

class SiluGrad {
  @inline of(dy: v128, x: v128, k: v128, l: v128): v128 {
    const s = sigmoid4(x);
    const slope = f32x4.mul(s, f32x4.add(c4(1), f32x4.mul(x, f32x4.sub(c4(1), s))));
    return f32x4.mul(dy, slope);
  }
}
class EluGrad {
  @inline of(dy: v128, x: v128, k: v128, l: v128): v128 {
    return v128.bitselect(dy, f32x4.mul(dy, f32x4.mul(k, exp4(x))), f32x4.gt(x, c4(0)));
  }
}
class SoftplusGrad {
  @inline of(dy: v128, x: v128, k: v128, l: v128): v128 {
    const z = f32x4.mul(x, k);
    return v128.bitselect(dy, f32x4.mul(dy, sigmoid4(z)), f32x4.gt(z, l));
  }
}
class HardswishGrad {
  @inline of(dy: v128, x: v128, k: v128, l: v128): v128 {
    const between = f32x4.mul(dy, f32x4.add(f32x4.div(x, c4(3)), c4(0.5)));
    const most = v128.bitselect(between, dy, f32x4.le(x, c4(3)));
    return v128.andnot(most, f32x4.lt(x, c4(-3)));
  }
}
class ClampGrad {
  @inline of(dy: v128, x: v128, k: v128, l: v128): v128 {
    return v128.and(dy, v128.and(f32x4.ge(x, k), f32x4.le(x, l)));
  }
}
class HardtanhGrad {
  @inline of(dy: v128, x: v128, k: v128, l: v128): v128 {
    return v128.and(dy, v128.and(f32x4.gt(x, k), f32x4.lt(x, l)));
  }
}

function map<OP>(out: usize, a: usize, n: i32, first: f32, second: f32): void {
  const op = changetype<OP>(0);
  const k = f32x4.splat(first), l = f32x4.splat(second);
  const body = <usize>(n >> 2) << 4;
  for (let i: usize = 0; i < body; i += 16) v128.store(out + i, op.of(v128.load(a + i), k, l));
  const r = n & 3;
  if (r) store4(out + body, op.of(load4(a + body, r), k, l), r);
}

function zip<OP>(out: usize, a: usize, b: usize, n: i32, first: f32, second: f32): void {
  const op = changetype<OP>(0);
  const k = f32x4.splat(first), l = f32x4.splat(second);
  const body = <usize>(n >> 2) << 4;
  for (let i: usize = 0; i < body; i += 16) {
    v128.store(out + i, op.of(v128.load(a + i), v128.load(b + i), k, l));
  }
  const r = n & 3;
  if (r) store4(out + body, op.of(load4(a + body, r), load4(b + body, r), k, l), r);
}

export function abs(out: usize, a: usize, n: i32): void { map<Abs>(out, a, n, 0, 0); }
export function sin(out: usize, a: usize, n: i32): void { map<Sin>(out, a, n, 0, 0); }
export function cos(out: usize, a: usize, n: i32): void { map<Cos>(out, a, n, 0, 0); }
export function pow(out: usize, a: usize, n: i32, exponent: f32): void {
  map<Pow>(out, a, n, exponent, 0);
}
export function silu(out: usize, a: usize, n: i32): void { map<Silu>(out, a, n, 0, 0); }
export function elu(out: usize, a: usize, n: i32, alpha: f32): void {
  map<Elu>(out, a, n, alpha, 0);
}
export function softplus(out: usize, a: usize, n: i32, beta: f32, threshold: f32): void {
  map<Softplus>(out, a, n, beta, threshold);
}
export function hardswish(out: usize, a: usize, n: i32): void { map<Hardswish>(out, a, n, 0, 0); }
export function clamp(out: usize, a: usize, n: i32, low: f32, high: f32): void {
  map<Clamp>(out, a, n, low, high);
}

export function siluGrad(out: usize, dy: usize, x: usize, n: i32): void {
  zip<SiluGrad>(out, dy, x, n, 0, 0);
}
export function eluGrad(out: usize, dy: usize, x: usize, n: i32, alpha: f32): void {
  zip<EluGrad>(out, dy, x, n, alpha, 0);
}
export function softplusGrad(
  out: usize, dy: usize, x: usize, n: i32, beta: f32, threshold: f32,
): void {
  zip<SoftplusGrad>(out, dy, x, n, beta, threshold);
}
export function hardswishGrad(out: usize, dy: usize, x: usize, n: i32): void {
  zip<HardswishGrad>(out, dy, x, n, 0, 0);
}
export function clampGrad(out: usize, dy: usize, x: usize, n: i32, low: f32, high: f32): void {
  zip<ClampGrad>(out, dy, x, n, low, high);
}
export function hardtanhGrad(out: usize, dy: usize, x: usize, n: i32, low: f32, high: f32): void {
  zip<HardtanhGrad>(out, dy, x, n, low, high);
}

export function where(out: usize, condition: usize, a: usize, b: usize, n: i32): void {
  const body = <usize>(n >> 2) << 4;
  for (let i: usize = 0; i < body; i += 16) {
    const chosen = f32x4.ne(v128.load(condition + i), c4(0));
    v128.store(out + i, v128.bitselect(v128.load(a + i), v128.load(b + i), chosen));
  }
  const r = n & 3;
  if (r) {
    const chosen = f32x4.ne(load4(condition + body, r), c4(0));
    store4(out + body, v128.bitselect(load4(a + body, r), load4(b + body, r), chosen), r);
  }
}
