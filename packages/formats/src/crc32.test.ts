import { describe, expect, it } from 'vitest';
import { crc32, crc32c } from './crc32.js';

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const bytes = (at: (i: number) => number): Uint8Array =>
  Uint8Array.from({ length: 32 }, (_, i) => at(i));

describe('CRC-32', () => {
  it.each([
    ['', 0],
    ['123456789', 0xcbf4_3926],
    ['IEND', 0xae42_6082],
  ])('of %j', (text, sum) => {
    expect(crc32(ascii(text))).toBe(sum);
  });
});

// RFC 3720, appendix B.4, and the check value that catalogues of CRCs give.
describe('CRC-32C', () => {
  it.each<[string, Uint8Array, number]>([
    ['nothing', new Uint8Array(), 0],
    ['123456789', ascii('123456789'), 0xe306_9283],
    ['zeros', bytes(() => 0), 0x8a91_36aa],
    ['ones', bytes(() => 0xff), 0x62a8_ab43],
    ['rising', bytes((i) => i), 0x46dd_794e],
    ['falling', bytes((i) => 31 - i), 0x113f_db5c],
  ])('of %s', (_, data, sum) => {
    expect(crc32c(data)).toBe(sum);
  });
});
