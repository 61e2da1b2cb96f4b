import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FormatError } from '../format-error.js';
import type { StoredTensor } from '../stored-tensor.js';
import { decodeSafetensors, encodeSafetensors } from './safetensors.js';

const f32 = (shape: number[], ...values: number[]): StoredTensor => ({
  dtype: 'F32',
  shape,
  data: Float32Array.from(values),
});

/** A whole file, laid out by hand: the length field, the header as it is given, the data. */
function file(header: string | Uint8Array, data: readonly number[] | number = []): Uint8Array {
  const json = typeof header === 'string' ? new TextEncoder().encode(header) : header;
  const body = typeof data === 'number' ? new Uint8Array(data) : Uint8Array.from(data);
  const length = [0, 8, 16, 24].map((bit) => (json.byteLength >>> bit) & 255);
  return join([Uint8Array.of(...length, 0, 0, 0, 0), json, body]);
}

function join(chunks: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
}

const place = (dtype: string, shape: string, begin: number, end: number) =>
  `{"dtype":"${dtype}","shape":${shape},"data_offsets":[${begin},${end}]}`;

// The expected bytes are those of the reference implementation's own tests (huggingface/safetensors,
// safetensors/src/tensor.rs: test_serialization, test_serialization_forced_alignement, test_empty).
describe('literal bytes of the reference implementation', () => {
  // 0, 1, 2, 3, 4, 5 as little-endian float32
  const sixFloats = [
    [0, 0, 0, 0],
    [0, 0, 128, 63],
    [0, 0, 0, 64],
    [0, 0, 64, 64],
    [0, 0, 128, 64],
    [0, 0, 160, 64],
  ].flat();

  test('a tensor whose header needs no padding', () => {
    const bytes = file(`{"attn.0":${place('F32', '[1,2,3]', 0, 24)}}`, sixFloats);
    expect(bytes[0]).toBe(64);
    const tensors = new Map([['attn.0', f32([1, 2, 3], 0, 1, 2, 3, 4, 5)]]);
    expect(join(encodeSafetensors(tensors))).toEqual(bytes);
    expect(decodeSafetensors(bytes).tensors).toEqual(tensors);
  });

  test('a tensor whose header is padded with spaces to a multiple of 8', () => {
    const bytes = file(`{"attn0":${place('F32', '[1,1,2,3]', 0, 24)}}       `, sixFloats);
    expect(bytes[0]).toBe(72);
    const tensors = new Map([['attn0', f32([1, 1, 2, 3], 0, 1, 2, 3, 4, 5)]]);
    expect(join(encodeSafetensors(tensors))).toEqual(bytes);
    expect(decodeSafetensors(bytes).tensors).toEqual(tensors);
  });

  test('no tensors, without and with metadata', () => {
    const empty = [8, 0, 0, 0, 0, 0, 0, 0, 123, 125, 32, 32, 32, 32, 32, 32];
    expect([...join(encodeSafetensors(new Map()))]).toEqual(empty);
    expect(decodeSafetensors(Uint8Array.from(empty)).tensors.size).toBe(0);

    const withMetadata = file('{"__metadata__":{"framework":"pt"}}     ');
    expect(withMetadata[0]).toBe(40);
    expect(join(encodeSafetensors(new Map(), { framework: 'pt' }))).toEqual(withMetadata);
    expect({ ...decodeSafetensors(withMetadata).metadata }).toEqual({ framework: 'pt' });
  });

  test('white space around the header’s tokens and at its end is read', () => {
    expect(decodeSafetensors(file('{}\r \t\n')).tensors.size).toBe(0);
    const spaced = `{ "a" :\n${place('U8', '[ 1 , 2 ]', 0, 2)} }`;
    expect(decodeSafetensors(file(spaced, [7, 8])).tensors.get('a')?.data).toEqual(
      Uint8Array.of(7, 8),
    );
  });

  test('an empty shape is one element, a zero in a shape is none', () => {
    const header = `{"s":${place('I32', '[]', 0, 4)},"z":${place('F64', '[3,0]', 4, 4)}}`;
    const { tensors } = decodeSafetensors(file(header, [1, 0, 0, 0]));
    expect(tensors.get('s')).toEqual({ dtype: 'I32', shape: [], data: Int32Array.of(1) });
    expect(tensors.get('z')).toEqual({ dtype: 'F64', shape: [3, 0], data: new Float64Array(0) });
  });
});

describe('layout and copies', () => {
  const mixed = new Map<string, StoredTensor>([
    ['bytes', { dtype: 'U8', shape: [3], data: Uint8Array.of(1, 2, 3) }],
    ['ids', { dtype: 'I64', shape: [1], data: BigInt64Array.of(-5n) }],
    ['w', f32([2], 1.5, -0)],
  ]);

  test('an odd number of bytes misaligns nothing: data lies by size, names stay in order', () => {
    const bytes = join(encodeSafetensors(mixed));
    const { tensors } = decodeSafetensors(bytes);
    expect([...tensors.keys()]).toEqual(['bytes', 'ids', 'w']);
    expect(tensors).toEqual(mixed);
    for (const { data } of tensors.values()) expect(data.buffer).toBe(bytes.buffer);
  });

  test('a file that starts at an odd address is copied where it must be, and reads the same', () => {
    const bytes = join(encodeSafetensors(mixed));
    const shifted = new Uint8Array(bytes.byteLength + 1).subarray(1);
    shifted.set(bytes);
    const { tensors } = decodeSafetensors(shifted);
    expect(tensors).toEqual(mixed);
    expect(tensors.get('w')?.data.buffer).not.toBe(shifted.buffer);
    expect(tensors.get('bytes')?.data.buffer).toBe(shifted.buffer);
    expect(decodeSafetensors(Buffer.from(shifted)).tensors).toEqual(mixed);
  });

  test('writing makes views of the tensors, over shared memory too', () => {
    const shared = new Float32Array(new SharedArrayBuffer(64), 16, 2);
    shared.set([3, 4]);
    const [, chunk] = encodeSafetensors(
      new Map([['w', { dtype: 'F32', shape: [2], data: shared }]]),
    );
    expect(chunk?.buffer).toBe(shared.buffer);
    expect([chunk?.byteOffset, chunk?.byteLength]).toEqual([16, 8]);

    const whole = join(encodeSafetensors(new Map([['w', f32([2], 3, 4)]])));
    const sharedFile = new Uint8Array(new SharedArrayBuffer(whole.byteLength));
    sharedFile.set(whole);
    expect([...decodeSafetensors(sharedFile).tensors.get('w')!.data]).toEqual([3, 4]);
  });
});

describe('what is refused', () => {
  const refused: [string, Uint8Array, RegExp][] = [
    ['nothing at all', new Uint8Array(0), /truncated: expected at least 8 bytes, got 0; was/],
    ['a header that is not there', file('{}').subarray(0, 8), /truncated: expected a header to/],
    [
      'a header larger than the cap, before anything is allocated',
      Uint8Array.of(0, 0, 0, 0, 255, 255, 255, 255, 123),
      /a header of 18446744069414584000 bytes/,
    ],
    ['no header', file(''), /expected \{/],
    ['a header that is no object', file('[]'), /expected \{/],
    ['an unfinished header', file('{'), /expected a string/],
    ['text after the header', file('{}x'), /more follows/],
    ['a byte that is not UTF-8', file(Uint8Array.of(0xff)), /not UTF-8/],
    ['a byte order mark', file('\ufeff{}'), /expected \{/],
    [
      'a tensor named twice',
      file(`{"a":${place('U8', '[1]', 0, 1)},"a":${place('U8', '[1]', 0, 1)}}`, [1]),
      /the key "a" stands twice/,
    ],
    [
      'a tensor named twice by way of an escape',
      file(`{"a":${place('U8', '[1]', 0, 1)},"\\u0061":${place('U8', '[1]', 1, 2)}}`, [1, 2]),
      /the key "a" stands twice/,
    ],
    ['metadata twice', file('{"__metadata__":{},"__metadata__":{}}'), /stands twice/],
    ['a metadata key twice', file('{"__metadata__":{"a":"1","a":"2"}}'), /stands twice/],
    ['metadata that is not strings', file('{"__metadata__":{"a":1}}'), /metadata "a" is not a/],
    ['metadata that is no object', file('{"__metadata__":"a"}'), /__metadata__ is not an object/],
    ['a tensor that is no object', file('{"a":[]}'), /"a" is not an object/],
    ['deep nesting', file(`{"a":${'['.repeat(100_000)}`), /nesting is deeper than 3/],
    [
      'a dtype that we do not have',
      file(`{"a":${place('F8_E4M3', '[1]', 0, 1)}}`, 1),
      /dtype "F8_E4M3"/,
    ],
    ['a dtype off the prototype', file(`{"a":${place('toString', '[]', 0, 0)}}`), /dtype "toSt/],
    ['an unknown field', file('{"a":{"dtype":"U8","strides":[1]}}'), /unknown field "strides"/],
    ['no shape', file('{"a":{"dtype":"U8","data_offsets":[0,0]}}'), /no shape/],
    ['a shape of strings', file(`{"a":${place('U8', '["1"]', 0, 1)}}`, 1), /no shape/],
    ['a negative size', file(`{"a":${place('U8', '[-1]', 0, 1)}}`, 1), /unsigned integer/],
    ['a fraction', file(`{"a":${place('U8', '[1.5]', 0, 1)}}`, 1), /expected \]/],
    ['a leading zero', file(`{"a":${place('U8', '[01]', 0, 1)}}`, 1), /expected \]/],
    ['a number beyond 2^53', file(`{"a":${place('U8', '[9007199254740993]', 0, 1)}}`, 1), /2\^53/],
    [
      'a shape whose product overflows, even to zero',
      file(`{"a":${place('F32', '[4294967296,4294967296,0]', 0, 0)}}`),
      /no shape/,
    ],
    [
      'an absurd shape, before anything is allocated',
      file(`{"a":${place('F32', '[1000000000000]', 0, 4_000_000_000_000)}}`, 16),
      /truncated: expected 40000000000\d\d bytes/,
    ],
    ['too little data for the shape', file(`{"a":${place('F32', '[2]', 0, 4)}}`, 4), /expected 8/],
    ['offsets that descend', file(`{"a":${place('U8', '[0]', 1, 0)}}`, 1), /ascending/],
    ['one offset', file('{"a":{"dtype":"U8","shape":[0],"data_offsets":[0]}}'), /two numbers/],
    ['a hole at the start', file(`{"a":${place('U8', '[1]', 1, 2)}}`, 2), /leaves a hole/],
    [
      'a hole in the middle',
      file(`{"a":${place('U8', '[1]', 0, 1)},"b":${place('U8', '[1]', 2, 3)}}`, 3),
      /"b" leaves a hole before it: expected offset 1, got 2/,
    ],
    [
      'an overlap',
      file(`{"a":${place('U8', '[2]', 0, 2)},"b":${place('U8', '[2]', 1, 3)}}`, 3),
      /"b" overlaps the tensor before it: expected offset 2, got 1/,
    ],
    ['bytes after the last tensor', file(`{"a":${place('U8', '[1]', 0, 1)}}`, 9), /bytes follow/],
    ['half a surrogate pair', file('{"\\ud800":{}}'), /surrogate/],
    ['a control character in a name', file('{"a\nb":{}}'), /control character/],
  ];
  test.each(refused)('%s', (_, bytes, message) => {
    expect(() => decodeSafetensors(bytes)).toThrow(FormatError);
    expect(() => decodeSafetensors(bytes)).toThrow(message);
  });

  test('a header over the caller’s own cap, when read and when written', () => {
    const bytes = file('{"__metadata__":{"a":"b"}}');
    expect(() => decodeSafetensors(bytes, { maxHeaderBytes: 25 })).toThrow(/26 bytes; at most 25/);
    expect(decodeSafetensors(bytes, { maxHeaderBytes: 26 }).metadata.a).toBe('b');
    expect(() => encodeSafetensors(new Map(), { a: 'b' }, { maxHeaderBytes: 31 })).toThrow(
      /would take 32 bytes; readers accept 31/,
    );
  });

  test('a megabyte name does not make a megabyte message', () => {
    const long = file(`{"${'n'.repeat(1e6)}":[]}`);
    expect(() => decodeSafetensors(long)).toThrow(/^safetensors: "n{100}…" is not an object$/);
  });

  test.each<[string, Map<string, unknown>, Record<string, unknown>, RegExp]>([
    ['data and shape disagree', new Map([['a', f32([3], 1, 2)]]), {}, /\[3\], its data has 2/],
    [
      'the dtype is another than the data’s',
      new Map([['a', { dtype: 'F32', shape: [1], data: new Float64Array(1) }]]),
      {},
      /not a Float32Array/,
    ],
    ['a dtype is unknown', new Map([['a', { ...f32([0]), dtype: 'F8' }]]), {}, /unknown dtype F8/],
    ['a name is the metadata’s', new Map([['__metadata__', f32([0])]]), {}, /cannot be the name/],
    ['a name is no text', new Map([['\udc00', f32([0])]]), {}, /surrogate/],
    ['metadata is no string', new Map(), { a: 1 }, /metadata "a" is not a string/],
    ['metadata is no text', new Map(), { a: '\ud800', b: '' }, /surrogate/],
  ])('writing, where %s', (_, tensors, metadata, message) => {
    const write = () =>
      encodeSafetensors(tensors as Map<string, StoredTensor>, metadata as Record<string, string>);
    expect(write).toThrow(FormatError);
    expect(write).toThrow(message);
  });
});

test('keys off the prototype are keys like any other', () => {
  const header =
    `{"__metadata__":{"__proto__":"m","constructor":"c"},` +
    `"__proto__":${place('U8', '[1]', 0, 1)}}`;
  const { tensors, metadata } = decodeSafetensors(file(header, [9]));
  expect([...tensors.keys()]).toEqual(['__proto__']);
  expect(Object.entries(metadata)).toEqual([
    ['__proto__', 'm'],
    ['constructor', 'c'],
  ]);
  expect(metadata.toString).toBeUndefined();
  expect(Object.keys(Object.prototype)).toEqual([]);
  expect(join(encodeSafetensors(tensors, metadata)).byteLength % 8).toBe(1);
});

describe('damage', () => {
  const small = join(
    encodeSafetensors(
      new Map<string, StoredTensor>([
        ['layers.0.weight', f32([2, 3], 1, 2, 3, 4, 5, 6)],
        ['layers.0.bias', f32([2], 7, 8)],
        ['rng', { dtype: 'U8', shape: [3], data: Uint8Array.of(1, 2, 3) }],
      ]),
      { format: 'pt', note: 'quote " and é' },
    ),
  );

  test('every truncation and every addition of a small file is refused', () => {
    for (let length = 0; length < small.byteLength; length++) {
      expect(() => decodeSafetensors(small.subarray(0, length)), `${length}`).toThrow(FormatError);
    }
    expect(() => decodeSafetensors(join([small, Uint8Array.of(0)]))).toThrow(/bytes follow/);
  });

  test('10,000 mutated files are read as bounded views or refused with a FormatError', () => {
    const random = mulberry32(1);
    const pick = (n: number) => Math.floor(random() * n);
    let read = 0;
    for (let round = 0; round < 10_000; round++) {
      const bytes = small.slice();
      for (let flips = 1 + pick(3); flips > 0; flips--) bytes[pick(bytes.length)]! ^= 1 << pick(8);
      if (pick(4) === 0)
        bytes.copyWithin(pick(bytes.length), pick(bytes.length), pick(bytes.length));
      if (pick(4) === 0)
        bytes.set(
          [...'{}[]",:0'].map((c) => c.charCodeAt(0)),
          pick(bytes.length - 8),
        );
      try {
        const { tensors } = decodeSafetensors(bytes);
        read += 1;
        const total = [...tensors.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
        expect(total).toBeLessThanOrEqual(bytes.byteLength);
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
      }
    }
    // Flips in the data section and inside names are legal here; so some are read, and most are not.
    expect(read).toBeGreaterThan(100);
    expect(read).toBeLessThan(5_000);
  });
});

test('what is written is read back, and written again to the same bytes', () => {
  const sizes = fc.array(fc.nat(4), { maxLength: 4 });
  const tensor = fc
    .tuple(sizes, fc.constantFrom('F32', 'F64', 'I32', 'U32', 'U8', 'I64'), fc.nat())
    .map(([shape, dtype, seed]) => {
      const arrays = {
        F32: Float32Array,
        F64: Float64Array,
        I32: Int32Array,
        U32: Uint32Array,
        U8: Uint8Array,
        I64: BigInt64Array,
      };
      const data = new arrays[dtype](shape.reduce((product, size) => product * size, 1));
      const random = mulberry32(seed);
      const raw = new Uint8Array(data.buffer);
      for (let i = 0; i < raw.length; i++) raw[i] = Math.floor(random() * 256);
      return { dtype, shape, data } as StoredTensor;
    });
  const text = fc.string({ unit: 'grapheme' });
  const names = fc.oneof(text, fc.constantFrom('__proto__', 'constructor', '0', '"\\\n'));
  fc.assert(
    fc.property(
      fc.array(fc.tuple(names, tensor), { maxLength: 8 }),
      fc.dictionary(text, text),
      (entries, metadata) => {
        const tensors = new Map(entries);
        const bytes = join(encodeSafetensors(tensors, metadata));
        const back = decodeSafetensors(bytes);
        expect([...back.tensors.keys()]).toEqual([...tensors.keys()]);
        expect(Object.entries(back.metadata)).toEqual(Object.entries(metadata));
        for (const [name, { dtype, shape, data }] of tensors) {
          const got = back.tensors.get(name)!;
          expect([got.dtype, got.shape]).toEqual([dtype, shape]);
          expect(rawBytes(got)).toEqual(rawBytes({ dtype, shape, data } as StoredTensor));
        }
        expect(join(encodeSafetensors(back.tensors, back.metadata))).toEqual(bytes);
      },
    ),
    { seed: 1, numRuns: 300 },
  );
});

/** The bytes, because NaNs with different payloads are equal to a matcher. */
function rawBytes({ data }: StoredTensor): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice();
}

/** A small generator with a seed, so that a failure can be repeated. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
