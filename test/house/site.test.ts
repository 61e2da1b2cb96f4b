// The site is the documents: each has a page, and links lead to pages, or to the repository. What the site looks like is for a person
// to see (`pnpm run docs`); its build finds links that lead nowhere, and public symbols without a description.
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { deadAnchors, slugOf, withPlaces } from '../../site/anchors.mjs';
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

it('headings are called as where the repository is read', () => {
  expect(["Where a cluster's step goes", 'PICTURE_FITS', ' Größe, `--out` '].map(slugOf)).toEqual([
    'where-a-clusters-step-goes',
    'picture_fits',
    'größe---out',
  ]);
});

it('places of the API are Markdown, and links to the only heading of a name lead to it', () => {
  const pages = new Map([
    ['a/b.md', '### One\n| <a id="property-x"></a> `x?` | [`One`](#one-1), [`Two`](c.md#two-1) |'],
    ['a/c.md', '### Two\n### Two\n'],
  ]);
  expect(withPlaces(pages).get('a/b.md')).toBe(
    '### One\n| `x?`{#property-x} | [`One`](#one), [`Two`](c.md#two-1) |',
  );
});

it('a link to a place that its page lacks is found, and no other', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-site-'));
  mkdirSync(join(folder, 'sub'));
  const links = ['#here', '#gone', './sub/#there', '/base/sub/index.html#gone', 'none.html#x'];
  const html = links.map((link) => `<a class="a" href="${link}">`).join('');
  writeFileSync(join(folder, 'index.html'), `<h2 id="here">${html}<a href="https://x.org/#y">`);
  writeFileSync(join(folder, 'sub/index.html'), '<h2 id="there"><a href="../#here">');
  expect(deadAnchors(folder, '/base/')).toEqual(
    ['#gone', '/base/sub/index.html#gone', 'none.html#x'].map((link) => `index.html: ${link}`),
  );
  rmSync(folder, { recursive: true });
});
