// 100,000 damaged messages, frames and handshakes, from fixed seeds. Each is refused with a WireError or is a message
// that the schema allows; nothing crashes, hangs, keeps memory, or changes how the next message is read.
// Half of them get their checksum mended, so that they reach what stands behind it.
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { Packr } from 'msgpackr/pack';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodeControl, encodeControl } from './control.js';
import { decodeFrameHeader } from './frame.js';
import { ClientHandshake, ServerHandshake } from './handshake.js';
import type { Sender } from './message-schemas.js';
import { CONTROL_SAMPLES, FRAME_SAMPLES, fromHex, RUN, toHex } from './samples.fixture.js';
import { WireError } from './wire-error.js';

const control = Object.values(CONTROL_SAMPLES).map(({ from, hex }) => ({
  from,
  bytes: fromHex(hex),
}));
const frames = FRAME_SAMPLES.map(({ hex }) => fromHex(hex));

let prototype: PropertyKey[] = [];
let peakKilobytes = 0;

beforeAll(() => {
  prototype = Reflect.ownKeys(Object.prototype);
  peakKilobytes = process.resourceUsage().maxRSS;
});

afterAll(() => {
  expect(Reflect.ownKeys(Object.prototype)).toEqual(prototype);
  for (const { from, message, hex } of Object.values(CONTROL_SAMPLES)) {
    expect(decodeControl(fromHex(hex), from)).toStrictEqual(message);
  }
  // A length believed once takes gigabytes; the tests' own garbage stays below 256 MiB.
  expect(process.resourceUsage().maxRSS - peakKilobytes).toBeLessThan(256 * 1024);
});

/** Marsaglia's xorshift32, "Xorshift RNGs" (2003): integers in [0, below). */
function xorshift(seed: number) {
  let x = seed;
  return (below: number) => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) % below;
  };
}

/** Tokens worth trying: lengths of 4 GiB, extensions, records, containers. */
const TOKENS = [0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc4, 0xc6, 0xc7, 0xc9, 0xca, 0xcb];
TOKENS.push(
  0xcf,
  0xd3,
  0xd4,
  0xd5,
  0xd6,
  0xd8,
  0xd9,
  0xdb,
  0xdc,
  0xdd,
  0xde,
  0xdf,
  0x72,
  0xff,
  0x7f,
);

type Change = readonly [kind: number, at: number, value: number];

/** A copy of `bytes` with these changes: bits flipped, bytes set, cut, put in, or copied from elsewhere. */
function mutate(bytes: Uint8Array, changes: readonly Change[]): Uint8Array {
  let out = new Uint8Array(bytes);
  for (const [kind, where, value] of changes) {
    const at = out.length === 0 ? 0 : where % out.length;
    if (kind === 0) out[at]! ^= 1 << (value & 7);
    else if (kind === 1) out[at] = value;
    else if (kind === 2) out[at] = TOKENS[value % TOKENS.length]!;
    else if (kind === 3) out = out.slice(0, at);
    else if (kind === 4)
      out = Buffer.concat([out.subarray(0, at), out.subarray(at + 1 + (value & 7))]);
    else if (kind === 5)
      out = Buffer.concat([
        out.subarray(0, at),
        new Uint8Array((value & 7) + 1).fill(value),
        out.subarray(at),
      ]);
    else if (kind === 6)
      out.copyWithin(at, value % (out.length + 1), (value % (out.length + 1)) + 8);
    else out = Buffer.concat([out, bytes.subarray(0, value)]);
  }
  return new Uint8Array(out);
}

function mend(bytes: Uint8Array): Uint8Array {
  if (bytes.length < 6) return bytes;
  bytes[0] = 1;
  new DataView(bytes.buffer).setUint32(1, crc32(bytes.subarray(5)), true);
  return bytes;
}

/** Whether it was let in; and what was let in is a message that encodes and reads the same. */
function decodes(bytes: Uint8Array, from: Sender): boolean {
  const before = toHex(bytes);
  let accepted = false;
  try {
    const message = decodeControl(bytes, from);
    accepted = true;
    expect(decodeControl(encodeControl(message), from)).toStrictEqual(message);
  } catch (error) {
    expect(error).toBeInstanceOf(WireError);
    expect(accepted).toBe(false);
  }
  expect(toHex(bytes)).toBe(before);
  return accepted;
}

test('40,000 control messages with bytes changed', () => {
  const random = xorshift(0x10c5);
  let accepted = 0;
  for (let i = 0; i < 40_000; i++) {
    const { from, bytes } = control[random(control.length)]!;
    const changes: Change[] = [];
    for (let n = random(3); n >= 0; n--) changes.push([random(8), random(1 << 20), random(256)]);
    const changed = mutate(bytes, changes);
    if (decodes(i % 4 === 0 ? changed : mend(changed), from)) accepted++;
  }
  // Some changes leave a good message (another digit in a digest): a test whose mutants all die early shows nothing.
  expect(accepted).toBeGreaterThan(500);
  expect(accepted).toBeLessThan(20_000);
});

const change = fc.tuple(fc.nat(7), fc.nat(1 << 20), fc.nat(255));

test('20,000 control messages with changes that fast-check draws, and shrinks where one gets through', () => {
  const property = fc.property(
    fc.nat(control.length - 1),
    fc.array(change, { minLength: 1, maxLength: 6 }),
    (which, changes) => {
      const { from, bytes } = control[which]!;
      decodes(mend(mutate(bytes, changes)), from);
    },
  );
  fc.assert(property, { seed: 4, numRuns: 20_000 });
});

test('5,000 values of every kind that JavaScript has, as an unrestricted msgpackr writes them', () => {
  const free = new Packr({ moreTypes: true, structuredClone: true, useRecords: true });
  const bundling = new Packr({ bundleStrings: true });
  const anything = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withTypedArray: true,
    withNullPrototype: true,
  });
  const property = fc.property(anything, fc.boolean(), (value, bundled) => {
    let packed: Uint8Array;
    try {
      packed = (bundled ? bundling : free).pack({ type: 'leave', reason: value });
    } catch {
      return; // what even that cannot write
    }
    decodes(
      mend(
        Buffer.concat([new Uint8Array(5), packed])
          .subarray(0)
          .slice(),
      ),
      'worker',
    );
  });
  fc.assert(property, { seed: 4, numRuns: 5_000 });
});

test('25,000 frame headers with bytes changed', () => {
  const random = xorshift(0xf2a3e);
  let accepted = 0;
  for (let i = 0; i < 25_000; i++) {
    const bytes = mutate(frames[random(frames.length)]!, [
      [random(8), random(1 << 20), random(256)],
    ]);
    if (i % 4 !== 0 && bytes.length >= 64) {
      new DataView(bytes.buffer).setUint32(60, crc32(bytes.subarray(0, 60)), true);
    }
    try {
      decodeFrameHeader(bytes);
      accepted++;
    } catch (error) {
      expect(error).toBeInstanceOf(WireError);
    }
  }
  expect(accepted).toBeGreaterThan(1_000);
});

test('10,000 handshakes with bytes changed: none is let in', () => {
  const random = xorshift(0x4a2d);
  const key = new Uint8Array(32).fill(7);
  const nonce = (byte: number) => new Uint8Array(32).fill(byte);
  const identify = () => ({ key, run: RUN, incarnation: 1 });
  for (let i = 0; i < 10_000; i++) {
    const client = new ClientHandshake({
      role: 'worker',
      arithmetic: 'lockstep-1',
      key,
      nonce: nonce(1),
    });
    const server = new ServerHandshake({ arithmetic: 'lockstep-1', nonce: nonce(2), identify });
    const damaged = random(4);
    let at = 0;
    let changed = false;
    const carry = (bytes: Uint8Array) => {
      if (at++ !== damaged) return bytes;
      const other = mutate(bytes, [[random(8), random(1 << 20), random(256)]]);
      changed = toHex(other) !== toHex(bytes);
      return other;
    };
    let step = server.receive(carry(client.start().send!));
    const answer = client.receive(carry(step.send!));
    if (answer.send !== undefined) {
      step = server.receive(carry(answer.send));
      const end = client.receive(carry(step.send!));
      expect(end.done === undefined).toBe(changed);
    } else {
      expect(changed).toBe(true);
    }
  }
});
