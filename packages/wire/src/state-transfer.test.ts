import { createHash } from 'node:crypto';
import { ProtocolError } from '@lockstep/errors';
import { describe, expect, it } from 'vitest';
import { MAX_PIECE_BYTES } from './limits.js';
import { IncomingState, OutgoingState } from './state-transfer.js';

const STATE = Uint8Array.from({ length: 10 }, (_, i) => 7 * i + 1);

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function incoming(pieceBytes = 4): IncomingState {
  return new IncomingState(3, digestOf(STATE), STATE.length, pieceBytes);
}

describe('a state from one side to the other', () => {
  it.each([1, 3, 5, 10, 64])('is the same bytes in pieces of %i', (pieceBytes) => {
    const to = incoming(pieceBytes);
    const from = new OutgoingState(3, STATE);
    let pieces = 0;
    for (; !to.isWhole; pieces++) {
      expect(from.isSent).toBe(false);
      const { wanted } = to;
      to.take(wanted.offset, [from.piece(wanted)]);
    }
    expect(to.bytes).toEqual(STATE);
    expect(from.isSent).toBe(true);
    expect(pieces).toBe(Math.ceil(STATE.length / pieceBytes));
    expect(to.wanted).toEqual({ offset: 10, length: 0 });
  });

  it('is asked for in the largest pieces that may be, if nobody says otherwise', () => {
    const bytes = new Uint8Array(MAX_PIECE_BYTES + 1);
    const to = new IncomingState(0, digestOf(bytes), bytes.length);
    const from = new OutgoingState(0, bytes);
    expect(to.wanted).toEqual({ offset: 0, length: MAX_PIECE_BYTES });
    to.take(0, [from.piece(to.wanted)]);
    expect(to.wanted).toEqual({ offset: MAX_PIECE_BYTES, length: 1 });
  });
});

describe('an incoming state', () => {
  it('takes a piece that lies in several places, and keeps a copy', () => {
    const to = incoming(10);
    const sent = STATE.slice();
    to.take(0, [sent.subarray(0, 1), sent.subarray(1, 1), sent.subarray(1)]);
    sent.fill(0);
    expect(to.isWhole).toBe(true);
    expect(to.bytes).toEqual(STATE);
  });

  it.each([
    ['before the one that is next', 0, 4, 'a piece at byte 0, expected 4'],
    ['after it', 8, 2, 'a piece at byte 8, expected 4'],
    ['of more bytes than were asked for', 4, 5, 'a piece of 5 bytes, expected 4'],
    ['of fewer', 4, 3, 'a piece of 3 bytes, expected 4'],
    ['of none', 4, 0, 'a piece of 0 bytes, expected 4'],
  ])('refuses a piece %s, and still takes the right one', (_, offset, length, message) => {
    const to = incoming();
    to.take(0, [STATE.subarray(0, 4)]);
    const wrong = STATE.subarray(offset, offset + length);
    expect(() => to.take(offset, [wrong])).toThrow(
      new ProtocolError(`take state: step 3: ${message}`),
    );
    for (const offset of [4, 8]) to.take(offset, [STATE.subarray(offset, offset + 4)]);
    expect(to.isWhole).toBe(true);
  });

  it('is not whole before its last byte, nor with another digest, and takes nothing after it', () => {
    const to = incoming(9);
    to.take(0, [STATE.subarray(0, 9)]);
    expect(to.isWhole).toBe(false);
    expect(() => to.take(9, [Uint8Array.of(STATE[9]! ^ 1)])).toThrow(/its digest is [0-9a-f]{64}/);
    expect(to.isWhole).toBe(false);
    const whole = incoming(10);
    whole.take(0, [STATE]);
    expect(() => whole.take(10, [])).toThrow(ProtocolError);
    expect(() => whole.take(10, [Uint8Array.of(1)])).toThrow(ProtocolError);
  });
});

describe('an outgoing state', () => {
  it.each([
    ['twice', 0, 4],
    ['after a gap', 5, 4],
    ['beyond its end', 4, 7],
    ['of no length', 4, 0],
    ['of negative length', 4, -4],
  ])('gives no piece %s, and still gives the next one', (_, offset, length) => {
    const from = new OutgoingState(3, STATE);
    from.piece({ offset: 0, length: 4 });
    expect(() => from.piece({ offset, length })).toThrow(ProtocolError);
    expect(() => from.piece({ offset, length })).toThrow(/of 10, 4 are sent; at most 1048576/);
    expect(from.piece({ offset: 4, length: 6 })).toEqual(STATE.subarray(4));
  });

  it('gives no piece that is larger than a frame of it may be', () => {
    const from = new OutgoingState(0, new Uint8Array(2 * MAX_PIECE_BYTES));
    expect(() => from.piece({ offset: 0, length: MAX_PIECE_BYTES + 1 })).toThrow(ProtocolError);
    expect(from.piece({ offset: 0, length: MAX_PIECE_BYTES }).length).toBe(MAX_PIECE_BYTES);
    expect(from.isSent).toBe(false);
  });
});
