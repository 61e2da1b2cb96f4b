// Control messages as bytes: 1, the CRC-32 of what follows (4 bytes, little-endian), then MessagePack.
// Invariant: the decoder sees bytes only after the scan let them pass, and nobody sees a value before its schema did;
// the encoder refuses what the other side's decoder would. It knows nothing of links, sessions or order.
import { crc32 } from '@lockstep/hash';
import { Packr } from 'msgpackr/pack';
import { MAX_CONTROL_BYTES, MAX_WORKER_CONTROL_BYTES } from './limits.js';
import { checkMessage, type Sender, senderOf } from './message-schemas.js';
import type { ControlMessage, CoordinatorMessage, WorkerMessage } from './messages.js';
import { scan } from './scan.js';
import { show, WireError } from './wire-error.js';

/** First byte of a control message; frames begin with another. */
export const CONTROL_BYTE = 1;

const HEADER_BYTES = 5;

// Plain maps and nothing else. The `pack` entry of msgpackr never loads the native string extractor.
const codec = new Packr({
  useRecords: false,
  mapsAsObjects: true,
  variableMapSize: true,
  structuredClone: false,
  moreTypes: false,
  bundleStrings: false,
  useFloat32: 0,
  copyBuffers: true,
  useToJSON: false,
});

function mostBytes(from: Sender): number {
  return from === 'worker' ? MAX_WORKER_CONTROL_BYTES : MAX_CONTROL_BYTES;
}

/**
 * @returns the bytes that travel; at most MAX_CONTROL_BYTES, from a worker MAX_WORKER_CONTROL_BYTES
 * @throws WireError if the message does not fit its schema or is too large: the other side would refuse it
 */
export function encodeControl(message: ControlMessage): Uint8Array {
  const from = senderOf(message);
  const packed = codec.pack(checkMessage(message, from));
  const size = HEADER_BYTES + packed.length;
  if (size > mostBytes(from)) {
    throw new WireError(`${message.type}: ${size} bytes, expected at most ${mostBytes(from)}`);
  }
  const bytes = new Uint8Array(size);
  bytes[0] = CONTROL_BYTE;
  new DataView(bytes.buffer).setUint32(1, crc32(packed), true);
  bytes.set(packed, HEADER_BYTES);
  return bytes;
}

/**
 * @param bytes a whole message as it came; not kept
 * @param from who sent it: only that side's messages are accepted
 * @throws WireError for anything that `encodeControl` could not have made, and nothing else
 */
export function decodeControl(bytes: Uint8Array, from: 'worker'): WorkerMessage;
export function decodeControl(bytes: Uint8Array, from: 'coordinator'): CoordinatorMessage;
export function decodeControl(bytes: Uint8Array, from: Sender): ControlMessage;
export function decodeControl(bytes: Uint8Array, from: Sender): ControlMessage {
  if (bytes.length > mostBytes(from)) {
    throw new WireError(
      `control message: ${bytes.length} bytes from a ${from}, expected at most ${mostBytes(from)}`,
    );
  }
  if (bytes.length <= HEADER_BYTES || bytes[0] !== CONTROL_BYTE) {
    throw new WireError(
      `control message: expected ${CONTROL_BYTE} and a checksum, got ${bytes.length} bytes that begin with ${show(bytes[0])}`,
    );
  }
  // A plain view: msgpackr leaves a property on what it reads, and takes other paths for Buffers.
  const body = new Uint8Array(
    bytes.buffer,
    bytes.byteOffset + HEADER_BYTES,
    bytes.length - HEADER_BYTES,
  );
  const expected = new DataView(bytes.buffer, bytes.byteOffset).getUint32(1, true);
  const actual = crc32(body);
  if (actual !== expected) {
    throw new WireError(
      `control message: checksum ${actual.toString(16)}, expected ${expected.toString(16)}`,
    );
  }
  scan(body);
  let value: unknown;
  try {
    value = codec.unpack(body);
  } catch (cause) {
    throw new WireError('control message: cannot be decoded', { cause });
  }
  return checkMessage(value, from);
}
