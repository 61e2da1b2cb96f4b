// CRC-32 of zlib and PNG: the polynomial 0x04c11db7, bits reversed, a byte at a time by a table of 256 remainders.
import type { Hashing } from '../hashing.js';

const TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++) {
    remainder = (remainder >>> 1) ^ (remainder & 1 ? 0xedb88320 : 0);
  }
  return remainder;
});

export const crc32: Hashing['crc32'] = (bytes) => {
  let crc = -1;
  for (const byte of bytes) crc = (crc >>> 8) ^ TABLE[(crc ^ byte) & 0xff]!;
  return ~crc >>> 0;
};
