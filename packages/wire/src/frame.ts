// Tensor frames: raw bytes behind a fixed header of 64 bytes. The header has a checksum of its own, so that sizes are
// decided on before the payload is there, and carries the payload's.
// Invariant: a decoded header's fields are in range; whether run, incarnation, generation and step are the current
// ones is for the link and the nodes to say. Payloads are never touched or copied here.
import { crc32 } from '@lockstep/hash';
import { fromHex, toHex } from './bytes.js';
import { COORDINATOR_RANK, MAX_FRAME_BYTES, MAX_MEMBERS, MAX_PIECE_BYTES } from './limits.js';
import { show, WireError } from './wire-error.js';

/** What the bytes of a frame are. */
export type FrameKind =
  /** A worker's blocks, in order: each the sum over its shards, of the floats [offset, offset + length) of the vector. */
  | 'partial'
  /** The sum over all shards, of the floats [offset, offset + length). */
  | 'sum'
  /** Bytes [offset, offset + length) of a state. */
  | 'state'
  /** Bytes [offset, offset + length) of a dataset's array. */
  | 'dataset';

export interface FrameHeader {
  readonly kind: FrameKind;
  /** 0 for datasets. */
  readonly generation: number;
  readonly step: number;
  /** The sender's rank; 0xffff is the coordinator. */
  readonly rank: number;
  /** In floats of the gradient vector, or in bytes of a state or an array. */
  readonly offset: number;
  /** Bytes of the payload. */
  readonly bytes: number;
}

/** Bytes of a frame before its payload. */
export const FRAME_HEADER_BYTES = 64;

/** First byte of a frame; control messages begin with another. */
export const FRAME_BYTE = 2;

/** What a frame belongs to, beside its generation. */
export interface FrameScope {
  /** 32 hexadecimal digits. */
  readonly run: string;
  /** The coordinator's; one more at each of its starts. */
  readonly incarnation: number;
}

/** A header as it came, its own checksum verified; `checksum` is the payload's, still to be compared (checksum.ts). */
export interface DecodedFrame extends FrameScope {
  readonly header: FrameHeader;
  readonly checksum: number;
}

const KINDS: readonly FrameKind[] = ['partial', 'sum', 'state', 'dataset'];

// Byte offsets; all integers are little-endian, those of 53 bits take 8 bytes.
const KIND = 1;
const RANK = 2;
const RUN = 4;
const INCARNATION = 20;
const GENERATION = 24;
const PAYLOAD_CHECKSUM = 28;
const STEP = 32;
const OFFSET = 40;
const BYTES = 48;
const RESERVED = 56;
const HEADER_CRC = 60;

const U32 = 2 ** 32;

/** The most payload that a frame of this kind can have on any link; a link's own limit is lower. */
function mostBytes(kind: FrameKind): number {
  return kind === 'partial' || kind === 'sum' ? MAX_FRAME_BYTES : MAX_PIECE_BYTES;
}

function check(header: FrameHeader, scope: FrameScope, checksum: number): void {
  const { kind } = header;
  const refuse = (what: string): never => {
    throw new WireError(`frame: ${what}`);
  };
  const integer = (value: number, most: number, of: string) => {
    if (!Number.isSafeInteger(value) || value < 0 || value > most) {
      refuse(`${of} ${show(value)}, expected an integer from 0 to ${most}`);
    }
  };
  if (!KINDS.includes(kind)) refuse(`kind ${show(kind)}, expected ${KINDS.join(', ')}`);
  if (typeof scope.run !== 'string' || !/^[0-9a-f]{32}$/.test(scope.run)) {
    refuse(`run ${show(scope.run)}, expected 32 hexadecimal digits`);
  }
  integer(scope.incarnation, U32 - 1, 'incarnation');
  integer(header.generation, U32 - 1, 'generation');
  integer(header.step, Number.MAX_SAFE_INTEGER, 'step');
  if (header.rank !== COORDINATOR_RANK) integer(header.rank, MAX_MEMBERS - 1, 'rank');
  integer(header.bytes, mostBytes(kind), `a ${kind} of bytes`);
  integer(header.offset, Number.MAX_SAFE_INTEGER - header.bytes, 'offset');
  integer(checksum, U32 - 1, 'checksum');
  if ((kind === 'partial' || kind === 'sum') && header.bytes % 4 !== 0) {
    refuse(`a ${kind} of ${header.bytes} bytes, expected whole float32s`);
  }
}

/**
 * @param checksum of the payload (checksum.ts)
 * @returns 64 bytes; the payload follows them on the wire
 * @throws WireError if a field is out of its range
 */
export function encodeFrameHeader(
  header: FrameHeader,
  scope: FrameScope,
  checksum: number,
): Uint8Array {
  check(header, scope, checksum);
  const bytes = new Uint8Array(FRAME_HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  bytes[0] = FRAME_BYTE;
  bytes[KIND] = KINDS.indexOf(header.kind) + 1;
  view.setUint16(RANK, header.rank, true);
  bytes.set(fromHex(scope.run), RUN);
  view.setUint32(INCARNATION, scope.incarnation, true);
  view.setUint32(GENERATION, header.generation, true);
  view.setUint32(PAYLOAD_CHECKSUM, checksum, true);
  setUint53(view, STEP, header.step);
  setUint53(view, OFFSET, header.offset);
  setUint53(view, BYTES, header.bytes);
  view.setUint32(HEADER_CRC, crc32(bytes.subarray(0, HEADER_CRC)), true);
  return bytes;
}

/**
 * @param bytes a frame, or its first 64 bytes: what follows the header is not looked at, so that a size can be
 * refused before the payload has come
 * @throws WireError if it is no frame, damaged, or a field is out of its range
 */
export function decodeFrameHeader(bytes: Uint8Array): DecodedFrame {
  if (bytes.length < FRAME_HEADER_BYTES || bytes[0] !== FRAME_BYTE) {
    throw new WireError(
      `frame: expected ${FRAME_BYTE} and ${FRAME_HEADER_BYTES - 1} bytes more, got ${bytes.length} bytes that begin with ${show(bytes[0])}`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, FRAME_HEADER_BYTES);
  const expected = view.getUint32(HEADER_CRC, true);
  const actual = crc32(bytes.subarray(0, HEADER_CRC));
  if (actual !== expected) {
    throw new WireError(
      `frame: header checksum ${actual.toString(16)}, expected ${expected.toString(16)}`,
    );
  }
  if (view.getUint32(RESERVED, true) !== 0) throw new WireError('frame: reserved bytes are not 0');
  const kind = KINDS[bytes[KIND]! - 1];
  if (kind === undefined) throw new WireError(`frame: kind ${bytes[KIND]}, expected 1 to 4`);
  const decoded: DecodedFrame = {
    header: {
      kind,
      generation: view.getUint32(GENERATION, true),
      step: getUint53(view, STEP),
      rank: view.getUint16(RANK, true),
      offset: getUint53(view, OFFSET),
      bytes: getUint53(view, BYTES),
    },
    run: toHex(bytes.subarray(RUN, RUN + 16)),
    incarnation: view.getUint32(INCARNATION, true),
    checksum: view.getUint32(PAYLOAD_CHECKSUM, true),
  };
  check(decoded.header, decoded, decoded.checksum);
  return decoded;
}

function setUint53(view: DataView, at: number, value: number): void {
  view.setUint32(at, value % U32, true);
  view.setUint32(at + 4, Math.floor(value / U32), true);
}

/** Values above 2^53 come out rounded, and `check` refuses them. */
function getUint53(view: DataView, at: number): number {
  return view.getUint32(at + 4, true) * U32 + view.getUint32(at, true);
}
