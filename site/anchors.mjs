// Places within pages: headings are called as where the repository is read, and each link to one leads somewhere.
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

/** As the repository's host calls a heading. */
export function slugOf(heading) {
  return heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{M}\p{N}_\- ]/gu, '')
    .replaceAll(' ', '-');
}

/**
 * Pages of typedoc, by their paths, as they are read: it writes places within tables as HTML, which is no Markdown, and numbers some
 * links to headings that there is one of.
 */
export function withPlaces(pages) {
  const headings = new Map(
    [...pages].map(([name, text]) => [name, all(text, /^#+ (.+)$/gm).map(slugOf)]),
  );
  const isOne = (page, slug) => headings.get(page)?.filter((one) => one === slug).length === 1;
  return new Map(
    [...pages].map(([name, text]) => [
      name,
      text
        .replaceAll(/<a id="([\w-]+)"><\/a> (~~)?`([^`]+)`/g, (_, id, struck = '', symbol) => {
          return `${struck}\`${symbol}\`{#${id}}`;
        })
        .replaceAll(/\(([\w@./-]*)#([\w-]+)-1\)/g, (link, path, slug) => {
          const page = path === '' ? name : posix.join(posix.dirname(name), path);
          return isOne(page, slug) ? `(${path}#${slug})` : link;
        }),
    ]),
  );
}

/** @returns links of the built pages that lead to a place that their page lacks */
export function deadAnchors(folder, base) {
  const pages = new Map(
    readdirSync(folder, { recursive: true })
      .map((name) => name.replaceAll('\\', '/'))
      .filter((name) => name.endsWith('.html'))
      .map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
  );
  const places = new Map(
    [...pages].map(([name, html]) => [name, new Set(all(html, /\bid="([^"]+)"/g).map(plain))]),
  );
  return [...pages].flatMap(([name, html]) =>
    all(html, /<a [^>]*?href="([^"]*#[^"]+)"/g)
      .filter((link) => {
        if (/^[a-z]+:/i.test(link)) return false;
        const [path, place] = plain(link).split('#');
        const target = targetOf(name, path, base);
        return !places.get(target)?.has(decodeURIComponent(place));
      })
      .map((link) => `${name}: ${link}`),
  );
}

function targetOf(page, path, base) {
  if (path === '') return page;
  const from = path.startsWith('/')
    ? path.slice(base.length)
    : posix.join(posix.dirname(page), path).replace(/^\.\//, '');
  return from === '' || from.endsWith('/') ? `${from}index.html` : from;
}

function all(text, pattern) {
  return [...text.matchAll(pattern)].map(([, found]) => found);
}

function plain(html) {
  return html.replaceAll('&amp;', '&').replaceAll('&#39;', "'").replaceAll('&quot;', '"');
}
