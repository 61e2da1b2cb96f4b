// Encodings, as bytes: what is read, and what is refused with its line.
import { expect, test } from 'vitest';
import { type CsvOptions, parseCsv } from '../csv.js';

const TOWNS: CsvOptions = { target: 'town', task: 'classification' };
const TEXT = 'a,town\n1,Höfen\n3,Häfen €\n';

const utf8 = (text: string) => new TextEncoder().encode(text);
const latin1 = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));

function utf16(text: string, isLittle: boolean): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(2 * text.length));
  for (let i = 0; i < text.length; i++) bytes.setUint16(2 * i, text.charCodeAt(i), isLittle);
  return new Uint8Array(bytes.buffer);
}

test('UTF-8 and UTF-16 give the same classes, with a byte-order mark or named', () => {
  const expected = ['Häfen €', 'Höfen'];
  const tables: [Uint8Array, string?][] = [
    [utf8(TEXT)],
    [utf8(`\ufeff${TEXT}`)],
    [utf8(`\ufeff${TEXT}`), 'utf-8'],
    [utf16(`\ufeff${TEXT}`, true)],
    [utf16(`\ufeff${TEXT}`, false)],
    [utf16(TEXT, true), 'utf-16le'],
    [utf16(TEXT, false), 'utf-16be'],
    [latin1(TEXT.replace('€', '\x80')), 'windows-1252'],
    [latin1(TEXT.replace('€', '\x80')), 'latin1'],
  ];
  for (const [bytes, encoding] of tables) {
    expect(parseCsv(bytes, { ...TOWNS, encoding }).classNames).toEqual(expected);
  }
});

test('every byte of Windows-1252 is what the standard says, whatever the engine’s decoder does with 0x80 to 0x9f', () => {
  const rows = Array.from({ length: 96 }, (_, i) => `${i},x${String.fromCharCode(0xa0 + i)}x`);
  const special = Array.from({ length: 32 }, (_, i) => `${i},${String.fromCharCode(0x80 + i)}`);
  const { classNames } = parseCsv(latin1(`a,town\n${[...rows, ...special].join('\n')}`), {
    ...TOWNS,
    encoding: 'windows-1252',
  });
  expect(classNames).toHaveLength(128);
  expect(classNames).toEqual(expect.arrayContaining(['€', '™', 'Ÿ', '’', 'xÿx', 'xöx', '\x81']));
});

test('a byte that is not UTF-8 is refused with its line, and what it would be in Windows-1252', () => {
  const bytes = latin1('a,town\n1,"two\r\nlines"\n2,H\xf6fen\n3,H\xe4fen\n');
  expect(() => parseCsv(bytes, TOWNS)).toThrow(
    `read csv: line 4: the byte 0xf6 is not UTF-8 (in Windows-1252 it would be "ö"); save the file as UTF-8, or name its encoding, as in encoding: 'windows-1252'`,
  );
});

test('each way of being no UTF-8 is named by the first byte at fault', () => {
  const at = (...bytes: number[]) => {
    const table = new Uint8Array([...utf8('a,town\n1,x\n2,'), ...bytes, ...utf8('y\n')]);
    return () => parseCsv(table, TOWNS);
  };
  expect(at(0xe4)).toThrow('line 3: the byte 0xe4 is not UTF-8');
  expect(at(0xe2, 0x82)).toThrow('line 3: the byte 0xe2 is not UTF-8');
  expect(at(0x80)).toThrow('line 3: the byte 0x80 is not UTF-8');
  expect(at(0xc0, 0xaf)).toThrow('line 3: the byte 0xc0 is not UTF-8');
  expect(at(0xed, 0xa0, 0x80)).toThrow('line 3: the byte 0xed is not UTF-8');
  expect(at(0xf4, 0x90, 0x80, 0x80)).toThrow('line 3: the byte 0xf4 is not UTF-8');
  expect(at(0xf0, 0x9f, 0x98, 0x80)).not.toThrow();
  expect(at(0xef, 0xbf, 0xbd)).not.toThrow();
  expect(() => parseCsv(utf8('a,town\n1,ö').slice(0, -1), TOWNS)).toThrow(
    'line 2: the text ends in the middle of a character; is the file complete?',
  );
});

test('UTF-16 that is damaged, without a mark, or not what the option says is refused', () => {
  expect(() => parseCsv(utf16(TEXT, true), TOWNS)).toThrow(
    'line 1: a zero byte: this is no text, or UTF-16 without a mark',
  );
  const marked = utf16(`\ufeff${TEXT}`, true);
  expect(() => parseCsv(marked.slice(0, -1), TOWNS)).toThrow(
    'line 3: these bytes are not utf-16le',
  );
  expect(() => parseCsv(utf16('\ufeffa,town\n1,\ud800x\n', true), TOWNS)).toThrow(
    'line 2: these bytes are not utf-16le',
  );
  expect(() => parseCsv(marked, { ...TOWNS, encoding: 'windows-1252' })).toThrow(
    "the text begins with the mark of utf-16le, and the option says encoding: 'windows-1252'",
  );
});

test('files of other formats are called what they are', () => {
  const begin = (...bytes: (number | string)[]) =>
    Uint8Array.from(bytes.flatMap((part) => (typeof part === 'string' ? [...utf8(part)] : [part])));
  const files: [Uint8Array, string][] = [
    [begin('PK', 3, 4, 20, 0), 'this is an Excel workbook or another zip file'],
    [begin(0xd0, 0xcf, 0x11, 0xe0, 0xa1), 'this is an old Excel workbook'],
    [begin(0x1f, 0x8b, 8, 0), 'this is gzip'],
    [begin(0x28, 0xb5, 0x2f, 0xfd, 0), 'this is compressed by zstd'],
    [begin('BZh91AY&SY'), 'this is compressed by bzip2'],
    [begin('PAR1', 0x15), 'this is a Parquet file'],
    [begin(0xff, 0xfe, 0, 0, 0x61, 0, 0, 0), 'this is UTF-32'],
    [begin('\n<!DOCTYPE html>\n<html>'), 'this is a web page'],
    [begin('[{"a":1}]'), 'this is JSON'],
    [begin('version https://git-lfs.github.com/spec/v1\noid'), 'this is a pointer of git-lfs'],
  ];
  for (const [bytes, message] of files) expect(() => parseCsv(bytes, TOWNS)).toThrow(message);
  expect(parseCsv('BZh,town\n1,k\n', TOWNS).inputNames).toEqual(['BZh']);
});
