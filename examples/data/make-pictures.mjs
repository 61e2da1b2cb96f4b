// Writes the examples' pictures: shapes/cross and shapes/ring, 16 PNGs each, of several sizes, dark on light.
//
// node examples/data/make-pictures.mjs    writes the same bytes each time
import { mkdirSync, writeFileSync } from 'node:fs';
import { crc32, deflateSync } from 'node:zlib';

let state = 20260102;
/** Uniform in [0, 1): a linear congruential generator (Numerical Recipes). */
function random() {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
}
const between = (low, high) => low + (high - low) * random();

function chunk(type, content) {
  const body = Buffer.concat([Buffer.from(type), content]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

/** A grey PNG, not compressed, so that every zlib writes the same bytes. */
function png(width, height, pixel) {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head[8] = 8;
  const rows = Buffer.alloc(height * (width + 1));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) rows[y * (width + 1) + 1 + x] = pixel(x, y);
  }
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const data = deflateSync(rows, { level: 0 });
  return Buffer.concat([
    signature,
    chunk('IHDR', head),
    chunk('IDAT', data),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

const SHAPES = {
  cross: (x, y, size) =>
    Math.min(Math.abs(x - y), Math.abs(x + y)) < size * 0.22 && Math.abs(x) < size,
  ring: (x, y, size) => Math.abs(Math.sqrt(x * x + y * y) - size) < size * 0.22,
};

for (const [name, isInk] of Object.entries(SHAPES)) {
  const folder = new URL(`shapes/${name}/`, import.meta.url);
  mkdirSync(folder, { recursive: true });
  for (let i = 0; i < 16; i++) {
    const [width, height] = [Math.round(between(14, 22)), Math.round(between(14, 22))];
    const [left, top] = [width * between(0.4, 0.6), height * between(0.4, 0.6)];
    const size = Math.min(width, height) * between(0.25, 0.38);
    const pixel = (x, y) =>
      Math.round(isInk(x + 0.5 - left, y + 0.5 - top, size) ? between(10, 60) : between(190, 250));
    writeFileSync(new URL(`${String(i).padStart(2, '0')}.png`, folder), png(width, height, pixel));
  }
}
