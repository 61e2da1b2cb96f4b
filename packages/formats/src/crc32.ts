// CRC-32 of bytes, by its two usual polynomials. Whatever keeps the sum, and in which form, is not known here.

/** As a zip and a PNG keep it. Source: ISO 3309; PNG specification (2003), annex D. */
export const crc32 = checksumBy(0xedb8_8320);

/** Castagnoli's, as iSCSI and event files keep it. Source: RFC 3720, section 12.1. */
export const crc32c = checksumBy(0x82f6_3b78);

/** @param polynomial its bits reversed */
function checksumBy(polynomial: number): (bytes: Uint8Array) => number {
  const table = Uint32Array.from({ length: 256 }, (_, byte) => {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ polynomial : value >>> 1;
    return value;
  });
  return (bytes) => {
    let sum = 0xffff_ffff;
    for (const byte of bytes) sum = table[(sum ^ byte) & 0xff]! ^ (sum >>> 8);
    return ~sum >>> 0;
  };
}
