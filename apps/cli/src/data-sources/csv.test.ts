import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { afterAll, expect, test } from 'vitest';
import { givenOptions } from '../given.js';
import { csvSource } from './csv.js';
import type { LoadContext } from './source.js';

const folder = mkdtempSync(join(tmpdir(), 'lockstep-csv-'));
afterAll(() => rmSync(folder, { recursive: true }));

const context = { signal: new AbortController().signal } as LoadContext;

function specOf(...flags: readonly string[]) {
  const command = new Command().exitOverride().configureOutput({ writeErr: () => {} });
  csvSource.addOptions(command);
  command.parse(['node', 'lockstep', ...flags]);
  return csvSource.specOf(givenOptions(command));
}

function written(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** 60 rows: a number, a category, a sentence, a number to learn, a few whole numbers, two names. */
const ROWS = Array.from({ length: 60 }, (_, i) => {
  const place = ['north', 'south', 'east'][i % 3];
  return `${i},${place},row ${i} of ${place},${i * 1.5},${i % 4},${i % 2 ? 'spam' : 'ham'}`;
});
const TABLE = written('all.csv', `x,place,note,price,level,kind\n${ROWS.join('\n')}\n`);

async function load(...flags: readonly string[]) {
  return csvSource.load(specOf('--csv', TABLE, ...flags), context);
}

const INPUTS = ['--columns', 'x,place'];

test('text and few whole numbers are classes, other numbers are values, and each is told with its reason', async () => {
  const kind = await load('--target', 'kind', ...INPUTS);
  expect([kind.train.classNames, kind.train.samples, kind.test.samples]).toEqual([
    ['ham', 'spam'],
    48,
    12,
  ]);
  expect(kind.notes).toEqual([
    'classification of kind, 2 classes: ham, spam; the column holds text; --task says it otherwise',
    'standardised: x',
    'an input for each category: place',
  ]);
  expect((await load('--target', 'level', ...INPUTS)).train.classNames).toEqual([
    '0',
    '1',
    '2',
    '3',
  ]);
  const price = await load('--target', 'price', ...INPUTS);
  expect(price.train).toMatchObject({ classes: undefined, inputShape: [4] });
  expect(price.notes![0]).toBe(
    'regression of price; the column holds numbers; --task says it otherwise',
  );
  const asked = await load('--target', 'level', '--task', 'regression', ...INPUTS);
  expect(asked.train.classes).toBeUndefined();
});

test('the test part is a share, a number of rows, or a table of its own', async () => {
  expect((await load('--target', 'price', '--test', '0.5', ...INPUTS)).test.samples).toBe(30);
  expect((await load('--target', 'price', '--test', '7', ...INPUTS)).test.samples).toBe(7);
  const other = written('other.csv', 'place,x,price\nwest,1,2\n');
  const { train, test: held } = await load('--target', 'price', '--test-csv', other, ...INPUTS);
  expect([train.samples, held.samples]).toEqual([60, 1]);
  expect([...held.inputs.subarray(1)]).toEqual([0, 0, 0]);
  expect(() => specOf('--csv', TABLE, '--test-csv', other, '--test', '0.1')).toThrow('give one');
});

test('a file that is not there is named with its flag, and with what it has to be', async () => {
  const none = join(folder, 'none.csv');
  const refused = (flag: string) => ({
    code: 'usage',
    message: `${flag} ${none}: there is no such file. Give the path of a table: CSV, TSV or JSON lines, plain or .gz`,
  });
  const first = csvSource.load(specOf('--csv', none, '--target', 'price'), context);
  await expect(first).rejects.toMatchObject(refused('--csv'));
  const second = load('--target', 'price', '--test-csv', none, ...INPUTS);
  await expect(second).rejects.toMatchObject(refused('--test-csv'));
});

test('sentences become words where that is asked for, and are refused else', async () => {
  await expect(load('--target', 'kind')).rejects.toThrow(
    'column "note" holds 48 different texts in 48 rows, too many for an input each: mend it, say --words note',
  );
  const { train } = await load('--target', 'kind', '--words', 'note');
  expect(train.inputNames).toContain('note=south');
});

test('data to be evaluated is taken whole, as the run prepared it', async () => {
  const { train } = await load('--target', 'kind', ...INPUTS);
  const whole = { ...context, trainedOn: train, isWhole: true };
  const { test: held } = await csvSource.load(specOf('--csv', TABLE), whole);
  expect(held.samples).toBe(60);
  expect(held.preparation).toBe(train.preparation);
  const strange = { ...whole, trainedOn: { ...train, preparation: undefined } };
  await expect(csvSource.load(specOf('--csv', TABLE), strange)).rejects.toThrow(
    'not trained on a table',
  );
});

test('who learns on from weights takes the inputs as they were prepared for those', async () => {
  const { train } = await load('--target', 'price', ...INPUTS);
  const on = { ...context, trainedOn: train };
  const half = written('half.csv', `x,place,note,price,level,kind\n${ROWS.slice(30).join('\n')}\n`);
  const spec = specOf('--csv', half, '--target', 'price');
  const { train: later, notes } = await csvSource.load(spec, on);
  expect(later.preparation).toEqual(train.preparation);
  expect(notes![1]).toBe('inputs as the weights were trained on them: x, place');
  const other = specOf('--csv', half, '--target', 'price', '--columns', 'x,level');
  await expect(csvSource.load(other, on)).rejects.toThrow('--columns x,level: the weights were');
});

test('what is missing is refused with the flag that helps', async () => {
  const holes = written('holes.csv', `a,b,y\n1,,u\n${'2,3,v\n3,4,u\n'.repeat(6)}`);
  const of = (...flags: readonly string[]) =>
    csvSource.load(specOf('--csv', holes, '--target', 'y', '--test', '2', ...flags), context);
  await expect(of()).rejects.toThrow(
    /"b" lacks 1 of \d+ values in the \w+ data: say --missing mean/,
  );
  expect((await of('--missing', 'mean')).train.preparation!.inputs[1]).toHaveProperty('missing');
  await expect(of('--columns', 'a')).resolves.toBeDefined();
});

test('columns that are not there, a target that nobody named and a spec of no run are refused', async () => {
  await expect(load()).rejects.toThrow('which column is the target? Say --target with one of x,');
  await expect(load('--target', 'prize')).rejects.toThrow('did you mean "price"?');
  await expect(load('--target', 'kind', '--words', 'x')).rejects.toThrow('"x" is no input column');
  await expect(csvSource.load({ source: 'csv', csv: 5 }, context)).rejects.toThrow(
    'was it edited?',
  );
  for (const wrong of [
    ['--test', '1.5'],
    ['--columns', 'a,a'],
    ['--task', 'guess'],
  ]) {
    expect(() => specOf('--csv', TABLE, ...wrong)).toThrow();
  }
});

test('tables are read as they are written: commas in numbers, no header, another encoding', async () => {
  const rows = Array.from({ length: 20 }, (_, i) => `${i},5;${i % 2 ? 'grün' : 'rot'}\n`).join('');
  const german = written('german.csv', Buffer.from(rows, 'latin1') as never);
  const flags = ['--csv', german, '--no-header', '--decimal', ',', '--encoding', 'windows-1252'];
  const spec = specOf(...flags, '--target', 'column 1');
  expect(spec).toMatchObject({ header: false, decimal: ',', encoding: 'windows-1252' });
  const { train } = await csvSource.load(JSON.parse(JSON.stringify(spec)), context);
  expect([train.classNames, train.inputNames]).toEqual([['grün', 'rot'], ['column 0']]);
  const plain = specOf(
    '--csv',
    german,
    '--no-header',
    '--encoding',
    'latin1',
    '--target',
    'column 1',
  );
  await expect(csvSource.load(plain, context)).rejects.toThrow(/decimal comma.*--decimal ,/);
});

test('columns that nobody asks for may be unfit: row numbers without a name', async () => {
  const pandas = written(
    'pandas.csv',
    `,x,y\n${ROWS.map((_, i) => `${i},${i % 7},${i}.5\n`).join('')}`,
  );
  const of = (...flags: readonly string[]) =>
    csvSource.load(specOf('--csv', pandas, '--target', 'y', ...flags), context);
  await expect(of()).rejects.toThrow('pandas writes its row numbers so');
  const { train } = await of('--columns', 'x');
  const whole = { ...context, trainedOn: train, isWhole: true };
  const { test: held } = await csvSource.load(specOf('--csv', pandas), whole);
  expect([train.inputNames, held.samples]).toEqual([['x'], 60]);
});

test('a spec is plain and has absolute paths, and the file calls the data', () => {
  const spec = specOf('--csv', 'data/houses.csv.gz', '--target', 'price');
  expect(spec).toEqual({
    ...{ source: 'csv', csv: resolve('data/houses.csv.gz'), target: 'price', missing: 'refuse' },
  });
  expect(csvSource.nameOf(spec)).toBe('houses');
});
