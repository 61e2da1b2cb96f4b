// The documents: what they link to and name in the house is there, and each decision has a number of its own, in the order
// in which they were taken.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PAGES } from './documents.js';
import { ROOT } from './import-graph.js';

/** Where a link leads, without its anchor; other sites and code are not looked at. */
function linksIn(text: string): string[] {
  const prose = text.replaceAll(/^```.*?^```/gms, '');
  return [...prose.matchAll(/\]\((?!https?:|#)([^)\s#]+)/g)].map(([, link]) => link!);
}

/** What is named in backticks as a file of the house: a path with a slash that ends in the suffix of a source. */
function filesNamedIn(text: string): string[] {
  return [...text.matchAll(/`([\w.@-]+(?:\/[\w.@-]+)+\.(?:ts|mjs|js|json|py|md))`/g)].map(
    ([, path]) => path!,
  );
}

const HOUSE = [
  ...['packages', 'apps', 'bench', 'docs', 'examples', 'release', 'scripts', 'site', 'test'],
  ...['.changeset', '.github'],
]
  .flatMap((group) =>
    readdirSync(join(ROOT, group), { recursive: true, encoding: 'utf8' }).map((name) =>
      join(group, name).replaceAll('\\', '/'),
    ),
  )
  .filter((name) => !name.includes('node_modules'));

/** Pages say `run/step.ts`, or `core/run/step.ts`, of `packages/core/src/run/step.ts`. */
function isInTheHouse(path: string): boolean {
  return HOUSE.some(
    (name) =>
      `/${name}`.replace('/src/', '/').endsWith(`/${path}`) ||
      name.endsWith(`/${path}`) ||
      name === path,
  );
}

describe.each(PAGES)('%s', (page) => {
  const text = readFileSync(join(ROOT, page), 'utf8');

  it('links to what is there', () => {
    const missing = linksIn(text).filter((link) => !existsSync(join(ROOT, dirname(page), link)));
    expect(missing).toEqual([]);
  });

  it('names files that are there', () => {
    expect(filesNamedIn(text).filter((path) => !isInTheHouse(path))).toEqual([]);
  });
});

it('decisions are numbered from 1, without gaps, and called by their numbers', () => {
  const files = readdirSync(join(ROOT, 'docs/decisions')).sort();
  const numbers = files.map((name) => Number(/^(\d{4})-/.exec(name)?.[1]));
  expect(numbers).toEqual(files.map((_, index) => index + 1));
  for (const page of PAGES) {
    const calls = readFileSync(join(ROOT, page), 'utf8').matchAll(
      /\[(?:decision )?(\d+)\]\([\w./]*?(\d{4})-[^)]*\)/g,
    );
    for (const [call, said, file] of calls) expect(Number(said), call).toBe(Number(file));
  }
});

it('the checks see what they look for', () => {
  expect(linksIn('[a](b.md#c) [d](https://e) [f](#g)\n```js\nx[0](y);\n```')).toEqual(['b.md']);
  expect(filesNamedIn('`run/step.ts` and `step.ts`')).toEqual(['run/step.ts']);
  expect(isInTheHouse('core/run/step.ts')).toBe(true);
  expect(isInTheHouse('run/no-such-step.ts')).toBe(false);
});
