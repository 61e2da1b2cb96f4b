// Records, as event files hold them: the length of the data in eight bytes, a sum of these, the data, a sum of the data; all
// little-endian. What the data mean is not known here.
// Invariant: nothing is read of a record whose sums are not right.
// Source: https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details.
import { crc32c } from '../crc32.js';
import { FormatError } from '../format-error.js';

/** Length and its sum, before the data. */
const HEAD_BYTES = 12;
const SUM_BYTES = 4;
const MASK_DELTA = 0xa282_ead8;

/** A sum of data that hold such sums themselves would be a bad one, so sums are turned and moved. */
export function maskedCrc32c(bytes: Uint8Array): number {
  const sum = crc32c(bytes);
  return (((sum >>> 15) | (sum << 17)) + MASK_DELTA) >>> 0;
}

export function encodeRecord(data: Uint8Array): Uint8Array {
  const record = new Uint8Array(HEAD_BYTES + data.length + SUM_BYTES);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedCrc32c(record.subarray(0, 8)), true);
  record.set(data, HEAD_BYTES);
  view.setUint32(HEAD_BYTES + data.length, maskedCrc32c(data), true);
  return record;
}

/** What a file holds. */
export interface Records {
  /** Of each its data, a view of the file's bytes. */
  readonly records: readonly Uint8Array[];
  /** Bytes at the end that are no whole record: one that is being written, or that was cut short. */
  readonly torn: number;
}

/** @throws FormatError if a sum is not that of its bytes */
export function decodeRecords(bytes: Uint8Array): Records {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const records: Uint8Array[] = [];
  let at = 0;
  while (bytes.length - at >= HEAD_BYTES) {
    const length = view.getBigUint64(at, true);
    checkSum('length', bytes.subarray(at, at + 8), view.getUint32(at + 8, true), at);
    if (length > BigInt(bytes.length - at - HEAD_BYTES - SUM_BYTES)) break;
    const end = at + HEAD_BYTES + Number(length);
    const data = bytes.subarray(at + HEAD_BYTES, end);
    checkSum('data', data, view.getUint32(end, true), at);
    records.push(data);
    at = end + SUM_BYTES;
  }
  return { records, torn: bytes.length - at };
}

function checkSum(what: string, bytes: Uint8Array, expected: number, at: number): void {
  const sum = maskedCrc32c(bytes);
  if (sum === expected) return;
  throw new FormatError(
    `event file: the ${what} of the record at byte ${at} has the sum ${sum}, the file says ${expected}. Is it an event file, and whole?`,
  );
}
