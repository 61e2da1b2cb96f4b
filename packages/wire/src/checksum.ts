// The checksum of a frame's payload: damage on the way, not malice, which TLS is for. A step's payload is checked twice, when
// it leaves and when it comes, and CRC-32 (zlib, 2 GB/s) took a third of a small step; this takes a sixth of that.
//
// The payload, with zeros up to a multiple of 64 bytes, is read as little-endian words of 32 bits, of which the i-th goes to
// lane i mod 16. A lane begins as its number, and with each word w becomes
//   h = (h xor w) * FACTOR mod 2^32; h = h xor (h >> SHIFT)
// The lanes and the number of bytes go through one lane more, which begins as 0: that is the checksum.
// Each of these is a bijection of h and of w, so that whatever happens to a single word is always found.
import { BLOCK_BYTES, CHECKSUM_MODULE, FACTOR, SHIFT } from './checksum-module.js';

/** Where bytes are put to be read, and how many at a time: they stay in the first cache. */
const STAGE = 1024;
const STAGE_BYTES = 16 * 1024;

interface Module {
  readonly lanes: Uint32Array;
  readonly stage: Uint8Array;
  take(at: number, end: number): void;
}

let compiled: Module | undefined;

function module(): Module {
  if (compiled) return compiled;
  const instance = new WebAssembly.Instance(new WebAssembly.Module(CHECKSUM_MODULE));
  const { buffer } = instance.exports.memory as WebAssembly.Memory;
  compiled = {
    lanes: new Uint32Array(buffer, 0, BLOCK_BYTES / 4),
    stage: new Uint8Array(buffer, STAGE, STAGE_BYTES),
    take: instance.exports.take as Module['take'],
  };
  return compiled;
}

/** @param pieces the payload, cut anywhere @returns 32 bits, unsigned */
export function payloadChecksum(pieces: readonly Uint8Array[]): number {
  const { lanes, stage, take } = module();
  for (let lane = 0; lane < lanes.length; lane++) lanes[lane] = lane;
  let bytes = 0;
  let staged = 0;
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; ) {
      const end = Math.min(piece.length, at + STAGE_BYTES - staged);
      stage.set(piece.subarray(at, end), staged);
      staged += end - at;
      at = end;
      if (staged < STAGE_BYTES) continue;
      take(STAGE, STAGE + STAGE_BYTES);
      staged = 0;
    }
    bytes += piece.length;
  }
  if (staged > 0) {
    const end = Math.ceil(staged / BLOCK_BYTES) * BLOCK_BYTES;
    stage.fill(0, staged, end);
    take(STAGE, STAGE + end);
  }
  let sum = 0;
  for (const lane of lanes) sum = mix(sum, lane);
  return mix(sum, bytes) >>> 0;
}

function mix(h: number, word: number): number {
  const product = Math.imul(h ^ word, FACTOR);
  return product ^ (product >>> SHIFT);
}
