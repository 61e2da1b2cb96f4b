// The page's own files, read once: there are a few, and they are small.
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json; charset=utf-8',
  '.wasm': 'application/wasm',
};

export interface PageFile {
  readonly type: string;
  readonly bytes: Uint8Array;
}

/** As built, beside this file. */
const PAGE = fileURLToPath(new URL('./page/', import.meta.url));

/** @returns each by its path in a URL; `/` is the page itself */
export async function readPageFiles(folder = PAGE): Promise<ReadonlyMap<string, PageFile>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = new Map<string, PageFile>();
  for (const entry of entries) {
    const type = TYPES[extname(entry.name)];
    if (!entry.isFile() || type === undefined) continue;
    const path = join(entry.parentPath, entry.name);
    const url = `/${path.slice(folder.length).replaceAll('\\', '/').replace(/^\/+/, '')}`;
    files.set(url, { type, bytes: await readFile(path) });
  }
  const index = files.get('/index.html');
  if (index) files.set('/', index);
  return files;
}
