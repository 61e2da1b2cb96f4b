// By Node, whose SHA-256 uses the processor's own instructions. For a page the condition `browser` of the exports gives pure.ts.
import { createHash, createHmac, type Hash, timingSafeEqual } from 'node:crypto';
import zlib from 'node:zlib';
import type { Hashing, Sha256 } from './hashing.js';

export type { Hashing, Sha256 } from './hashing.js';

class NodeSha256 implements Sha256 {
  readonly #hash: Hash = createHash('sha256');

  update(bytes: Uint8Array): this {
    this.#hash.update(bytes);
    return this;
  }

  digest(): Uint8Array {
    return this.#hash.copy().digest();
  }

  hex(): string {
    return this.#hash.copy().digest('hex');
  }
}

export const sha256: Hashing['sha256'] = () => new NodeSha256();

export const hmacSha256: Hashing['hmacSha256'] = (key, parts) => {
  const mac = createHmac('sha256', key);
  for (const part of parts) mac.update(part);
  return mac.digest();
};

// Not imported by name: an old Node has none, and is told which one is needed instead.
export const { crc32 }: { readonly crc32: Hashing['crc32'] } = zlib;

export const equalBytes: Hashing['equalBytes'] = (a, b) =>
  a.length === b.length && timingSafeEqual(a, b);
