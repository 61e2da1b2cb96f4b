// Frame headers: their bytes written out, every cut and flip, and fields out of range on either side.
import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { decodeFrameHeader, encodeFrameHeader, type FrameHeader } from './frame.js';
import { FRAME_SAMPLES, fromHex, SCOPE, toHex } from './samples.fixture.js';
import { WireError } from './wire-error.js';

describe.each(FRAME_SAMPLES)('a $header.kind frame', ({ header, checksum, hex }) => {
  test('has these 64 bytes', () => {
    expect(toHex(encodeFrameHeader(header, SCOPE, checksum))).toBe(hex);
    expect(hex.length).toBe(128);
  });
  test('is read from them, whatever follows or stands before', () => {
    const bytes = Buffer.concat([Buffer.alloc(5, 0xff), fromHex(hex), Buffer.alloc(7, 0xff)]);
    expect(decodeFrameHeader(bytes.subarray(5))).toStrictEqual({ header, ...SCOPE, checksum });
  });
  test('is refused when cut at any byte, or with any one bit flipped', () => {
    const bytes = fromHex(hex);
    for (let length = 0; length < 64; length++) {
      expect(() => decodeFrameHeader(bytes.slice(0, length))).toThrow(WireError);
    }
    for (let bit = 0; bit < 512; bit++) {
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      expect(() => decodeFrameHeader(bytes)).toThrow(WireError);
      bytes[bit >> 3]! ^= 1 << (bit & 7);
    }
  });
});

const partial = FRAME_SAMPLES[0]!.header;

test('fields out of their range do not leave', () => {
  const changes: Partial<Record<keyof FrameHeader, unknown>>[] = [
    { kind: 'gradient' },
    { kind: 'toString' },
    { generation: 2 ** 32 },
    { step: -1 },
    { step: 2 ** 53 },
    { rank: 1_024 },
    { rank: 0xfffe },
    { offset: 0.5 },
    { offset: Number.MAX_SAFE_INTEGER },
    { bytes: Number.NaN },
    { bytes: 6 },
    { bytes: 2 ** 30 + 4 },
    { kind: 'state', bytes: 1_048_577 },
    { kind: 'dataset', bytes: 1_048_577 },
  ];
  for (const change of changes) {
    const header = { ...partial, ...change } as FrameHeader;
    expect(() => encodeFrameHeader(header, SCOPE, 0), JSON.stringify(change)).toThrow(WireError);
  }
  expect(() => encodeFrameHeader(partial, { ...SCOPE, run: 'no run' }, 0)).toThrow(WireError);
  expect(() => encodeFrameHeader(partial, { ...SCOPE, incarnation: -1 }, 0)).toThrow(WireError);
  expect(() => encodeFrameHeader(partial, SCOPE, 2 ** 32)).toThrow(WireError);
  expect(() => encodeFrameHeader({ ...partial, bytes: 2 ** 30 }, SCOPE, 0)).not.toThrow();
});

test('fields out of their range do not enter, even under a right checksum', () => {
  const changed = (at: number, hex: string) => {
    const bytes = fromHex(FRAME_SAMPLES[0]!.hex);
    bytes.set(fromHex(hex), at);
    new DataView(bytes.buffer).setUint32(60, crc32(bytes.subarray(0, 60)), true);
    return bytes;
  };
  expect(() => decodeFrameHeader(changed(0, '02'))).not.toThrow();
  expect(() => decodeFrameHeader(changed(0, '01'))).toThrow('expected 2 and 63 bytes more');
  expect(() => decodeFrameHeader(changed(1, '00'))).toThrow('kind 0, expected 1 to 4');
  expect(() => decodeFrameHeader(changed(1, '05'))).toThrow('kind 5, expected 1 to 4');
  expect(() => decodeFrameHeader(changed(2, '0004'))).toThrow('rank 1024');
  expect(() => decodeFrameHeader(changed(32, 'ffffffffffffffff'))).toThrow('step');
  expect(() => decodeFrameHeader(changed(32, '0000000000002000'))).toThrow('step 9007199254740992');
  expect(() => decodeFrameHeader(changed(40, 'ffffffffffff1f00'))).toThrow('offset');
  expect(() => decodeFrameHeader(changed(48, '0400004000000000'))).toThrow('a partial of bytes');
  expect(() => decodeFrameHeader(changed(48, '0220000000000000'))).toThrow('whole float32s');
  expect(() => decodeFrameHeader(changed(56, '01000000'))).toThrow('reserved bytes');
});
