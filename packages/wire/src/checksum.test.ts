// The checksum of payloads: its numbers written out, against plain TypeScript, however a payload lies, and what it finds.
import { expect, test } from 'vitest';
import { payloadChecksum } from './checksum.js';

function payloadOf(bytes: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, i) => (i * 37 + (i >> 8)) & 0xff);
}

/** As the protocol's page says it. */
function reference(payload: Uint8Array): number {
  const mix = (h: number, word: number): number => {
    const product = Number((BigInt((h ^ word) >>> 0) * 0x9e3779b1n) & 0xffffffffn);
    return (product ^ (product >>> 15)) >>> 0;
  };
  const padded = new Uint8Array(Math.ceil(payload.length / 64) * 64);
  padded.set(payload);
  const view = new DataView(padded.buffer);
  const lanes = Array.from({ length: 16 }, (_, lane) => lane);
  for (let word = 0; word < padded.length / 4; word++) {
    lanes[word % 16] = mix(lanes[word % 16]!, view.getUint32(4 * word, true));
  }
  return mix(lanes.reduce(mix, 0), payload.length);
}

test.each([0, 1, 4, 63, 64, 65, 1000, 16_383, 16_384, 16_385, 100_001])(
  'of %i bytes it is what the protocol says',
  (bytes) => {
    const payload = payloadOf(bytes);
    expect(payloadChecksum([payload])).toBe(reference(payload));
  },
);

test('these payloads have these', () => {
  expect(payloadChecksum([])).toBe(4146309277);
  expect(payloadChecksum([Buffer.from('123456789')])).toBe(3626959316);
});

test('it is the same however a payload lies in pieces, in shared memory too', () => {
  const payload = payloadOf(40_000);
  const whole = payloadChecksum([payload]);
  const shared = new Uint8Array(new SharedArrayBuffer(40_003), 3);
  shared.set(payload);
  for (const cut of [0, 1, 3, 64, 16_384, 20_001, 39_999]) {
    const pieces = [payload.subarray(0, cut), new Uint8Array(0), shared.subarray(cut)];
    expect(payloadChecksum(pieces)).toBe(whole);
  }
});

test('it finds every flipped bit, two words that change places, and a zero more or less', () => {
  const payload = payloadOf(200);
  const whole = payloadChecksum([payload]);
  for (let bit = 0; bit < 8 * payload.length; bit++) {
    payload[bit >> 3]! ^= 1 << (bit & 7);
    expect(payloadChecksum([payload])).not.toBe(whole);
    payload[bit >> 3]! ^= 1 << (bit & 7);
  }
  const swapped = payload.slice();
  swapped.copyWithin(0, 64, 68);
  swapped.set(payload.subarray(0, 4), 64);
  const signs = payload.slice();
  for (const at of [3, 67]) signs[at]! ^= 0x80;
  const longer = Buffer.concat([payload, Buffer.alloc(1)]);
  for (const other of [swapped, signs, longer, payload.subarray(0, 199)]) {
    expect(payloadChecksum([other])).not.toBe(whole);
  }
});
