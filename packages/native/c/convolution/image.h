// One sample's image as convolutions read it: with its border of zeros, and cut into phases where a stride is above 1,
// so that a tap of the kernel is one offset and neighbouring outputs read neighbouring floats. Channels lie an odd
// number of cache lines apart, since those of a power of two bytes would all want the same few places of a cache.
#pragma once
#include "../shuffle.h"
#include "geometry.h"

typedef struct {
  /** Rows and columns of a phase. */
  i32 rows, pitch;
  /** Steps between neighbours of a phase, and how many phases are kept: one, where a single tap reads no other. */
  i32 sh, sw;
  i32 down, across;
  /** Zeros before the first row and column. */
  i32 top, left;
  /** Floats from one channel to the next. */
  i32 channel;
  i32 channels, h, w;
  /** Whether the samples are read where they are. */
  i32 direct;
  usize at;
} Image;

/** Floats that may be read behind the last channel, by vectors wider than a row. */
#define BEHIND 16

/** Offset in bytes of row i and column j of the image with its border. */
INLINE u32 imageOffset(const Image *image, i32 i, i32 j) {
  const i32 phase = (i % image->sh) * image->across + j % image->sw;
  return (u32)((phase * image->rows + i / image->sh) * image->pitch + j / image->sw) << 2;
}

/** spanH: rows with the border; spanW: columns; down and across as in Image */
INLINE Image describeImage(i32 channels, i32 h, i32 w, i32 spanH, i32 spanW, i32 sh, i32 sw, i32 down, i32 across,
                           i32 top, i32 left) {
  Image image = {ceilDiv(spanH, sh), ceilDiv(spanW, sw), sh, sw, down, across, top, left, 0, channels, h, w, 0, 0};
  image.channel = (ceilDiv(down * across * image.rows * image.pitch, 16) | 1) << 4;
  return image;
}

/** Reads samples where they are, if they have no border and their channels do not get into each other's way. */
INLINE void readDirectly(Image *image) {
  image->direct = 1;
  image->pitch = image->w;
  image->rows = image->h;
  image->channel = image->h * image->w;
}

/** Whether channels of so many floats would share places of a cache. */
INLINE i32 collides(i32 floats) { return (floats & 255) == 0; }

/** Makes room for the image, which is zero, unless samples are read where they are. */
INLINE void makeImage(Geometry *g, Image *image) {
  if (image->direct) return;
  const usize floats = (usize)image->channels * (usize)image->channel + BEHIND;
  image->at = room(g, floats);
  memset((void *)image->at, 0, floats << 2);
}

INLINE void copyRow(usize to, usize from, i32 n) {
  if (n < LANES) {
    storeSome(to, loadZero(from, n), n);
    return;
  }
  // The last vector ends where the row ends.
  const usize last = (usize)(n - LANES) << 2;
  for (usize at = 0; at < last; at += WIDE) store(to + at, load(from + at));
  store(to + last, load(from + last));
}

/** Every second float of n, from the first and, unless odd is 0, from the second. */
INLINE void splitRow(usize even, usize odd, usize from, i32 n) {
  for (; n > 0; n -= 2 * LANES, from += 2 * WIDE, even += WIDE) {
    const vf a = loadZero(from, n);
    const vf b = n > LANES ? loadZero(from + WIDE, n - LANES) : splat(0);
    storeSome(even, evenLanes(a, b), (n + 1) >> 1);
    if (odd) {
      if (n > 1) storeSome(odd, oddLanes(a, b), n >> 1);
      odd += WIDE;
    }
  }
}

/** Every step-th of n floats. */
INLINE void takeEvery(usize to, usize from, i32 n, i32 step) {
  for (; n > 0; n -= step, to += 4, from += (usize)step << 2) store1(to, load1(from));
}

/** The first of neighbours from `place` on that a phase of the step has. */
INLINE i32 phaseStart(i32 phase, i32 place, i32 step) { return (phase + step - place % step) % step; }

/** A row of a channel. phase: bytes from one phase of columns to the next; first: phaseStart(0, left, sw) */
INLINE void placeRow(const Image *image, usize row, usize from, i32 w, usize phase, i32 first) {
  const i32 sw = image->sw, left = image->left;
  if (sw == 1) {
    copyRow(row + ((usize)left << 2), from, w);
  } else if (sw == 2) {
    const usize even = row + ((usize)((left + 1) >> 1) << 2), odd = row + phase + ((usize)(left >> 1) << 2);
    if (image->across == 1) splitRow(even, 0, from + ((usize)first << 2), w - first);
    else if (first) splitRow(odd, even, from, w);
    else splitRow(even, odd, from, w);
  } else {
    for (i32 p = 0; p < image->across; p++) {
      const i32 j = (first + p) % sw;
      takeEvery(row + (usize)p * phase + ((usize)((left + j) / sw) << 2), from + ((usize)j << 2), w - j, sw);
    }
  }
}

/** Copies a sample into the image, whose border is zero already. @returns where its first channel is */
static usize placeSample(const Image *image, usize x) {
  if (image->direct) return x;
  const i32 sh = image->sh, top = image->top;
  const i32 h = minInt(image->h, image->rows * sh - top);
  const i32 w = minInt(image->w, image->pitch * image->sw - image->left);
  const i32 firstColumn = phaseStart(0, image->left, image->sw);
  const usize row = (usize)image->pitch << 2, phase = (usize)image->rows * row, xRow = (usize)image->w << 2;
  usize to = image->at;
  for (i32 c = image->channels; c > 0; --c) {
    for (i32 p = 0; p < image->down && w > 0; p++) {
      const i32 first = phaseStart(p, top, sh);
      usize at = to + (usize)(p * image->across) * phase + (usize)((first + top) / sh) * row;
      for (i32 i = first; i < h; i += sh, at += row) placeRow(image, at, x + (usize)i * xRow, w, phase, firstColumn);
    }
    x += (usize)image->h * xRow;
    to += (usize)image->channel << 2;
  }
  return image->at;
}
