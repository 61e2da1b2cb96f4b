// Control messages: their bytes written out, and everything around the codec that must be refused.
import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { decodeControl, encodeControl } from './control.js';
import { MAX_CONTROL_BYTES, MAX_WORKER_CONTROL_BYTES } from './limits.js';
import type { ControlMessage, ReachedMessage, RunMessage } from './messages.js';
import { CONTROL_SAMPLES, fromHex, toHex } from './samples.fixture.js';
import { WireError } from './wire-error.js';

const samples = Object.entries(CONTROL_SAMPLES);
const reached = CONTROL_SAMPLES.reached.message as ReachedMessage;
const run = CONTROL_SAMPLES.run.message as RunMessage;

/** These MessagePack bytes as a control message with the right checksum. */
function sealed(body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(5 + body.length);
  bytes[0] = 1;
  new DataView(bytes.buffer).setUint32(1, crc32(body), true);
  bytes.set(body, 5);
  return bytes;
}

describe.each(samples)('%s', (type, { message, hex, from }) => {
  test('has these bytes', () => {
    expect(message.type).toBe(type);
    expect(toHex(encodeControl(message))).toBe(hex);
  });
  test('is read from them', () => {
    expect(decodeControl(fromHex(hex), from)).toStrictEqual(message);
  });
  test('is read from the middle of a larger Buffer', () => {
    const around = Buffer.concat([Buffer.alloc(3, 0xff), fromHex(hex), Buffer.alloc(9, 0xff)]);
    const bytes = around.subarray(3, around.length - 9);
    expect(decodeControl(bytes, from)).toStrictEqual(message);
  });
  test('is refused from the other side', () => {
    const other = from === 'worker' ? 'coordinator' : 'worker';
    expect(() => decodeControl(fromHex(hex), other)).toThrow(/^wire: control message: a /);
  });
  test('is refused when cut at any byte, with its old checksum or a new one', () => {
    const bytes = fromHex(hex);
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeControl(bytes.slice(0, length), from)).toThrow(WireError);
      if (length < 5) continue;
      expect(() => decodeControl(sealed(bytes.slice(5, length)), from)).toThrow(WireError);
    }
  });
  test('is refused with any one bit flipped', () => {
    const bytes = fromHex(hex);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      expect(() => decodeControl(bytes, from)).toThrow(WireError);
      bytes[bit >> 3]! ^= 1 << (bit & 7);
    }
  });
});

test('what is decoded shares no memory with what came', () => {
  const bytes = fromHex(CONTROL_SAMPLES.reached.hex);
  const message = decodeControl(bytes, 'worker') as ReachedMessage;
  bytes.fill(0);
  expect(message.chunkSums).toStrictEqual(reached.chunkSums);
});

test('doubles keep their bits, and what is not finite is refused on both sides', () => {
  for (const loss of [0.1, Number.MIN_VALUE, -Number.MAX_VALUE, 2 ** 53, 1 / 3, -7]) {
    const bytes = encodeControl({ ...reached, epochLoss: loss });
    expect((decodeControl(bytes, 'worker') as ReachedMessage).epochLoss).toBe(loss);
  }
  for (const loss of [Number.NaN, Infinity, -Infinity]) {
    expect(() => encodeControl({ ...reached, epochLoss: loss })).toThrow(
      'expected a finite number',
    );
  }
  // loss 0.125 in place of −0.1, then the three kinds of not finite.
  const { hex } = CONTROL_SAMPLES.progress;
  const as = (double: string) => sealed(fromHex(hex.slice(10, -16) + double));
  expect(decodeControl(as('3fc0000000000000'), 'worker')).toMatchObject({ loss: 0.125 });
  for (const double of ['7ff8000000000000', '7ff0000000000000', 'fff0000000000000']) {
    expect(() => decodeControl(as(double), 'worker')).toThrow('progress.loss: expected a finite');
  }
});

test('the largest messages pass, larger ones do not leave and do not enter', () => {
  const most = { ...reached, chunkSums: new Uint8Array(4 * 1024 * 1024) };
  expect(decodeControl(encodeControl(most), 'worker')).toMatchObject({ step: most.step });
  expect(() => encodeControl({ ...most, chunkSums: new Uint8Array(4 * 1024 * 1024 + 16) })).toThrow(
    WireError,
  );
  const config = 'ω'.repeat(4 * 1024 * 1024 - 16_384);
  const bytes = encodeControl({ ...run, config });
  expect((decodeControl(bytes, 'coordinator') as RunMessage).config === config).toBe(true);
  expect(() => encodeControl({ ...run, config: `${config}ω` })).toThrow(WireError);
  expect(() => decodeControl(new Uint8Array(MAX_WORKER_CONTROL_BYTES + 1), 'worker')).toThrow(
    /4198401 bytes from a worker, expected at most 4198400/,
  );
  expect(() => decodeControl(new Uint8Array(MAX_CONTROL_BYTES + 1), 'coordinator')).toThrow(
    WireError,
  );
});

test('a message that is none, or has an unknown type, is refused by name', () => {
  for (const value of [{}, { type: 'toString' }, { type: '__proto__' }, { type: 'JOIN' }]) {
    expect(() => encodeControl(value as ControlMessage)).toThrow(WireError);
  }
  expect(() => decodeControl(sealed(fromHex('81a474797065a67265626f6f74c0')), 'worker')).toThrow(
    WireError,
  );
  expect(() => decodeControl(sealed(fromHex('81a474797065a67265626f6f74')), 'worker')).toThrow(
    'got "reboot"',
  );
});

test('a good message in an encoding that is not ours is refused, though the decoder behind could read it', () => {
  const type = 'a474797065a57061757365';
  const generation = 'aa67656e65726174696f6e';
  expect(decodeControl(sealed(fromHex(`82${type}${generation}08`)), 'coordinator')).toStrictEqual({
    type: 'pause',
    generation: 8,
  });
  const others = {
    'as a record': `d4724092a474797065${generation}a5706175736508`,
    'as a map 16': `de0002${type}${generation}08`,
    'with a key twice': `83${type}${generation}07${generation}08`,
    'with a float 32': `82${type}${generation}ca41000000`,
    'with a long key': `82${type}d90a${generation.slice(2)}08`,
  };
  for (const [how, hex] of Object.entries(others)) {
    expect(() => decodeControl(sealed(fromHex(hex)), 'coordinator'), how).toThrow(WireError);
  }
});

test('an instance of a class, a getter or an inherited field does not leave', () => {
  const inherited = Object.create(CONTROL_SAMPLES.pause.message) as ControlMessage;
  expect(() => encodeControl(inherited)).toThrow(WireError);
  const polluted = JSON.parse('{"type":"pause","generation":8,"__proto__":{"x":1}}');
  expect(() => encodeControl(polluted)).toThrow('pause: expected only type, generation');
  expect(({} as { x?: number }).x).toBeUndefined();
});
