// What a reader can hold: files of the product have 350 lines at most, and classes 300.
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { expect, it } from 'vitest';
import { packages, ROOT } from './import-graph.js';

const MOST_LINES = 350;
const MOST_OF_A_CLASS = 300;

/** Each class of a file, from its first line to the brace that closes it in the first column, and how many lines it has. */
function classesIn(text: string): [name: string, lines: number][] {
  return [...text.matchAll(/^(?:export )?(?:abstract )?class (\w+)[\s\S]*?^\}$/gm)].map(
    ([whole, name]) => [name!, whole.split('\n').length],
  );
}

const SOURCES = packages()
  .flatMap(({ files }) => files)
  .filter((file) => !file.endsWith('.generated.ts'))
  .map((file) => [relative(ROOT, file), readFileSync(file, 'utf8')] as const);

it('no file is longer than can be read', () => {
  expect(SOURCES.length).toBeGreaterThan(300);
  const long = SOURCES.filter(([, text]) => text.split('\n').length - 1 > MOST_LINES);
  expect(long.map(([file]) => file)).toEqual([]);
});

it('no class is', () => {
  const classes = SOURCES.flatMap(([file, text]) =>
    classesIn(text).map(([name, lines]) => ({ name: `${file}: ${name}`, lines })),
  );
  expect(classes.length).toBeGreaterThan(30);
  expect(classes.filter(({ lines }) => lines > MOST_OF_A_CLASS)).toEqual([]);
});

it('the check sees a class', () => {
  expect(classesIn('export class A extends B {\n  x = {\n  };\n}\nclass C {\n}\n')).toEqual([
    ['A', 4],
    ['C', 2],
  ]);
});
