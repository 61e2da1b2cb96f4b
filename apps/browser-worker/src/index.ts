// The page as a coordinator serves it: its files, read once, from where the build has put them.
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { PageFile, PageFiles } from '@lockstep/transport';

const FOLDER = join(import.meta.dirname, 'page');

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** @returns what the setting `page` of `webSockets` takes */
export function browserPage(): PageFiles {
  const names = readdirSync(FOLDER);
  return new Map(names.map((name) => [name, readPageFile(name)]));
}

function readPageFile(name: string): PageFile {
  const bytes = readFileSync(join(FOLDER, name));
  return { type: TYPES[extname(name)]!, bytes, gzip: gzipSync(bytes) };
}
