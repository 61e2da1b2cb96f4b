import fc from 'fast-check';
import { PbfReader, PbfWriter } from 'pbf';
import { expect, it } from 'vitest';
import { readText, writeText } from './protobuf-text.js';

function written(text: string): Uint8Array {
  const writer = new PbfWriter();
  writeText(writer, 1, text);
  return writer.finish();
}

it.each([
  ['', ''],
  ['größe', 'größe'],
  ['𐀀 𠀀 \u{10ffff}', '𐀀 𠀀 \u{10ffff}'],
  ['\ufeffa mark in front', '\ufeffa mark in front'],
  ['half \ud800', 'half \ufffd'],
])('%j is written as UTF-8 and read as %j', (text, expected) => {
  const bytes = written(text);
  expect([...bytes.subarray(2)]).toEqual([...Buffer.from(text)]);
  const reader = new PbfReader(bytes);
  reader.nextField();
  expect(readText(reader)).toBe(expected);
});

it('any text comes back', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const reader = new PbfReader(written(text));
      expect(reader.nextField()).toBe(1);
      expect(readText(reader)).toBe(text);
    }),
    { seed: 1, numRuns: 100 },
  );
});
