import { expect, test } from 'vitest';
import { parseTable, parseTableStream } from './parse.js';
import { tableOf } from './table.js';

const CSV = `age,district,zip,price,note
41,north,01234,1.50,"a, b"
NA,south,02345,2.25,none
-3e1,,11111,3,x
`;

test('columns in which all values are numbers are numbers, others are text, and missing values are known', () => {
  const table = parseTable(CSV);
  expect([table.rows, table.names]).toEqual([3, ['age', 'district', 'zip', 'price', 'note']]);
  expect(table.names.map((name) => table.typeOf(name))).toEqual([
    'numbers',
    'text',
    'text',
    'numbers',
    'text',
  ]);
  expect(table.column('age')).toEqual(Float64Array.of(41, Number.NaN, -30));
  expect(table.column('district')).toEqual(['north', 'south', undefined]);
  expect(table.column('zip')).toEqual(['01234', '02345', '11111']);
  expect(table.column('note')).toEqual(['a, b', undefined, 'x']);
  expect(table.column('none')).toBeUndefined();
  expect(table.row(1)).toEqual({
    ...{ age: undefined, district: 'south', zip: '02345', price: 2.25, note: undefined },
  });
});

test('a column is text as it was written, however late that turns out', () => {
  const table = parseTable(`a,b\n1.50,1\n${'2.0,1\n'.repeat(9000)}x,1\n`);
  expect((table.column('a') as readonly string[]).slice(0, 2)).toEqual(['1.50', '2.0']);
  const late = `a,b\n1.50,1\n${'2.0,1\n'.repeat(10_000)}x,1\n`;
  expect(() => parseTable(late)).toThrow(
    'read table: line 10003, "a": "x" is no number, and the 10001 rows before hold numbers; mend the row, or say types',
  );
  expect(parseTable(late, { types: { a: 'text' } }).typeOf('a')).toBe('text');
  const filled = parseTable(`a,b\n${'NA,1\n'.repeat(10_001)}x,1\n`);
  expect((filled.column('a') as readonly string[]).at(-1)).toBe('x');
});

test('TSV and JSON lines are seen from the text', () => {
  const tsv = parseTable('a\tb\n1\tx\n2\ty\n');
  const json = parseTable('{"a": 1, "b": "x"}\r\n\n{"b":"y","a":2}');
  for (const table of [tsv, json]) {
    expect(table.names).toEqual(['a', 'b']);
    expect([...table.column('a')!, ...table.column('b')!]).toEqual([1, 2, 'x', 'y']);
  }
});

test('JSON lines keep large numbers that float64 holds', () => {
  const table = parseTable(
    '{"x":1e300,"y":9007199254740994}\n{"x":12345678901234567168,"y":1e20}\n',
  );
  expect(table.column('x')).toEqual(Float64Array.of(1e300, 12345678901234567000));
  expect(table.column('y')).toEqual(Float64Array.of(9007199254740994, 1e20));
});

test('JSON lines have values of any plain kind, and objects may lack keys', () => {
  const table = parseTable('{"a":1}\n{"a":null,"b":true}\n{"a":"x","b":false,"c":1}\n');
  expect(table.column('a')).toEqual(['1', undefined, 'x']);
  expect(table.column('b')).toEqual([undefined, 'true', 'false']);
  expect(table.column('c')).toEqual(Float64Array.of(Number.NaN, Number.NaN, 1));
  const columns = parseTable('{"a":1,"b":2}', { columns: ['b'] });
  expect(columns.names).toEqual(['b']);
});

test('one column is a table, too, and columns and words for missing values can be chosen', () => {
  expect([...parseTable('y\n1\n2\n').column('y')!]).toEqual([1, 2]);
  const options = { header: false, columns: [2, 0], delimiter: ';', decimal: ',' } as const;
  const table = parseTable('1,5;a;2\n2,5;b;3\n', options);
  expect(table.names).toEqual(['column 2', 'column 0']);
  expect([...table.column('column 0')!]).toEqual([1.5, 2.5]);
  const missing = parseTable('a,b\n-,x\n-999,none\n', { missing: ['-999'] });
  expect([missing.column('a'), missing.column('b')]).toEqual([
    ['-', undefined],
    ['x', 'none'],
  ]);
});

test('a table comes out alike whatever pieces its text comes in', async () => {
  for (const text of [CSV, '{"a":1,"b":"ö"}\n{"a":2,"b":"€"}\n']) {
    const bytes = new TextEncoder().encode(text);
    const whole = parseTable(bytes);
    const each = await parseTableStream(Array.from(bytes, (byte) => Uint8Array.of(byte)));
    expect(each.names).toEqual(whole.names);
    for (const name of whole.names) expect(each.column(name)).toEqual(whole.column(name));
  }
});

test.each([
  ['1,2\n3,4\n', {}, 'the first row is 1, 2, where names of columns are expected'],
  ['a,a\n3,4\n', {}, 'two columns are called "a" (0 and 1)'],
  ['a,b\n3\n', {}, 'line 2 has 1 field, expected 2'],
  ['a,b\n', {}, 'no rows; expected at least one below the header'],
  ['', {}, 'the file is empty'],
  ['a,b\n1,2\n', { columns: ['c'] }, 'there is no column "c"; there are a, b'],
  ['a,b\n1,x\n', { types: { b: 'numbers' } }, '"x" is no number, and types says that it holds'],
  ['a,b\n1,x\n', { types: { b: 'number' } }, 'must be one of numbers, text'],
  ['{"a":[1]}\n', {}, 'read table: line 1: "a": expected a number, a text or null, got an array'],
  ['{"a":1}\n{"a":\n', {}, 'read table: line 2: not JSON'],
  ['{"a":1}\n5\n', {}, 'read table: line 2: expected an object such as'],
  ['[{"a":1}]\n', {}, 'this is JSON'],
  [
    '{"id":12345678901234567890}\n{"id":12345678901234567891}\n',
    {},
    'line 1: "id": a whole number of more digits than float64 holds',
  ],
])('%j with %j is refused', (text, options, message) => {
  expect(() => parseTable(text, options as object)).toThrow(message);
});

test('a table of what is in memory: lists by column, or rows', () => {
  const columns = tableOf({ age: [41, null], district: ['north', undefined] });
  const rows = tableOf([{ age: 41, district: 'north' }, {}]);
  for (const table of [columns, rows]) {
    expect(table.column('age')).toEqual(Float64Array.of(41, Number.NaN));
    expect(table.column('district')).toEqual(['north', undefined]);
  }
  for (const index of [-1, 0.5, 2]) {
    expect(() => rows.row(index)).toThrow(`row is ${index}; expected a whole number from 0 to 1`);
  }
  expect(() => tableOf({ a: [1], b: [1, 2] })).toThrow('column "b" has 2 rows');
  expect(() => tableOf({ a: [1, {} as never] })).toThrow('row 1, "a": an object is neither');
  expect(() => tableOf({ a: [Number.POSITIVE_INFINITY] })).toThrow('neither a finite number');
});
