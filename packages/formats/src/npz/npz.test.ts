// Archives that are damaged, hostile or something else; what NumPy itself writes is read in test/golden.
import fc from 'fast-check';
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../format-error.js';
import { encodeSafetensors } from '../safetensors/safetensors.js';
import type { StoredTensor } from '../stored-tensor.js';
import { encodeNpy } from './npy.js';
import { decodeNpz, encodeNpz, isNpz } from './npz.js';

const weights = new Map<string, StoredTensor>([
  ['a.weight', { dtype: 'F32', shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }],
  ['b', { dtype: 'F64', shape: [], data: Float64Array.of(0.5) }],
]);

/** A .npy file with any header. */
function npy(header: string, data: readonly number[] = [], version = [1, 0]): Uint8Array {
  const text = new TextEncoder().encode(header);
  const length = version[0] === 1 ? [text.length, 0] : [text.length, 0, 0, 0];
  return Uint8Array.from([
    ...[0x93, ...new TextEncoder().encode('NUMPY'), ...version, ...length],
    ...text,
    ...data,
  ]);
}

const zip = (file: Uint8Array, name = 'w.npy'): Uint8Array =>
  zipSync({ [name]: file }, { level: 0 });

/** With other bytes where a signature stands, so many bytes behind it. */
function edited(file: Uint8Array, signature: number, offset: number, bytes: number[]): Uint8Array {
  const copy = file.slice();
  const view = new DataView(copy.buffer);
  for (let at = 0; at + 4 <= copy.length; at++) {
    if (view.getUint32(at, true) === signature) copy.set(bytes, at + offset);
  }
  return copy;
}
const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;

it.each([false, true])(
  'equal tensors give equal bytes, and come back (deflated: %s)',
  (compress) => {
    const bytes = encodeNpz(weights, { compress });
    expect(encodeNpz(new Map(weights), { compress })).toEqual(bytes);
    expect(isNpz(bytes.subarray(0, 100))).toBe(true);
    expect(decodeNpz(bytes)).toEqual(weights);
  },
);

it('a stored array that lies where it is needed is a view, another one a copy', () => {
  const bytes = encodeNpz(weights);
  for (const shift of [0, 1, 2, 3]) {
    const moved = new Uint8Array(bytes.length + shift).subarray(shift);
    moved.set(bytes);
    const { data } = decodeNpz(moved).get('a.weight')!;
    expect([...data]).toEqual([1, 2, 3, 4, 5, 6]);
  }
});

it('what NumPy cannot hold is refused before anything is written', () => {
  const tensor = (dtype: string, data: object) =>
    new Map([['w', { dtype, shape: [2], data }]]) as Map<string, StoredTensor>;
  expect(() => encodeNpz(tensor('BF16', new Uint16Array(2)))).toThrow(
    'npz: "w" is BF16, which NumPy has not',
  );
  expect(() => encodeNpz(tensor('F32', new Float32Array(3)))).toThrow(
    'npz: "w" has shape [2], its data has 3 elements',
  );
});

describe('headers', () => {
  it.each([
    ['keys in another order', "{'shape': (1,), 'descr': '<f4', 'fortran_order': False}"],
    ['double quotes, and Python 2', '{"descr": "<f4", "fortran_order": True, "shape": (1L,)}\n'],
  ])('%s', (_, header) => {
    expect(decodeNpz(zip(npy(header, [0, 0, 128, 63])))).toEqual(
      new Map([['w', { dtype: 'F32', shape: [1], data: Float32Array.of(1) }]]),
    );
  });

  const head = (shape: string, descr = "'<f4'") =>
    `{'descr': ${descr}, 'fortran_order': False, 'shape': ${shape}, }`;
  it.each<[string, Uint8Array, string]>([
    ['no magic', Uint8Array.of(1, 2, 3), 'not a NumPy array'],
    ['another version', npy(head('(1,)'), [], [4, 0]), 'version 4.0 of the format; 1.0, 2.0'],
    ['half a length', npy('').subarray(0, 9), 'cut short in its header'],
    ['half a header', npy(head('(1,)')).subarray(0, 30), 'cut short in its header'],
    [
      'an endless header',
      Uint8Array.from([...npy('', [], [2, 0]).subarray(0, 8), 0, 0, 0, 255]),
      '4278190080 bytes; at most 10000',
    ],
    ['too few numbers', npy(head('(2,)'), [0, 0, 0, 0]), 'takes 8 bytes, there are 4'],
    ['too many', npy(head('(2,)'), new Array(9).fill(0)), 'takes 8 bytes, there are 9'],
    ['absurdly many', npy(head('(9007199254740991, 9007199254740991)')), 'more than any memory'],
    ['a length that is none', npy(head('(-1,)')), 'something else stands there (at character'],
    ['a length beyond all', npy(head('(9007199254740993,)')), '"9007199254740993" is no length'],
    ['a number for a tuple', npy(head('(3)')), 'a tuple of one number has a comma'],
    ['an expression', npy("{'descr': __import__('os')}"), 'something else stands there'],
    ['two of one key', npy("{'descr': '<f4', 'descr': '<f8'}"), 'the key "descr" stands twice'],
    ['a missing key', npy("{'descr': '<f4', 'shape': ()}"), 'fortran_order is neither'],
    ['another key', npy(head("(), 'x': True")), 'there is no key "x"'],
    ['more behind it', npy(`${head('()')} + 1`), 'more follows'],
    ['no dict', npy('(1, 2)'), 'expected {'],
    ['a type of the prototype', npy(head('()', "'<constructor'")), 'has the type "<constructor"'],
  ])('%s is refused', (_, file, message) => {
    expect(() => decodeNpz(zip(file))).toThrow(FormatError);
    expect(() => decodeNpz(zip(file))).toThrow(message);
  });
});

describe('archives', () => {
  const good = encodeNpz(weights);
  const four = (value: number): number[] => [...new Uint8Array(Uint32Array.of(value).buffer)];
  const deflated = encodeNpz(weights, { compress: true });

  it.each<[string, Uint8Array, string]>([
    [
      'safetensors',
      concat(encodeSafetensors(weights)),
      'it is safetensors; decodeSafetensors reads it',
    ],
    ['a single array', encodeNpy('', weights.get('b')!), 'it is a NumPy array (.npy)'],
    [
      'a checkpoint of torch',
      zip(Uint8Array.of(1), 'archive/data.pkl'),
      'as torch.save writes models',
    ],
    [
      'another zip with arrays',
      zipSync({ 'w.npy': npy(''), 'x.txt': npy('') }),
      '"x.txt" is no array',
    ],
    ['one that is cut short', good.subarray(0, -30), 'was a download or a copy cut short?'],
    ['a sum that is another', edited(good, CENTRAL, 16, [0]), '"a.weight.npy" is damaged: its sum'],
    ['a size that is another', edited(deflated, CENTRAL, 24, four(100)), 'is damaged'],
    ['a bomb', edited(deflated, CENTRAL, 24, four(3e9)), 'at most 4294967296 are accepted'],
    [
      'one bomb',
      edited(encodeNpz(new Map([...weights].slice(1)), { compress: true }), CENTRAL, 24, four(3e9)),
      'bytes cannot unpack to 3000000000',
    ],
    ['entries over each other', edited(good, CENTRAL, 42, four(0)), 'lie over each other'],
    ['an entry that is elsewhere', edited(good, CENTRAL, 42, four(5)), 'is not there'],
    ['an entry beyond the end', edited(good, CENTRAL, 20, four(4e9)), 'cut short: byte'],
    ['encryption', edited(good, CENTRAL, 8, [1]), '"a.weight.npy" is encrypted'],
    ['a method of bzip2', edited(good, CENTRAL, 10, [12]), 'method 12; expected stored (0) or'],
    ['a directory elsewhere', edited(good, END, 16, four(1)), 'entry 0 of 2 is not there'],
    [
      'more entries than there are',
      edited(good, END, 8, [3, 0, 3, 0]),
      'entry 2 of 3 is not there',
    ],
    ['a part of several', edited(good, END, 8, [1, 0, 3, 0]), 'a part of several'],
    ['damaged deflate', edited(deflated, LOCAL, 44, [255, 255, 255]), 'cannot be unpacked'],
    ['a name that is no text', edited(good, CENTRAL, 46, [0xff]), 'is not UTF-8'],
  ])('%s is refused', (_, file, message) => {
    expect(() => decodeNpz(file)).toThrow(FormatError);
    expect(() => decodeNpz(file)).toThrow(message);
  });

  it('two arrays of one name are refused', () => {
    const two = zipSync({
      'a.npy': encodeNpy('', weights.get('b')!),
      'b.npy': encodeNpy('', weights.get('b')!),
    });
    const same = Uint8Array.from(two, (byte, i) => (byte === 98 && two[i + 1] === 46 ? 97 : byte));
    expect(() => decodeNpz(same)).toThrow('npz: "a.npy" stands twice');
  });

  it('a comment behind it and folders inside it do not matter', () => {
    const commented = Uint8Array.from([...edited(good, END, 20, [3, 0]), 1, 2, 3]);
    expect(decodeNpz(commented)).toEqual(weights);
    const foldered = zipSync({
      'x.npy': encodeNpy('', weights.get('b')!),
      'y/': new Uint8Array(0),
    });
    expect([...decodeNpz(foldered).keys()]).toEqual(['x']);
  });

  it('a limit of the caller’s counts', () => {
    expect(() => decodeNpz(good, { maxBytes: 200 })).toThrow('at most 200 are accepted');
    expect(decodeNpz(good, { maxBytes: 400 }).size).toBe(2);
  });

  it('every truncation is refused, and every flipped bit read as bounded views or refused', () => {
    for (let length = 0; length < good.length; length += 7) {
      expect(() => decodeNpz(good.subarray(0, length))).toThrow(FormatError);
    }
    const flips = fc.array(fc.nat(), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(flips, fc.boolean(), (bits, compress) => {
        const bytes = (compress ? deflated : good).slice();
        for (const bit of bits) bytes[(bit >> 3) % bytes.length]! ^= 1 << (bit & 7);
        try {
          decodeNpz(bytes);
        } catch (error) {
          if (!(error instanceof FormatError)) throw error;
        }
      }),
      { seed: 1, numRuns: 3000 },
    );
  });
});

function concat(chunks: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(chunks.flatMap((chunk) => [...chunk]));
}
