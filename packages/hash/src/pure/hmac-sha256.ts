// HMAC-SHA256 as RFC 2104 writes it down: hash(key ^ opad, hash(key ^ ipad, message)).
import type { Hashing } from '../hashing.js';
import { sha256 } from './sha256.js';

const BLOCK_BYTES = 64;

export const hmacSha256: Hashing['hmacSha256'] = (key, parts) => {
  const block = new Uint8Array(BLOCK_BYTES);
  block.set(key.length > BLOCK_BYTES ? sha256().update(key).digest() : key);
  const inner = sha256().update(block.map((byte) => byte ^ 0x36));
  for (const part of parts) inner.update(part);
  return sha256()
    .update(block.map((byte) => byte ^ 0x5c))
    .update(inner.digest())
    .digest();
};
