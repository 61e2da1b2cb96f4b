// The bytes of messages: from pieces of one run to places in shared memory, and views of it to be sent.
import { ProtocolError } from '@lockstep/errors';
import type { Kernels } from '@lockstep/kernels';

const WORD_BYTES = 8;
const BRIDGE_BYTES = 16 * 1024;
/** See `copyPiece`. */
const bridge = new Uint8Array(BRIDGE_BYTES + WORD_BYTES);

/** A view of floats in shared memory. */
export function viewOf(bytes: Uint8Array, address: number, floats: number): Uint8Array {
  return bytes.subarray(address, address + 4 * floats);
}

/** Hands out places one after the other, each at a multiple of 64 bytes. @returns the next one, of so many floats */
export function placesFrom(address: number): (floats: number) => number {
  let end = address;
  return (floats) => {
    const place = end;
    end += placeBytes(floats);
    return place;
  };
}

/** Bytes that such a place takes. */
export function placeBytes(floats: number): number {
  return Math.ceil((4 * floats) / 64) * 64;
}

/** From place to place: V8 would copy within a shared memory by words, which takes four times as long. */
export function copyFloats(
  kernels: Pick<Kernels, 'placeRows'>,
  to: number,
  from: number,
  floats: number,
): void {
  kernels.placeRows(to, from, 1, floats, floats);
}

/** @throws ProtocolError unless a message is about the floats that it has to be about */
export function checkOffset(what: string, offset: number, expected: number): void {
  if (offset === expected) return;
  throw new ProtocolError(`${what} begins at float ${offset}, expected ${expected}`);
}

/**
 * Copies pieces of one run of bytes to places of equal size, one after the other.
 *
 * @throws ProtocolError before anything is written, unless they fill the places exactly
 */
export function copyInto(
  bytes: Uint8Array,
  places: readonly number[],
  placeBytes: number,
  payload: readonly Uint8Array[],
  what: string,
): void {
  const got = payload.reduce((sum, piece) => sum + piece.byteLength, 0);
  if (got !== places.length * placeBytes) {
    throw new ProtocolError(`${what} has ${got} bytes, expected ${places.length * placeBytes}`);
  }
  let place = 0;
  let filled = 0;
  for (const piece of payload) {
    for (let at = 0; at < piece.byteLength; ) {
      const count = Math.min(piece.byteLength - at, placeBytes - filled);
      copyPiece(bytes, places[place]! + filled, piece.subarray(at, at + count));
      at += count;
      filled += count;
      if (filled === placeBytes) {
        place++;
        filled = 0;
      }
    }
  }
}

/**
 * V8 copies to shared memory by words, but only where both sides are aligned alike, else by single bytes: 0.3 ms for the
 * 438 KB of a small network instead of 0.02, and what comes from a socket lies anywhere. So it goes over a bridge which
 * does not belong to a shared memory, and lies as the place does.
 */
function copyPiece(bytes: Uint8Array, place: number, piece: Uint8Array): void {
  if ((piece.byteOffset - bytes.byteOffset - place) % WORD_BYTES === 0) {
    bytes.set(piece, place);
    return;
  }
  const lean = (bytes.byteOffset + place) % WORD_BYTES;
  for (let at = 0; at < piece.length; at += BRIDGE_BYTES) {
    const part = piece.subarray(at, at + BRIDGE_BYTES);
    bridge.set(part, lean);
    bytes.set(bridge.subarray(lean, lean + part.length), place + at);
  }
}

/**
 * Copies pieces of one run of bytes to the first of these places: as many as they fill, at least one if there is one.
 *
 * @returns how many
 * @throws ProtocolError as `copyInto`
 */
export function copyFirst(
  bytes: Uint8Array,
  places: readonly number[],
  placeBytes: number,
  payload: readonly Uint8Array[],
  what: string,
): number {
  const got = payload.reduce((sum, piece) => sum + piece.byteLength, 0);
  const whole = Math.floor(got / placeBytes);
  const count = Math.min(Math.max(whole, 1), places.length);
  copyInto(bytes, places.slice(0, count), placeBytes, payload, what);
  return count;
}
