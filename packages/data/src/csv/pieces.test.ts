// The invariant of the reader: dataset and errors are the same wherever the bytes are cut into pieces.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type CsvDataset, type CsvOptions, settingsOf } from './options.js';
import { CsvReader } from './reader.js';

function read(
  bytes: Uint8Array,
  cuts: readonly number[],
  options: CsvOptions,
): CsvDataset | string {
  try {
    const reader = new CsvReader(settingsOf(options));
    const at = [...cuts.map((cut) => Math.min(cut, bytes.length)), bytes.length].sort(
      (a, b) => a - b,
    );
    let from = 0;
    for (const to of at) {
      // Overwritten after the call, as a buffer that is read into again is.
      const piece = bytes.slice(from, to);
      reader.push(piece);
      piece.fill(0xff);
      from = to;
    }
    return reader.end();
  } catch (error) {
    return (error as Error).message;
  }
}

const everyByte = (length: number) => Array.from({ length }, (_, i) => i);

const PARTS = [
  '1',
  '2.5',
  '-3e-2',
  '"4"',
  ' "5" ',
  'k',
  '"l ""m"" ö"',
  '"a\r\nb"',
  'ß€😀',
  '',
  '#',
  '"',
  'NA',
  '"7"€',
  '1,5',
];
const field = fc.constantFrom(...PARTS);
const good = fc.constantFrom(...PARTS.slice(0, 5));
/** Behind the delimiter and what is read before anything is cut: pieces of the table itself come one by one. */
const BEGINNING = `sep=D\n#${'-'.repeat(300)}\n`;

const tables = fc
  .record({
    delimiter: fc.constantFrom(',', ';', '\t'),
    head: fc.oneof(
      { weight: 3, arbitrary: fc.constant(BEGINNING) },
      fc.constantFrom('', '\ufeff', 'sep=;\n', '# note\n', '\r\n'),
    ),
    header: fc.oneof(
      { weight: 4, arbitrary: fc.constant('a D b D y') },
      fc.constantFrom('1 D 2 D 3', 'a D a D y', '#a D b D y'),
    ),
    rows: fc.array(
      fc.tuple(
        fc.oneof(
          { weight: 12, arbitrary: fc.tuple(good, good, fc.constantFrom('1', '"4"')) },
          fc.array(field, { minLength: 2, maxLength: 4 }),
        ),
        fc.constantFrom('\n', '\r\n', '\r', '\n\n'),
      ),
      { maxLength: 6 },
    ),
  })
  .map(
    ({ delimiter, head, header, rows }) =>
      head.replace('D', delimiter) +
      [
        [header.replaceAll(' D ', delimiter), '\n'],
        ...rows.map(([fields, end]) => [fields.join(delimiter), end]),
      ]
        .map(([row, end]) => row! + end!)
        .join(''),
  );

const OPTIONS: CsvOptions[] = [
  { target: 'y', task: 'regression' },
  { target: 2, task: 'classification' },
  { target: 2, task: 'classification', header: false, comment: '#', columns: [0] },
];

test('a table is read alike whole, byte by byte and in any pieces, faults included', () => {
  let datasets = 0;
  fc.assert(
    fc.property(
      tables,
      fc.constantFrom(...OPTIONS),
      fc.array(fc.nat(450), { maxLength: 8 }),
      fc.option(fc.tuple(fc.nat(450), fc.nat(255)), { freq: 4 }),
      (text, options, cuts, damage) => {
        const bytes = new TextEncoder().encode(text);
        if (damage !== null && bytes.length > 0) bytes[damage[0] % bytes.length] = damage[1];
        const whole = read(bytes, [], options);
        if (typeof whole !== 'string') datasets++;
        expect(read(bytes, cuts, options)).toEqual(whole);
        expect(read(bytes, everyByte(bytes.length), options)).toEqual(whole);
      },
    ),
    { numRuns: 400 },
  );
  expect(datasets).toBeGreaterThan(40);
});

test('a fault behind a carriage return does not hide one before it, wherever the pieces are cut', () => {
  const bytes = new TextEncoder().encode(`#${' '.repeat(300)}\na,b,y\r1,2,3\r1,2,3,4\r?`);
  bytes[bytes.length - 1] = 0xc2;
  const broken = new Uint8Array([...bytes, 0x20, 0x20]);
  const options: CsvOptions = { target: 'y', task: 'regression' };
  const whole = read(broken, [], options);
  expect(whole).toContain('line 4 has 4 fields');
  expect(read(broken, everyByte(broken.length), options)).toEqual(whole);
});

test('a table is read alike cut in two at any byte: within line breaks, quotes, characters and after them', () => {
  const rows = '1,2,"3"\r\n"4","5 ""a"" ö\r\n",6\r\r\n7, "8" ,9\n';
  for (const end of ['x,8,9\r\n', '"7"€,8,9', '7,8', '7,8,9', '"7,8,9']) {
    const text = `${BEGINNING.replace('D', ',')}a,b,y\r\n${rows}${end}`;
    const bytes = new TextEncoder().encode(text);
    const options: CsvOptions = { target: 'y', task: 'regression', columns: ['a'] };
    const whole = read(bytes, [], options);
    if (end === '7,8,9') expect(whole).toMatchObject({ samples: 4 });
    else expect(whole).toContain('line 9');
    for (const cut of everyByte(bytes.length)) expect(read(bytes, [cut], options)).toEqual(whole);
  }
});

test('UTF-16 and other encodings are read alike in any pieces', () => {
  const text = '\ufeffa,y\n1,ß€😀\n2,"k\r\nl"\n';
  const bytes = new Uint8Array(
    new Uint16Array([...Array(text.length).keys()].map((i) => text.charCodeAt(i))).buffer,
  );
  const options: CsvOptions = { target: 'y', task: 'classification' };
  const whole = read(bytes, [], options);
  expect(whole).toMatchObject({ classNames: ['k\r\nl', 'ß€😀'] });
  expect(read(bytes, everyByte(bytes.length), options)).toEqual(whole);
});

test('what is looked at first ends at the same byte whatever comes with it', () => {
  const rows = 'k1,5;2\n'.repeat(20_000);
  const bytes = new TextEncoder().encode(`a;y\n${rows}`);
  const options: CsvOptions = { target: 'y', task: 'regression' };
  const whole = read(bytes, [], options);
  const step = 4099;
  const cuts = Array.from({ length: Math.ceil(bytes.length / step) }, (_, i) => i * step);
  expect(read(bytes, cuts, options)).toEqual(whole);
});

test('a long record that comes in small pieces is not read again for each of them', () => {
  const cell = 'x'.repeat(1 << 20);
  const bytes = new TextEncoder().encode(`a,note,y\n1,"${cell}",2\n`);
  const cuts = Array.from({ length: bytes.length >> 6 }, (_, i) => i << 6);
  expect(read(bytes, cuts, { target: 'y', task: 'regression', columns: ['a'] })).toMatchObject({
    samples: 1,
  });
});

test('a quote that is never closed does not fill the memory', () => {
  const reader = new CsvReader(settingsOf({ target: 'y', task: 'regression', delimiter: ',' }));
  reader.push(new TextEncoder().encode('a,y\n1,2\n"3,4\n'));
  const piece = new Uint8Array(1 << 20).fill(0x61);
  expect(() => {
    for (let i = 0; i < 64; i++) reader.push(piece);
  }).toThrow(
    'read csv: line 3: the record is longer than 16 MiB; is a quote opened in it and never closed?',
  );
});
