// Builds the site: the documents of the repository as they are, and the API as the declarations say it. `pnpm run docs` installs
// what this needs, and calls it.
//
// node site/build.mjs           builds into site/dist
// node site/build.mjs --watch   serves the pages instead, and follows changes of the documents
import { cpSync, rmSync, watch } from 'node:fs';
import { join } from 'node:path';
import { build, createServer } from 'vitepress';
import { deadAnchors } from './anchors.mjs';
import { writeApi } from './api.mjs';
import { BASE, PAGES, ROOT, SITE, writePages } from './pages.mjs';

rmSync(PAGES, { recursive: true, force: true });
writePages();
await writeApi();
if (process.argv.includes('--watch')) {
  watch(join(ROOT, 'docs'), { recursive: true }, () => writePages());
  const server = await createServer(SITE);
  await server.listen();
  server.printUrls();
} else {
  await build(SITE);
  cpSync(join(ROOT, 'LICENSE'), join(SITE, 'dist', 'LICENSE'));
  const dead = [...new Set(deadAnchors(join(SITE, 'dist'), BASE))];
  if (dead.length > 0) throw new Error(`site: links lead nowhere:\n${dead.join('\n')}`);
  console.error(`the site is in ${join(SITE, 'dist')}`);
}
