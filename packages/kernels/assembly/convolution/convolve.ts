// y = x ∗ w, and its transpose, which is also the gradient of x. Both copy each sample into an image with a border of zeros
// and run tiles over it. The transpose has a set of taps for each phase of the stride: those of the kernel that meet it.
// What they compute is said in src/contract/convolution.ts.
import { ceilDiv, Geometry, geometry } from './geometry';
import { collides, describeImage, Image, IMAGE, placeSample, readDirectly, zero } from './image';
import { blockRows, listVectors, runTiles, TAP } from './tiles';

/** Makes room for the image, which is zero, unless samples are read where they are. */
function makeImage(g: Geometry, image: Image, floats: i32): void {
  if (image.direct) return;
  image.at = g.take(floats);
  zero(image.at, floats);
}

/** The image of x with the border that the kernel wants; `least` columns of a row at the least are read at once. */
export function imageOfX(g: Geometry, least: i32): Image {
  const image = changetype<Image>(g.take(IMAGE));
  const spanH = (g.outH - 1) * g.sh + (g.kh - 1) * g.dh + 1;
  const spanW = (g.outW - 1) * g.sw + (g.kw - 1) * g.dw + 1;
  const floats = describeImage(
    image, g.c, g.h, g.w, spanH, spanW, g.sh, g.sw, g.kh == 1 ? 1 : g.sh, g.kw == 1 ? 1 : g.sw,
    g.top, g.left,
  );
  const isWhole = g.sh == 1 && g.sw == 1 && g.top == 0 && g.left == 0 && spanH <= g.h && spanW <= g.w;
  const columns = spanW == g.w && g.outW == g.w ? g.outH * g.outW : g.outW;
  if (isWhole && columns >= least && !collides(g.h * g.w)) readDirectly(image);
  makeImage(g, image, floats);
  return image;
}

export function convolve(
  out: usize, x: usize, weight: usize, bias: usize, scratch: usize,
  samples: i32, c: i32, h: i32, w: i32, o: i32, outH: i32, outW: i32, kh: i32, kw: i32,
  sh: i32, sw: i32, top: i32, left: i32, dh: i32, dw: i32, groups: i32,
): void {
  if (samples == 0) return;
  const g = geometry(
    scratch, samples, c, h, w, o, outH, outW, kh, kw, sh, sw, top, left, dh, dw, groups,
  );
  const image = imageOfX(g, 4);
  const cg = g.cg, og = g.og;
  const taps = cg * kh * kw;
  const weights = g.take(groups * ceilDiv(og, 4) * taps * 5);
  let to = weights;
  for (let group = 0; group < groups; ++group) {
    let from = weight + (<usize>group * og * taps << 2);
    for (let rest = og; rest > 0; ) {
      const n = blockRows(rest);
      for (let ci = 0; ci < cg; ++ci) {
        for (let r = 0; r < kh; ++r) {
          for (let s = 0; s < kw; ++s) {
            store<i32>(to, (ci * image.channel << 2) + image.offset(r * dh, s * dw));
            for (let i = 0; i < n; ++i) {
              store<f32>(to + 4 + (i << 2), load<f32>(from + (<usize>i * taps << 2)));
            }
            to += TAP;
            from += 4;
          }
        }
      }
      from += <usize>(n - 1) * taps << 2;
      rest -= n;
    }
  }
  const groupBytes = <usize>((to - weights) / groups);
  // Rows that follow each other without a gap are one.
  const isFlat = image.pitch == outW;
  const rows = isFlat ? 1 : outH, cols = isFlat ? outH * outW : outW;
  const most = rows * ceilDiv(cols, 4) + 3;
  const ins = g.take(most), outs = g.take(most);
  const count = listVectors(ins, outs, rows, cols, image.pitch << 2, cols << 2, 4);
  const plane = <usize>outH * outW << 2;
  const group = <usize>image.channel * cg << 2;
  for (; samples > 0; --samples) {
    let from = placeSample(image, x);
    let b = bias;
    for (let i = 0; i < groups; ++i) {
      runTiles(
        out, from, weights + <usize>i * groupBytes, taps, og, b, ins, outs, count, plane, min(cols, 4), 4,
      );
      out += <usize>og * plane;
      if (b) b += <usize>og << 2;
      from += group;
    }
    x += <usize>c * h * w << 2;
  }
}

/** Rounds towards −∞. */
// @ts-ignore: decorator
@inline
function floorDiv(a: i32, b: i32): i32 {
  return a >= 0 ? a / b : -((b - 1 - a) / b);
}

/** The image of y with the border that all positions of x want. */
function imageOfY(g: Geometry): Image {
  const image = changetype<Image>(g.take(IMAGE));
  const above = max(0, -floorDiv(g.top - (g.kh - 1) * g.dh, g.sh));
  const before = max(0, -floorDiv(g.left - (g.kw - 1) * g.dw, g.sw));
  const spanH = above + max(g.outH, (g.h - 1 + g.top) / g.sh + 1);
  const spanW = before + max(g.outW, (g.w - 1 + g.left) / g.sw + 1);
  const floats = describeImage(
    image, g.o, g.outH, g.outW, spanH, spanW, 1, 1, 1, 1, above, before,
  );
  const isWhole = spanH == g.outH && spanW == g.outW;
  if (isWhole && g.w / g.sw >= 4 && !collides(g.outH * g.outW)) readDirectly(image);
  makeImage(g, image, floats);
  return image;
}

/** Taps of one phase: where in y each of them stands for position 0 of the phase, and the weights of n channels. */
function packPhase(
  g: Geometry, image: Image, to: usize, weight: usize, a: i32, b: i32, n: i32,
): usize {
  const taps = g.kh * g.kw;
  for (let oi = 0; oi < g.og; ++oi) {
    for (let r = 0; r < g.kh; ++r) {
      const i = a + g.top - r * g.dh;
      if (i % g.sh) continue;
      for (let s = 0; s < g.kw; ++s) {
        const j = b + g.left - s * g.dw;
        if (j % g.sw) continue;
        const offset = (i / g.sh + image.top) * image.pitch + j / g.sw + image.left;
        store<i32>(to, oi * image.channel + offset << 2);
        const from = weight + (<usize>(r * g.kw + s) << 2);
        for (let k = 0; k < n; ++k) {
          store<f32>(to + 4 + (k << 2), load<f32>(from + (<usize>k * taps << 2)));
        }
        to += TAP;
      }
    }
    weight += <usize>g.cg * taps << 2;
  }
  return to;
}

@unmanaged
class Phase {
  /** Taps of a row. */
  taps: i32;
  /** Lists of its vectors, and how many they are. */
  ins: usize; outs: usize; count: i32;
  lanes: i32;
  /** Weights of the first group, and bytes from one group to the next. */
  weights: usize; groupBytes: usize;
}

const PHASE: i32 = 32;

/** Of a phase, what stays the same for all samples. */
function preparePhase(g: Geometry, image: Image, phase: Phase, weight: usize, a: i32, b: i32, at: usize): usize {
  const cg = g.cg, og = g.og;
  const rows = ceilDiv(g.h - a, g.sh), cols = ceilDiv(g.w - b, g.sw);
  phase.weights = at;
  for (let group = 0; group < g.groups; ++group) {
    let from = weight + (<usize>group * og * cg * g.kh * g.kw << 2);
    for (let rest = cg; rest > 0; ) {
      const n = blockRows(rest);
      const end = packPhase(g, image, at, from, a, b, n);
      phase.taps = <i32>((end - at) / TAP);
      at = end;
      from += <usize>n * g.kh * g.kw << 2;
      rest -= n;
    }
  }
  phase.groupBytes = (at - phase.weights) / g.groups;
  const isFlat = g.sh == 1 && g.sw == 1 && image.pitch == g.w;
  const outRow = g.sh * g.w << 2;
  const listed = isFlat ? rows * cols : cols;
  phase.lanes = min(listed, 4);
  phase.ins = at;
  phase.outs = at + (<usize>(isFlat ? 1 : rows) * ceilDiv(listed, 4) + 3 << 2);
  phase.count = listVectors(
    phase.ins, phase.outs, isFlat ? 1 : rows, listed, image.pitch << 2, outRow, g.sw << 2,
  );
  const first = a * g.w + b << 2;
  for (let i = 0; i < phase.count; ++i) {
    const place = phase.outs + (<usize>i << 2);
    store<i32>(place, load<i32>(place) + first);
  }
  return phase.outs + (<usize>phase.count << 2);
}

export function convolveTransposed(
  out: usize, y: usize, weight: usize, bias: usize, scratch: usize,
  samples: i32, c: i32, h: i32, w: i32, o: i32, outH: i32, outW: i32, kh: i32, kw: i32,
  sh: i32, sw: i32, top: i32, left: i32, dh: i32, dw: i32, groups: i32,
): void {
  if (samples == 0) return;
  const g = geometry(
    scratch, samples, c, h, w, o, outH, outW, kh, kw, sh, sw, top, left, dh, dw, groups,
  );
  const image = imageOfY(g);
  const across = min(sw, w);
  const phases = min(sh, h) * across;
  const list = g.take(phases * (PHASE >> 2));
  let at = g.free;
  let empty = false;
  for (let p = 0; p < phases; ++p) {
    const phase = changetype<Phase>(list + p * PHASE);
    at = preparePhase(g, image, phase, weight, p / across, p % across, at);
    if (phase.taps == 0) empty = true;
  }
  // What no tap meets is +0.
  if (empty && !bias) memory.fill(out, 0, <usize>samples * c * h * w << 2);
  const plane = <usize>h * w << 2;
  const group = <usize>image.channel * g.og << 2;
  for (; samples > 0; --samples) {
    const from = placeSample(image, y);
    for (let p = 0; p < phases; ++p) {
      const phase = changetype<Phase>(list + p * PHASE);
      if (phase.taps == 0 && !bias) continue;
      for (let i: usize = 0; i < <usize>groups; ++i) {
        runTiles(
          out + i * g.cg * plane, from + i * group, phase.weights + i * phase.groupBytes,
          phase.taps, g.cg, bias ? bias + (i * g.cg << 2) : 0, phase.ins, phase.outs, phase.count,
          plane, phase.lanes, <usize>sw << 2,
        );
      }
    }
    out += <usize>c * plane;
    y += <usize>o * outH * outW << 2;
  }
}
