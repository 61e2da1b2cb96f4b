import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type CsvOptions, parseCsv, readCsv } from './csv.js';
import { temporaryFolder } from './idx.fixture.js';
import { isShared } from './shared.js';

const CLASSIFY: CsvOptions = { target: 'species', task: 'classification' };
const IRIS = 'length,width,species\n5.1,3.5,setosa\n7.0,3.2,versicolor\n4.9,3,setosa\n';

test('a table with a header becomes a classification dataset with sorted class names', () => {
  const dataset = parseCsv(IRIS, { ...CLASSIFY, name: 'iris' });
  expect(dataset).toEqual({
    name: 'iris',
    samples: 3,
    inputShape: [2],
    inputs: new Float32Array([5.1, 3.5, 7, 3.2, 4.9, 3]),
    inputDivisor: 1,
    targetShape: [],
    targets: new Int32Array([0, 1, 0]),
    classes: 2,
    inputNames: ['length', 'width'],
    classNames: ['setosa', 'versicolor'],
  });
  expect(isShared(dataset.inputs) && isShared(dataset.targets)).toBe(true);
});

test('a table without a header becomes a regression dataset', () => {
  const dataset = parseCsv('1;2;-0.5\n3;4;1e2', {
    target: 2,
    task: 'regression',
    header: false,
    delimiter: ';',
  });
  expect(dataset.inputs).toEqual(new Float32Array([1, 2, 3, 4]));
  expect(dataset.targets).toEqual(new Float32Array([-0.5, 100]));
  expect([dataset.classes, dataset.classNames]).toEqual([undefined, undefined]);
  expect(dataset.inputNames).toEqual(['column 0', 'column 1']);
});

test('a byte-order mark, CRLF, quotes, breaks in quotes and empty lines at the end are read', () => {
  const text = '\ufeff"a","b ""x"", y",species\r\n1,"2","one\r\ntwo"\r\n3, 4 ,"k,l"\r\n\r\n\r\n';
  const dataset = parseCsv(text, CLASSIFY);
  expect(dataset.inputNames).toEqual(['a', 'b "x", y']);
  expect([...dataset.inputs]).toEqual([1, 2, 3, 4]);
  expect(dataset.classNames).toEqual(['k,l', 'one\r\ntwo']);
  expect([...dataset.targets]).toEqual([1, 0]);
});

test('lines are counted as an editor counts them, breaks in quotes included', () => {
  const text = 'a,species\n1,"one\ntwo"\nx,k\n';
  expect(() => parseCsv(text, CLASSIFY)).toThrow(
    'read csv: line 4, "a": "x" is not a finite float32 number',
  );
});

test('integer classes are ordered by value, others by code units', () => {
  const table = (labels: string[]) => `a,species\n${labels.map((l) => `0,${l}`).join('\n')}`;
  expect(parseCsv(table(['10', '9', '-1']), CLASSIFY).classNames).toEqual(['-1', '9', '10']);
  expect(parseCsv(table(['b', 'ä', 'B', 'a']), CLASSIFY).classNames).toEqual(['B', 'a', 'b', 'ä']);
});

test('given classes keep their order, also where some do not occur', () => {
  const classes = ['virginica', 'setosa', 'versicolor'];
  const dataset = parseCsv(IRIS, { ...CLASSIFY, classes });
  expect([...dataset.targets]).toEqual([1, 2, 1]);
  expect(dataset.classes).toBe(3);
  expect(() => parseCsv(IRIS, { ...CLASSIFY, classes: ['setosa'] })).toThrow(
    'line 3, "species": class "versicolor" is not known; expected one of setosa',
  );
  expect(() => parseCsv(IRIS, { ...CLASSIFY, classes: ['k', 'k'] })).toThrow('given twice');
});

test('each fault is named with its line and column', () => {
  const faults: [string, Partial<CsvOptions>, string][] = [
    ['', {}, 'no rows; expected at least one below the header'],
    ['a,species\n', {}, 'no rows'],
    ['a,species\n1\n', {}, 'line 2 has 1 fields, expected 2'],
    ['a,species\n1,k\n\n2,k\n', {}, 'line 3 has 1 fields'],
    ['a,species\n1,k,5\n', {}, 'line 2 has 3 fields'],
    ['a,species\n,k\n', {}, 'line 2, "a": "" is not a finite'],
    ['a,species\n0x10,k\n', {}, '"0x10" is not a finite'],
    ['a,species\nInfinity,k\n', {}, '"Infinity" is not a finite'],
    ['a,species\n1e39,k\n', {}, '"1e39" is not a finite float32'],
    ['a,species\n1,\n', {}, 'line 2, "species": empty; expected a class'],
    ['a,species\n"1,k\n', {}, 'line 2: a quote is opened and never closed'],
    ['a,species\n"1"2,k\n', {}, 'line 2: "2" after a closing quote'],
    ['a;species\n1;k\n', { target: 0 }, 'one column only'],
    ['a,b\n1,k\n', {}, 'no target column "species"; expected one of a, b'],
    ['a,species\n1,k\n', { target: 2 }, 'no target column 2; expected one of 0 to 1'],
    ['species,species\n1,k\n', {}, 'two columns are called "species"'],
    ['a,species\n1,k\n', { task: 'regression' }, 'line 2, "species": "k" is not a finite'],
    ['a,species\n1,k\n', { delimiter: ',,' }, 'the delimiter ",," is not usable'],
  ];
  for (const [text, change, message] of faults) {
    expect(() => parseCsv(text, { ...CLASSIFY, ...change })).toThrow(message);
  }
});

test('a file is read as UTF-8 and names itself in errors', async () => {
  const path = join(await temporaryFolder(), 'iris.csv');
  await writeFile(path, IRIS);
  expect((await readCsv(path, CLASSIFY)).samples).toBe(3);
  await expect(readCsv(path, { ...CLASSIFY, target: 'x' })).rejects.toThrow(
    `read ${path}: no target`,
  );
});
