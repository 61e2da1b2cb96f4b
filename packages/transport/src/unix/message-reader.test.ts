import { describe, expect, it } from 'vitest';
import { pattern } from '../testing/harness.js';
import { MessageReader, type Read, writeHead } from './message-reader.js';

function message(bytes: Uint8Array, isWord = false): Buffer {
  const head = Buffer.alloc(4);
  writeHead(head, bytes.length, isWord);
  return Buffer.concat([head, bytes]);
}

/** What was read, each whole. */
function drain(reader: MessageReader): [isWord: boolean, bytes: Buffer][] {
  const all: [boolean, Buffer][] = [];
  for (;;) {
    const read = reader.next();
    if (read === undefined) return all;
    const { isWord, pieces } = read as Read;
    all.push([isWord, Buffer.concat(pieces)]);
  }
}

it('a message is its length in four bytes, little-endian, and itself; a word has the highest bit set', () => {
  expect([...message(Uint8Array.of(7, 8, 9))]).toEqual([3, 0, 0, 0, 7, 8, 9]);
  expect([...message(Uint8Array.of(1), true)]).toEqual([1, 0, 0, 0x80, 1]);
  expect([...message(new Uint8Array(0x12_34_56)).subarray(0, 4)]).toEqual([0x56, 0x34, 0x12, 0]);
});

it.each([1, 2, 3, 5, 64, 4095, 4096, 10_000])(
  'messages that come in parts of %i bytes are the same, in order',
  (partBytes) => {
    const sent = [0, 1, 3, 5000, 0, 70_000, 2].map((bytes, i) => pattern(bytes, i));
    const wire = Buffer.concat([
      ...sent.map((bytes) => message(bytes)),
      message(Uint8Array.of(2), true),
    ]);
    const reader = new MessageReader(70_000);
    const seen: [boolean, Buffer][] = [];
    for (let at = 0; at < wire.length; at += partBytes) {
      // What was pushed may be used again only once it was taken: each part has memory of its own.
      reader.push(Uint8Array.from(wire.subarray(at, at + partBytes)));
      seen.push(...drain(reader));
    }
    expect(seen.map(([isWord]) => isWord)).toEqual([...sent.map(() => false), true]);
    for (const [i, bytes] of sent.entries()) expect(seen[i]![1].equals(bytes)).toBe(true);
    expect([...seen.at(-1)![1]]).toEqual([2]);
  },
);

it('a message that comes byte by byte is kept in few pieces, in blocks', () => {
  const reader = new MessageReader(1_000_000);
  for (const byte of message(pattern(200_000, 1))) reader.push(Uint8Array.of(byte));
  const { pieces } = reader.next() as Read;
  expect(pieces.length).toBeLessThan(10);
  expect(Buffer.concat(pieces).equals(pattern(200_000, 1))).toBe(true);
});

it('a part that was taken is not written over by one that comes later', () => {
  const reader = new MessageReader(1000);
  const first = message(pattern(100, 1));
  for (const byte of first) reader.push(Uint8Array.of(byte));
  const taken = (reader.next() as Read).pieces;
  for (const byte of message(pattern(100, 2))) reader.push(Uint8Array.of(byte));
  expect(Buffer.concat(taken).equals(pattern(100, 1))).toBe(true);
  expect(drain(reader)[0]![1].equals(pattern(100, 2))).toBe(true);
});

describe('the length is checked before what it announces comes', () => {
  it.each([
    ['a message', message(new Uint8Array(1001)), /at most 1000 bytes/],
    ['a word', message(new Uint8Array(125), true), /at most 124 bytes/],
    ['the largest length', Buffer.from([0xff, 0xff, 0xff, 0xff]), /at most 124 bytes/],
  ])('%s', (_, wire, expected) => {
    const reader = new MessageReader(1000);
    reader.push(wire.subarray(0, 4));
    expect(reader.next()).toMatch(expected);
  });

  it('and a limit that was raised counts for the message that waits', () => {
    const reader = new MessageReader(10);
    reader.push(message(pattern(20, 1)));
    expect(reader.next()).toMatch(/too large/);
    reader.limitBytes = 20;
    expect(drain(reader)).toHaveLength(1);
  });
});
