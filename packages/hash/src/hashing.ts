// What both halves of the package give. A page has `crypto.subtle` only where it came by HTTPS, and only with promises; what
// is hashed here is decided on at once.

/** SHA-256 of what it was given so far. */
export interface Sha256 {
  /** @returns itself */
  update(bytes: Uint8Array): Sha256;
  /** Of all up to now; more may follow. 32 bytes. */
  digest(): Uint8Array;
  /** The same as 64 lower-case hexadecimal digits. */
  hex(): string;
}

/** What a half of the package has: the same bytes for the same bytes. */
export interface Hashing {
  sha256(): Sha256;
  /** @returns 32 bytes: HMAC-SHA256 of the parts, one after the other. Source: RFC 2104. */
  hmacSha256(key: Uint8Array, parts: readonly Uint8Array[]): Uint8Array;
  /** @returns 32 bits, unsigned, as zlib's. */
  crc32(bytes: Uint8Array): number;
  /** Whether they are equal, in a time that does not tell where they differ. */
  equalBytes(a: Uint8Array, b: Uint8Array): boolean;
}
