// What the scan refuses, as bytes, and what the decoder behind it would have made of some of them.
import { Packr } from 'msgpackr/pack';
import { describe, expect, test } from 'vitest';
import { MAX_DEPTH } from './limits.js';
import { fromHex } from './samples.fixture.js';
import { scan } from './scan.js';
import { WireError } from './wire-error.js';

/** A map whose only entry, "a", is this value. */
const around = (value: string) => fromHex(`81a161${value}`);

const REFUSED: Readonly<Record<string, string>> = {
  'nothing at all': '',
  'a number': '05',
  'an array': '9105',
  'a map without its entry': '81',
  'a map with a key and no value': '81a161',
  'a fixed map of 15 in 3 bytes': '8fa16105',
  'a map 16': 'de0001a16105',
  'a map 32': 'df00000001a16105',
  'a number as a key': '810105',
  'nil as a key': '81c005',
  'an array as a key': '819005',
  'bytes as a key': '81c4016105',
  'a str 8 as a key': '81d9016105',
  'an empty key': '81a005',
  'a key of 25 bytes': `81b9${'61'.repeat(25)}05`,
  'a key with an underscore': '81a15f05',
  'a key that is not ASCII': '81a2c3a905',
  'the same key twice': '82a16105a16106',
  'the key __proto__': `81a9${Buffer.from('__proto__').toString('hex')}80`,
  constructor: `81ab${Buffer.from('constructor').toString('hex')}80`,
  prototype: `81a9${Buffer.from('prototype').toString('hex')}80`,
  toString: `81a8${Buffer.from('toString').toString('hex')}80`,
  'hasOwnProperty, further down': `81a16181ae${Buffer.from('hasOwnProperty').toString('hex')}80`,
  'a byte after the end': '81a1610500',
  'a second message': '81a1610581a16105',
};

const REFUSED_VALUES: Readonly<Record<string, string>> = {
  'the byte that is never used': 'c1',
  false: 'c2',
  true: 'c3',
  'ext 8 of a bigint': 'c7014201',
  'ext 16 of a typed array': 'c8000274ff01',
  'ext 32': 'c90000000142ff',
  'a record definition of one byte': 'd4724091a16105',
  'a record definition of two bytes': 'd5724000',
  'undefined as fixext 1': 'd40000',
  'an error as fixext 1': 'd4650093a55479704572a16dc0',
  'a regular expression as fixext 1': 'd4780092a328612ba0',
  'a set as fixext 1': 'd473009101',
  'an object with an id as fixext 4': 'd6690000000180',
  'a pointer as fixext 4': 'd67000000001',
  'a bundle of strings as fixext 4': 'd6620000000405',
  'a date as fixext 4': 'd6ff00000000',
  'a date as fixext 8': 'd7ff0000000000000000',
  'fixext 16': `d842${'00'.repeat(16)}`,
  'a float 32': 'ca3f800000',
  'a uint 64': 'cf0000000000000001',
  'an int 64': 'd3ffffffffffffffff',
  'an array 32': 'dd0000000105',
  'an array 32 of 4 billion': 'ddffffffff',
  'an array 16 of 65,535 in 2 bytes': 'dcffff0101',
  'a fixed array of 15 in one byte': '9f01',
  'text longer than what is there': 'a5616161',
  'text of 4 GiB': 'dbffffffff6161',
  'bytes longer than what is there': 'c40561',
  'bytes of 4 GiB': 'c6ffffffff6161',
  'half a length': 'c5ff',
  'half a float': 'cb00000000',
  'text that is not UTF-8': 'a2c328',
  'text of half a surrogate pair': 'a3eda080',
  'overlong UTF-8': 'a2c0af',
  'text with a byte order mark': 'a4efbbbf61',
  'containers to one more than the limit': `${'91'.repeat(MAX_DEPTH)}05`,
  'a million containers': `${'91'.repeat(1_000_000)}05`,
  '16,384 values': `dc4000${'05'.repeat(0x4000)}`,
};

describe('the scan refuses', () => {
  test.each(Object.entries(REFUSED))('%s', (_, hex) => {
    expect(() => scan(fromHex(hex))).toThrow(WireError);
  });
  test.each(Object.entries(REFUSED_VALUES))('%s as a value', (_, hex) => {
    expect(() => scan(around(hex))).toThrow(WireError);
  });
});

test('the scan lets nil, numbers, text, bytes, arrays and maps pass, to the limits', () => {
  for (const value of ['c0', '7f', 'e0', 'cb7ff0000000000000', 'ccff', 'cdffff', 'ceffffffff']) {
    expect(() => scan(around(value))).not.toThrow();
  }
  for (const value of ['d080', 'd18000', 'd280000000', 'a0', 'd900', 'da0000', 'db00000000']) {
    expect(() => scan(around(value))).not.toThrow();
  }
  for (const value of ['c400', 'c50000', 'c600000000', '90', 'dc0000', '80', 'a3efbbbe']) {
    expect(() => scan(around(value))).not.toThrow();
  }
  expect(() => scan(around(`${'91'.repeat(MAX_DEPTH - 2)}90`))).not.toThrow();
  expect(() => scan(around(`dc3ffd${'05'.repeat(0x3ffd)}`))).not.toThrow();
});

test('msgpackr with records switched off still defines records, builds errors and expressions: hence the scan', () => {
  const restricted = new Packr({ useRecords: false, structuredClone: false });
  const decode = (hex: string) => restricted.unpack(around(hex)).a;
  expect(decode('d4724091a16205')).toEqual({ b: 5 });
  expect(decode('d4780092a3612b24a0')).toBeInstanceOf(RegExp);
  expect(decode('d4650093a9547970654572726f72a16dc0')).toBeInstanceOf(TypeError);
  expect(Object.keys(restricted.unpack(fromHex(REFUSED['the key __proto__']!)))).toEqual([
    '__proto_',
  ]);
  expect(restricted.unpack(fromHex(REFUSED['the same key twice']!))).toEqual({ a: 6 });
  expect(() => restricted.unpack(around('91'.repeat(100_000)))).toThrow(RangeError);
});
