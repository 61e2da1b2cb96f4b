// One sample's image as convolutions read it: with its border of zeros, and cut into phases where a stride is above 1, so
// that a tap of the kernel is one offset and neighbouring outputs read neighbouring floats. Channels lie an odd number
// of cache lines apart, since those of a power of two bytes would all want the same few places of a cache.
import { ceilDiv } from './geometry';

@unmanaged
export class Image {
  /** Rows and columns of a phase. */
  rows: i32; pitch: i32;
  /** Steps between neighbours of a phase, and how many phases are kept: one, where a single tap reads no other. */
  sh: i32; sw: i32;
  down: i32; across: i32;
  /** Zeros before the first row and column. */
  top: i32; left: i32;
  /** Floats from one channel to the next. */
  channel: i32;
  channels: i32; h: i32; w: i32;
  /** Whether the samples are read where they are. */
  direct: i32;
  at: usize;

  /** Offset in bytes of row i and column j of the image with its border. */
  @inline offset(i: i32, j: i32): i32 {
    const phase = (i % this.sh) * this.across + (j % this.sw);
    return ((phase * this.rows + i / this.sh) * this.pitch + j / this.sw) << 2;
  }
}

/** Words of an Image, rounded up. */
export const IMAGE: i32 = 32;

/** Floats that may be read behind the last channel, by vectors wider than a row. */
const BEHIND: i32 = 16;

/**
 * @param spanH rows with the border, spanW columns; down and across as in Image
 * @returns floats that the copy wants
 */
export function describeImage(
  image: Image, channels: i32, h: i32, w: i32, spanH: i32, spanW: i32,
  sh: i32, sw: i32, down: i32, across: i32, top: i32, left: i32,
): i32 {
  image.channels = channels;
  image.h = h; image.w = w;
  image.sh = sh; image.sw = sw;
  image.down = down; image.across = across;
  image.top = top; image.left = left;
  image.rows = ceilDiv(spanH, sh);
  image.pitch = ceilDiv(spanW, sw);
  image.channel = (ceilDiv(down * across * image.rows * image.pitch, 16) | 1) << 4;
  image.direct = 0;
  return channels * image.channel + BEHIND;
}

/** Reads samples where they are, if they have no border and their channels do not get into each other's way. */
export function readDirectly(image: Image): void {
  image.direct = 1;
  image.pitch = image.w;
  image.rows = image.h;
  image.channel = image.h * image.w;
}

/** Whether channels of so many floats would share places of a cache. */
export function collides(floats: i32): bool {
  return (floats & 255) == 0;
}

export function zero(at: usize, floats: i32): void {
  memory.fill(at, 0, <usize>floats << 2);
}

// @ts-ignore: decorator
@inline
function copyRow(to: usize, from: usize, n: i32): void {
  for (; n >= 4; n -= 4) {
    v128.store(to, v128.load(from));
    to += 16;
    from += 16;
  }
  for (; n > 0; --n) {
    store<f32>(to, load<f32>(from));
    to += 4;
    from += 4;
  }
}

/** Every second float of n, from the first and from the second. */
// @ts-ignore: decorator
@inline
function splitRow(even: usize, odd: usize, from: usize, n: i32): void {
  for (; n >= 8; n -= 8) {
    const a = v128.load(from);
    const b = v128.load(from, 16);
    v128.store(even, v128.shuffle<f32>(a, b, 0, 2, 4, 6));
    v128.store(odd, v128.shuffle<f32>(a, b, 1, 3, 5, 7));
    from += 32;
    even += 16;
    odd += 16;
  }
  for (; n > 0; n -= 2) {
    store<f32>(even, load<f32>(from));
    if (n > 1) store<f32>(odd, load<f32>(from, 4));
    from += 8;
    even += 4;
    odd += 4;
  }
}

/** Every step-th of n floats. */
// @ts-ignore: decorator
@inline
function pickRow(to: usize, from: usize, n: i32, step: i32): void {
  if (step == 2) {
    for (; n >= 8; n -= 8) {
      v128.store(to, v128.shuffle<f32>(v128.load(from), v128.load(from, 16), 0, 2, 4, 6));
      to += 16;
      from += 32;
    }
  }
  for (; n > 0; n -= step) {
    store<f32>(to, load<f32>(from));
    to += 4;
    from += <usize>step << 2;
  }
}

/** Copies a sample into the image, whose border is zero already. @returns where its first channel is */
export function placeSample(image: Image, x: usize): usize {
  if (image.direct) return x;
  const sh = image.sh, sw = image.sw, left = image.left, pitch = image.pitch;
  const h = min(image.h, image.rows * sh - image.top);
  const w = min(image.w, pitch * sw - left);
  const step = image.rows * pitch << 2;
  let to = image.at;
  for (let c = image.channels; c > 0; --c) {
    for (let i = 0; i < h; ++i) {
      if ((i + image.top) % sh >= image.down) continue;
      const from = x + (<usize>i * image.w << 2);
      const row = to + image.offset(i + image.top, 0);
      if (sw == 1) copyRow(row + (left << 2), from, w);
      else if (image.across == 1) {
        const first = (sw - left % sw) % sw;
        pickRow(row + ((left + first) / sw << 2), from + (first << 2), w - first, sw);
      } else if (sw == 2) {
        const first = row + (left & 1) * step + (left >> 1 << 2);
        const second = row + (~left & 1) * step + (left + 1 >> 1 << 2);
        splitRow(first, second, from, w);
      } else {
        for (let j = 0; j < w; ++j) {
          const at = j + left;
          store<f32>(row + (at % sw) * step + (at / sw << 2), load<f32>(from + (j << 2)));
        }
      }
    }
    x += <usize>image.h * image.w << 2;
    to += <usize>image.channel << 2;
  }
  return image.at;
}
