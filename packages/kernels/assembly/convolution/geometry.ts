// The sizes of a convolution, as they lie at the beginning of its scratch memory while it is computed, and places in
// that memory, each on a cache line of its own. How much is needed is said again in src/contract/convolution-scratch.ts.

/** Words of a Geometry, rounded up to a cache line. */
const GEOMETRY: usize = 128;

@unmanaged
export class Geometry {
  samples: i32;
  /** Channels, rows and columns of the image x, and of the convolved y. */
  c: i32; h: i32; w: i32;
  o: i32; outH: i32; outW: i32;
  kh: i32; kw: i32;
  sh: i32; sw: i32;
  top: i32; left: i32;
  dh: i32; dw: i32;
  groups: i32;
  /** Where the next place begins. */
  free: usize;

  /** Room for so many words. */
  @inline take(words: i32): usize {
    const at = this.free;
    this.free = at + ((<usize>words * 4 + 63) & ~63);
    return at;
  }
  /** Channels of x, and of y, that belong to one group. */
  @inline get cg(): i32 { return this.c / this.groups; }
  @inline get og(): i32 { return this.o / this.groups; }
}

export function geometry(
  scratch: usize, samples: i32, c: i32, h: i32, w: i32, o: i32, outH: i32, outW: i32,
  kh: i32, kw: i32, sh: i32, sw: i32, top: i32, left: i32, dh: i32, dw: i32, groups: i32,
): Geometry {
  const all = changetype<Geometry>((scratch + 63) & ~63);
  all.samples = samples;
  all.c = c; all.h = h; all.w = w;
  all.o = o; all.outH = outH; all.outW = outW;
  all.kh = kh; all.kw = kw;
  all.sh = sh; all.sw = sw;
  all.top = top; all.left = left;
  all.dh = dh; all.dw = dw;
  all.groups = groups;
  all.free = changetype<usize>(all) + GEOMETRY;
  return all;
}

// @ts-ignore: decorator
@inline
export function ceilDiv(a: i32, b: i32): i32 {
  return (a + b - 1) / b;
}
