// How the site looks and finds: pages of site/pages, search in the browser, and nothing of any other host.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vitepress';
import { slugOf } from '../anchors.mjs';
import { BASE, PAGES, REPOSITORY } from '../pages.mjs';

const read = (name) => JSON.parse(readFileSync(join(PAGES, name), 'utf8'));

/** The API's sidebar: a page a package. */
function apiSidebar() {
  return readdirSync(join(PAGES, 'api'), { recursive: true })
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => name.endsWith('.md') && name !== 'index.md')
    .sort()
    .map((name) => {
      const path = name.replace(/(\/index)?\.md$/, '');
      return { text: path, link: `/api/${path}${name.endsWith('/index.md') ? '/' : ''}` };
    });
}

export default defineConfig({
  title: 'Lockstep',
  description: 'Neural-network training in TypeScript that gives the same bits every time',
  lang: 'en',
  srcDir: 'pages',
  outDir: 'dist',
  cacheDir: '.vitepress/cache',
  base: BASE,
  head: [['link', { rel: 'icon', type: 'image/svg+xml', href: `${BASE}icon.svg` }]],
  // Documents are Markdown alone, so a `<` in them is one. They are read on the repository's host as well, so headings are called as there.
  markdown: { html: false, anchor: { slugify: slugOf } },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    socialLinks: [{ icon: 'github', link: REPOSITORY }],
    nav: [
      { text: 'Start', link: '/start' },
      { text: 'Course', link: '/course' },
      { text: 'API', link: '/api/' },
      { text: 'Protocol', link: '/protocol' },
      { text: 'Benchmarks', link: '/benchmarks' },
    ],
    sidebar: { '/api/': apiSidebar(), '/': read('sidebar.json') },
  },
});
