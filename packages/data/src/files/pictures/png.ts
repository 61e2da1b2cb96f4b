// PNG: 1 to 16 bits, grey, colours, palettes, with transparency, interlaced or not.
// Invariant: what is unpacked is as long as the size says, before anything is decoded: a small file cannot fill the memory.
// Only the chunks that make the picture are handed on, with their checksums checked; profiles and texts are left alone.
// fast-png decodes and encodes: pure TypeScript, no native code, maintained by Zakodium.
import { deflateSync, inflateSync } from 'node:zlib';
import { DataError } from '@lockstep/core';
import { type DecodedPng, decode, encode } from 'fast-png';
import { PNG_SIGNATURE } from '../../pictures/head.js';
import type { Picture, PictureChannels } from '../../pictures/picture.js';

const NEEDED = ['IHDR', 'PLTE', 'tRNS', 'IDAT', 'IEND'];
const PALETTE = 3;
/** By colour type. Source: PNG specification, third edition, table 8. */
const KINDS: Readonly<Record<number, { readonly channels: number; readonly depths: number[] }>> = {
  0: { channels: 1, depths: [1, 2, 4, 8, 16] },
  2: { channels: 3, depths: [8, 16] },
  [PALETTE]: { channels: 1, depths: [1, 2, 4, 8] },
  4: { channels: 2, depths: [8, 16] },
  6: { channels: 4, depths: [8, 16] },
};

/** @throws DataError or fast-png's error if it is damaged */
export function decodePng(bytes: Uint8Array): Picture {
  const { needed, data, header } = takeApart(bytes);
  const rows = unpack(data, header);
  const isNarrow = header.isInterlaced && header.depth < 8;
  const png = decode(isNarrow ? withoutRows(needed, header) : needed, { checkCrc: !isNarrow });
  const samples = isNarrow
    ? deinterlaced(rows, header)
    : header.depth < 8
      ? unpacked(png)
      : png.data;
  const { width, height } = header;
  const whole = { ...png, width, height };
  return png.palette ? ofPalette(whole, samples) : withTransparency(whole, samples);
}

/** A PNG file of the picture, 8 bits a channel. */
export function encodePng({ pixels: data, ...size }: Picture): Uint8Array {
  return encode({ ...size, data, depth: 8 });
}

interface Header {
  readonly width: number;
  readonly height: number;
  /** Of a sample, and of a pixel. */
  readonly depth: number;
  readonly bits: number;
  /** Whether samples are colours of a palette, by their numbers. */
  readonly isIndexed: boolean;
  readonly isInterlaced: boolean;
}

function takeApart(bytes: Uint8Array): { needed: Uint8Array; data: Buffer; header: Header } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const kept: Uint8Array[] = [bytes.subarray(0, PNG_SIGNATURE.length)];
  const packed: Uint8Array[] = [];
  let header: Header | undefined;
  let hasPalette = false;
  let hasEnded = false;
  for (let at = PNG_SIGNATURE.length; !hasEnded; ) {
    const length = at + 12 <= bytes.length ? view.getUint32(at) : bytes.length;
    const end = at + 12 + length;
    if (end > bytes.length) throw new DataError('the PNG is cut short');
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const content = bytes.subarray(at + 8, end - 4);
    if (NEEDED.includes(type)) kept.push(bytes.subarray(at, end));
    if (type === 'IHDR' && header === undefined) header = readHeader(content);
    if (type === 'PLTE') hasPalette = true;
    if (type === 'IDAT') packed.push(content);
    hasEnded = type === 'IEND';
    at = end;
  }
  if (!header || packed.length === 0) throw new DataError('the PNG holds no picture');
  // fast-png would take the indices for levels of grey.
  if (header.isIndexed && !hasPalette) {
    throw new DataError('the PNG is damaged: its palette is missing');
  }
  return { needed: Buffer.concat(kept), data: Buffer.concat(packed), header };
}

function readHeader(content: Uint8Array): Header {
  if (content.length !== 13) throw new DataError('the PNG is damaged: its header is not 13 bytes');
  const view = new DataView(content.buffer, content.byteOffset, 13);
  const [depth, colourType] = [content[8]!, content[9]!];
  const kind = KINDS[colourType];
  if (!kind?.depths.includes(depth)) {
    throw new DataError(
      `the PNG is damaged: there is no colour type ${colourType} of ${depth} bits`,
    );
  }
  return {
    width: view.getUint32(0),
    height: view.getUint32(4),
    depth,
    bits: kind.channels * depth,
    isIndexed: colourType === PALETTE,
    isInterlaced: content[12] === 1,
  };
}

/** The passes of an interlaced PNG: first column, first row, and steps. */
const PASSES = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/** The rows of a PNG, each with its filter before it; of an interlaced one those of its passes. */
function unpack(data: Buffer, header: Header): Buffer {
  const expected = passesOf(header).reduce((sum, { bytes }) => sum + bytes, 0);
  let rows: Buffer;
  try {
    rows = inflateSync(data, { maxOutputLength: expected + 1 });
  } catch (cause) {
    throw new DataError(`the PNG is damaged: ${(cause as Error).message}`, { cause });
  }
  if (rows.length !== expected) {
    throw new DataError(
      `the PNG is damaged: it unpacks to ${rows.length} bytes, expected ${expected}`,
    );
  }
  return rows;
}

function passesOf({ width, height, bits, isInterlaced }: Header) {
  const steps = (length: number, first: number, step: number): number =>
    Math.max(0, Math.ceil((length - first) / step));
  return (isInterlaced ? PASSES : ([[0, 0, 1, 1]] as const)).map(([x, y, dx, dy]) => {
    const [columns, rows] = [steps(width, x, dx), steps(height, y, dy)];
    const bytes = columns === 0 ? 0 : rows * (1 + Math.ceil((columns * bits) / 8));
    return { x, y, dx, dy, columns, rows, bytes };
  });
}

/**
 * One number a pixel of an interlaced picture whose pixels share bytes: each pass is a small PNG of its own. fast-png 8.0.0
 * takes the rows of such passes for longer than they are.
 */
function deinterlaced(rows: Buffer, header: Header): Uint8Array {
  const { width, height, depth } = header;
  const values = new Uint8Array(width * height);
  let at = 0;
  for (const { x, y, dx, dy, columns, rows: count, bytes } of passesOf(header)) {
    if (bytes === 0) continue;
    const pass = decode(greyPng(columns, count, depth, rows.subarray(at, at + bytes)));
    at += bytes;
    unpacked(pass).forEach((value, i) => {
      const [column, row] = [i % columns, Math.floor(i / columns)];
      values[(y + dy * row) * width + x + dx * column] = value;
    });
  }
  return values;
}

function greyPng(width: number, height: number, depth: number, rows: Uint8Array): Uint8Array {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head[8] = depth;
  return Buffer.concat([
    Buffer.from(PNG_SIGNATURE),
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(rows, { level: 0 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** A chunk whose checksum nobody looks at. */
function chunk(type: string, content: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  return Buffer.concat([length, Buffer.from(type), content, Buffer.alloc(4)]);
}

/** The same PNG with one pixel, for what it says besides its rows: palette and transparency. */
function withoutRows(png: Uint8Array, { depth }: Header): Uint8Array {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  const chunks: Uint8Array[] = [png.subarray(0, PNG_SIGNATURE.length)];
  for (let at = PNG_SIGNATURE.length; at < png.length; ) {
    const end = at + 12 + view.getUint32(at);
    const type = String.fromCharCode(...png.subarray(at + 4, at + 8));
    if (type === 'IHDR') {
      const head = Buffer.from(png.subarray(at + 8, end - 4));
      head.writeUInt32BE(1, 0);
      head.writeUInt32BE(1, 4);
      head[12] = 0;
      chunks.push(chunk('IHDR', head));
    } else if (type !== 'IDAT' && type !== 'IEND') chunks.push(png.subarray(at, end));
    at = end;
  }
  const row = Buffer.alloc(1 + Math.ceil(depth / 8));
  return Buffer.concat([
    ...chunks,
    chunk('IDAT', deflateSync(row)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function ofPalette({ width, height, palette }: DecodedPng, indices: ArrayLike<number>): Picture {
  const channels = palette![0]!.length as PictureChannels;
  const pixels = new Uint8Array(width * height * channels);
  for (let i = 0; i < width * height; i++) {
    const colour = palette![indices[i]!];
    if (!colour) throw new DataError(`the PNG is damaged: there is no colour ${indices[i]}`);
    pixels.set(colour, i * channels);
  }
  return { width, height, channels, pixels };
}

/** 8 bits a channel, and the one colour that is transparent, if there is one. */
function withTransparency(png: DecodedPng, samples: ArrayLike<number>): Picture {
  const { width, height, depth, transparency } = png;
  const channels = png.channels as PictureChannels;
  const most = (1 << depth) - 1;
  const toByte = (value: number): number =>
    depth === 8 ? value : Math.floor((value * 255 + (most >> 1)) / most);
  if (!transparency || channels % 2 === 0) {
    return { width, height, channels, pixels: Uint8Array.from(samples, toByte) };
  }
  const pixels = new Uint8Array(width * height * (channels + 1));
  for (let i = 0; i < width * height; i++) {
    let isTransparent = true;
    for (let channel = 0; channel < channels; channel++) {
      const value = samples[i * channels + channel]!;
      pixels[i * (channels + 1) + channel] = toByte(value);
      isTransparent &&= value === transparency[channel];
    }
    pixels[i * (channels + 1) + channels] = isTransparent ? 0 : 255;
  }
  return { width, height, channels: (channels + 1) as PictureChannels, pixels };
}

/** One number a pixel, of rows whose pixels share bytes: grey of 1, 2 or 4 bits. */
function unpacked({ width, height, depth, data }: DecodedPng): Uint8Array {
  const row = Math.ceil((width * depth) / 8);
  const mask = (1 << depth) - 1;
  const values = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const bit = x * depth;
      const byte = data[y * row + (bit >> 3)]!;
      values[y * width + x] = (byte >> (8 - depth - (bit & 7))) & mask;
    }
  }
  return values;
}
