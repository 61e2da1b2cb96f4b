// Kernels where out[i] depends on the i-th elements only: maps of one array and of two.
// `out` may be an input. Body and tail run the same vector code (lanes.ts).
// Not here: broadcasting (broadcast.ts).
import { load4, store4 } from './lanes';
import { erf4, exp4, log1pExp4, log4, sigmoid4, tanh4 } from './math';
import { gelu4, geluSlope4 } from './normal';

// An operation is a class without fields, so that it can be a type argument and is inlined;
// `k` is the kernel's scalar in every lane. No object is ever made: the receiver is null.
class Neg { @inline of(x: v128, k: v128): v128 { return f32x4.neg(x); } }
class Exp { @inline of(x: v128, k: v128): v128 { return exp4(x); } }
class Log { @inline of(x: v128, k: v128): v128 { return log4(x); } }
class Sqrt { @inline of(x: v128, k: v128): v128 { return f32x4.sqrt(x); } }
class Erf { @inline of(x: v128, k: v128): v128 { return erf4(x); } }
class Sigmoid { @inline of(x: v128, k: v128): v128 { return sigmoid4(x); } }
class Tanh { @inline of(x: v128, k: v128): v128 { return tanh4(x); } }
class Gelu { @inline of(x: v128, k: v128): v128 { return gelu4(x); } }
class Relu { @inline of(x: v128, k: v128): v128 { return f32x4.max(x, f32x4.splat(0)); } }
class Scale { @inline of(x: v128, k: v128): v128 { return f32x4.mul(x, k); } }
class Clip { @inline of(x: v128, k: v128): v128 { return f32x4.pmin(f32x4.pmax(x, f32x4.neg(k)), k); } }
class LeakyRelu {
  @inline of(x: v128, k: v128): v128 {
    return v128.bitselect(x, f32x4.mul(x, k), f32x4.gt(x, f32x4.splat(0)));
  }
}
class Step {
  @inline of(x: v128, k: v128): v128 {
    return v128.and(f32x4.splat(1), f32x4.gt(x, f32x4.splat(0)));
  }
}

class ReluGrad {
  @inline of(dy: v128, y: v128, k: v128): v128 {
    return v128.and(dy, f32x4.gt(y, f32x4.splat(0)));
  }
}
class LeakyReluGrad {
  @inline of(dy: v128, x: v128, k: v128): v128 {
    return v128.bitselect(dy, f32x4.mul(dy, k), f32x4.gt(x, f32x4.splat(0)));
  }
}
class SigmoidGrad {
  @inline of(dy: v128, y: v128, k: v128): v128 {
    return f32x4.mul(f32x4.mul(dy, y), f32x4.sub(f32x4.splat(1), y));
  }
}
class TanhGrad {
  @inline of(dy: v128, y: v128, k: v128): v128 {
    return f32x4.mul(dy, f32x4.sub(f32x4.splat(1), f32x4.mul(y, y)));
  }
}
class GeluGrad {
  @inline of(dy: v128, x: v128, k: v128): v128 {
    return f32x4.mul(dy, geluSlope4(x));
  }
}
class BceWithLogits {
  @inline of(x: v128, t: v128, k: v128): v128 {
    const linear = f32x4.sub(f32x4.max(x, f32x4.splat(0)), f32x4.mul(x, t));
    return f32x4.add(linear, log1pExp4(x));
  }
}
class Add { @inline of(a: v128, b: v128, k: v128): v128 { return f32x4.add(a, b); } }

function map<OP>(out: usize, a: usize, n: i32, scalar: f32): void {
  const op = changetype<OP>(0);
  const k = f32x4.splat(scalar);
  const body = <usize>(n >> 2) << 4;
  for (let i: usize = 0; i < body; i += 16) v128.store(out + i, op.of(v128.load(a + i), k));
  const r = n & 3;
  if (r) store4(out + body, op.of(load4(a + body, r), k), r);
}

function zip<OP>(out: usize, a: usize, b: usize, n: i32, scalar: f32): void {
  const op = changetype<OP>(0);
  const k = f32x4.splat(scalar);
  const body = <usize>(n >> 2) << 4;
  for (let i: usize = 0; i < body; i += 16) {
    v128.store(out + i, op.of(v128.load(a + i), v128.load(b + i), k));
  }
  const r = n & 3;
  if (r) store4(out + body, op.of(load4(a + body, r), load4(b + body, r), k), r);
}

export function neg(out: usize, a: usize, n: i32): void { map<Neg>(out, a, n, 0); }
export function exp(out: usize, a: usize, n: i32): void { map<Exp>(out, a, n, 0); }
export function log(out: usize, a: usize, n: i32): void { map<Log>(out, a, n, 0); }
export function sqrt(out: usize, a: usize, n: i32): void { map<Sqrt>(out, a, n, 0); }
export function erf(out: usize, a: usize, n: i32): void { map<Erf>(out, a, n, 0); }
export function sigmoid(out: usize, a: usize, n: i32): void { map<Sigmoid>(out, a, n, 0); }
export function tanh(out: usize, a: usize, n: i32): void { map<Tanh>(out, a, n, 0); }
export function gelu(out: usize, a: usize, n: i32): void { map<Gelu>(out, a, n, 0); }
export function relu(out: usize, a: usize, n: i32): void { map<Relu>(out, a, n, 0); }
export function step(out: usize, a: usize, n: i32): void { map<Step>(out, a, n, 0); }
export function leakyRelu(out: usize, a: usize, n: i32, slope: f32): void {
  map<LeakyRelu>(out, a, n, slope);
}

export function reluGrad(out: usize, dy: usize, y: usize, n: i32): void {
  zip<ReluGrad>(out, dy, y, n, 0);
}
export function leakyReluGrad(out: usize, dy: usize, x: usize, n: i32, slope: f32): void {
  zip<LeakyReluGrad>(out, dy, x, n, slope);
}
export function sigmoidGrad(out: usize, dy: usize, y: usize, n: i32): void {
  zip<SigmoidGrad>(out, dy, y, n, 0);
}
export function tanhGrad(out: usize, dy: usize, y: usize, n: i32): void {
  zip<TanhGrad>(out, dy, y, n, 0);
}
export function geluGrad(out: usize, dy: usize, x: usize, n: i32): void {
  zip<GeluGrad>(out, dy, x, n, 0);
}
export function bceWithLogits(out: usize, x: usize, t: usize, n: i32): void {
  zip<BceWithLogits>(out, x, t, n, 0);
}

export function addInto(dst: usize, src: usize, n: i32): void {
  // Four vectors a turn: in V8 11 a turn with one takes half as long again.
  const blocks = <usize>(n >> 4) << 6;
  for (let i: usize = 0; i < blocks; i += 64) {
    v128.store(dst + i, f32x4.add(v128.load(dst + i), v128.load(src + i)));
    v128.store(dst + i, f32x4.add(v128.load(dst + i, 16), v128.load(src + i, 16)), 16);
    v128.store(dst + i, f32x4.add(v128.load(dst + i, 32), v128.load(src + i, 32)), 32);
    v128.store(dst + i, f32x4.add(v128.load(dst + i, 48), v128.load(src + i, 48)), 48);
  }
  zip<Add>(dst + blocks, dst + blocks, src + blocks, n & 15, 0);
}
export function scale(g: usize, n: i32, factor: f32): void { map<Scale>(g, g, n, factor); }
export function clipValue(g: usize, n: i32, limit: f32): void { map<Clip>(g, g, n, limit); }

export function fill(out: usize, n: i32, value: f32): void {
  const v = f32x4.splat(value);
  const body = <usize>(n >> 2) << 4;
  for (let i: usize = 0; i < body; i += 16) v128.store(out + i, v);
  if (n & 3) store4(out + body, v, n & 3);
}
