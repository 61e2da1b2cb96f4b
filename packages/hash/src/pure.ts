// In plain TypeScript, for a page: the package as the condition `browser` of its exports gives it.
// Invariant: nothing here reaches a Node API, and every function gives the bytes of its namesake in index.ts.
export { crc32 } from '@lockstep/formats/crc32';
export type { Hashing, Sha256 } from './hashing.js';
export { equalBytes } from './pure/equal-bytes.js';
export { hmacSha256 } from './pure/hmac-sha256.js';
export { sha256 } from './pure/sha256.js';
