// The site is the documents: each has a page, and links lead to pages, or to the repository. What the site looks like is for a person
// to see (`pnpm run docs`); its build finds links that lead nowhere, and public symbols without a description.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { API, GROUPS } from '../../site/contents.mjs';
import { leadingTo, pageOf, pageText, REPOSITORY } from '../../site/pages.mjs';
import { PAGES } from './documents.js';
import { packages, ROOT } from './import-graph.js';

it('each document has a page, and no two have the same', () => {
  const pages = PAGES.map(pageOf);
  expect(pages).not.toContain(undefined);
  expect(new Set(pages).size).toBe(pages.length);
  expect([pageOf('README.md'), pageOf('docs/course.md')]).toEqual(['start.md', 'course.md']);
});

it('the sidebar names documents that are there, each once', () => {
  const named = GROUPS.flatMap(({ items }) => items);
  expect(new Set(named).size).toBe(named.length);
  const made = ['docs/decisions/index.md'];
  const absent = named.filter((name) => !made.includes(name) && !existsSync(join(ROOT, name)));
  expect(absent).toEqual([]);
});

it('the API is of packages that there are', () => {
  const homes = packages().map(({ folder }) => folder);
  for (const home of Object.keys(API)) expect(homes).toContain(join(ROOT, home));
});

it.each([
  ['README.md', 'docs/course.md', 'course.md'],
  ['README.md', 'CONTRIBUTING.md', 'contributing.md'],
  ['docs/course.md', '../README.md#start', 'start.md#start'],
  ['docs/course.md', 'attention.md', 'attention.md'],
  ['docs/design.md', 'decisions/', 'decisions/index.md'],
  [
    'docs/decisions/0001-weights-are-stored-as-the-product-reads-them.md',
    '../design.md',
    '../design.md',
  ],
  ['docs/watching.md', 'watching/run-light.png', './watching/run-light.png'],
  ['README.md', 'docs/watching/run-light.png', './watching/run-light.png'],
  ['docs/course.md', '../examples/xor.ts', `${REPOSITORY}/blob/main/examples/xor.ts`],
  ['README.md', 'examples', `${REPOSITORY}/tree/main/examples`],
  ['README.md', '#start', '#start'],
  ['README.md', 'https://example.org/a.md', 'https://example.org/a.md'],
])('in %s, %s leads to %s', (document, link, page) => {
  expect(leadingTo(document, link)).toBe(page);
});

it('comments are not shown, and blocks stay as they are', () => {
  const text =
    'a [b](docs/data.md)\n<!-- given:\nx\n-->\n\n```ts\nc](docs/data.md) // <!-- d -->\n```\n';
  expect(pageText('README.md', text)).toBe(
    'a [b](data.md)\n```ts\nc](docs/data.md) // <!-- d -->\n```\n',
  );
});
