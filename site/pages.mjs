// The documents of the repository as pages: copied, with links that lead to other pages, and to the repository where there is none.
// Invariant: a document is not written for the site; what is changed here is where links lead, and nothing that is read.
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GROUPS, NAMED } from './contents.mjs';

export const SITE = dirname(fileURLToPath(import.meta.url));
export const ROOT = dirname(SITE);
/** What the site is built of; written anew by each build. */
export const PAGES = join(SITE, 'pages');
/** The place where it is put may be a folder of a host. */
export const BASE = process.env.LOCKSTEP_SITE_BASE ?? '/';

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
export const REPOSITORY = manifest.repository.url.replace(/^git\+/, '').replace(/\.git$/, '');

/** Paths of all documents, from the repository's root. */
function documents() {
  const docs = readdirSync(join(ROOT, 'docs'), { recursive: true })
    .map((name) => `docs/${name.replaceAll('\\', '/')}`)
    .filter((name) => name.endsWith('.md'));
  return [...Object.keys(NAMED).filter((name) => existsSync(join(ROOT, name))), ...docs.sort()];
}

/** @returns the page of a document, from the site's root; undefined if it has none */
export function pageOf(document) {
  if (document === 'docs/decisions') return 'decisions/index.md';
  if (document in NAMED) return NAMED[document];
  return document.endsWith('.md') && document.startsWith('docs/')
    ? document.slice('docs/'.length)
    : undefined;
}

export function titleOf(text) {
  return /^# (.+)$/m.exec(text)?.[1].replaceAll('`', '');
}

/** What is not in a fenced block, changed by a function. */
function inProse(text, change) {
  return text
    .split(/(^ *```.*?^ *```$)/ms)
    .map((part, i) => (i % 2 === 0 ? change(part) : part))
    .join('');
}

/** @returns where a link of a document leads on the site */
export function leadingTo(document, link) {
  if (/^([a-z]+:|#)/i.test(link)) return link;
  const [path, anchor] = link.split('#');
  const target = posix.normalize(posix.join(posix.dirname(document), path)).replace(/\/$/, '');
  const hash = anchor === undefined ? '' : `#${anchor}`;
  const page = pageOf(target);
  if (page !== undefined) {
    return `${posix.relative(posix.dirname(pageOf(document)), page)}${hash}`;
  }
  if (target.startsWith('docs/') && existsSync(join(ROOT, target))) {
    const relative = posix.relative(posix.dirname(pageOf(document)), target.slice(5));
    return relative.startsWith('.') ? relative : `./${relative}`;
  }
  const kind = statSync(join(ROOT, target)).isDirectory() ? 'tree' : 'blob';
  return `${REPOSITORY}/${kind}/main/${target}${hash}`;
}

/** A document as its page. */
export function pageText(document, text) {
  return inProse(text.replaceAll('\r\n', '\n'), (prose) =>
    prose
      .replaceAll(/<!--.*?-->\n*/gs, '')
      .replaceAll(/\]\(([^)\s]+)\)/g, (_, link) => `](${leadingTo(document, link)})`),
  );
}

/** Writes all pages but those of the API. */
export function writePages() {
  const titles = {};
  for (const document of documents()) {
    const text = readFileSync(join(ROOT, document), 'utf8');
    titles[document] = titleOf(text);
    write(pageOf(document), pageText(document, text));
  }
  for (const name of readdirSync(join(ROOT, 'docs'), { recursive: true })) {
    if (/\.(png|svg|jpg)$/.test(name)) cpSync(join(ROOT, 'docs', name), join(PAGES, name));
  }
  mkdirSync(join(PAGES, 'public'), { recursive: true });
  cpSync(join(ROOT, 'apps/dashboard/src/page/style/icon.svg'), join(PAGES, 'public/icon.svg'));
  write('index.md', home());
  write('decisions/index.md', decisions(titles));
  titles['docs/decisions/index.md'] = 'Decisions';
  titles['README.md'] = 'Start';
  write('sidebar.json', JSON.stringify(sidebar(titles), null, 2));
}

function write(name, text) {
  mkdirSync(dirname(join(PAGES, name)), { recursive: true });
  writeFileSync(join(PAGES, name), text);
}

function sidebar(titles) {
  const named = new Set(GROUPS.flatMap(({ items }) => items));
  const others = Object.keys(titles).filter(
    (document) => !named.has(document) && !document.startsWith('docs/decisions/'),
  );
  const groups = [...GROUPS, ...(others.length > 0 ? [{ text: 'More', items: others }] : [])];
  return groups.map(({ text, items }) => ({
    text,
    items: items
      .filter((document) => document in titles)
      .map((document) => ({
        text: titles[document],
        link: `/${pageOf(document).replace(/(index)?\.md$/, '')}`,
      })),
  }));
}

function decisions(titles) {
  const lines = Object.entries(titles).flatMap(([document, title]) => {
    const number = /^docs\/decisions\/(\d+)-/.exec(document)?.[1];
    return number ? [`${Number(number)}. [${title}](${posix.basename(document)})`] : [];
  });
  return `# Decisions\n\nWhat was chosen where there were alternatives, and why.\n\n${lines.join('\n')}\n`;
}

function home() {
  return `---
layout: home
hero:
  name: Lockstep
  text: Neural networks that train to the same bits
  tagline: "On every core and on many machines, in TypeScript: 1 thread or 16, Node or a browser, interrupted or not."
  actions:
    - { theme: brand, text: Start, link: /start }
    - { theme: alt, text: From the neuron on, link: /course }
    - { theme: alt, text: API, link: /api/ }
features:
  - { title: Nothing to set up, details: "Kernels in WebAssembly SIMD are embedded. Node 20.19 or newer is all it takes.", link: /start }
  - { title: Every core, details: "Threads over one shared memory; those that make a run slower rest.", link: /training }
  - { title: Many machines, details: "Workers join, leave and die. The weights are those of one thread.", link: /protocol }
  - { title: To be looked at, details: "A page that follows runs, reports in one file, any step computed again.", link: /watching }
---

![A run, as the page shows it](./watching/run-light.png){.light-only}
![A run, as the page shows it](./watching/run-dark.png){.dark-only}
`;
}
