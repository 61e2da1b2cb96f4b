// The page as it is built: what a server may assume of it, and how much somebody has to load.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { PAGE } from './page-server.js';

const FILES = readdirSync(PAGE, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.\w+$/.test(name))
  .map((name) => [name, readFileSync(join(PAGE, name))] as const);

const MOST_BYTES = 250_000;

test('all of it, what only some tabs need included, is small', () => {
  expect(FILES.some(([name]) => name.endsWith('.js'))).toBe(true);
  const sizes = FILES.filter(([name]) => !/\.(?:png|jpe?g|svg)$/.test(name)).map(
    ([name, bytes]) => [name, gzipSync(bytes).length] as const,
  );
  const sum = sizes.reduce((sum, [, size]) => sum + size, 0);
  expect(sum, JSON.stringify(sizes)).toBeLessThanOrEqual(MOST_BYTES);
});

test('has no script or style in its HTML, and asks no other host for anything', () => {
  const html = FILES.find(([name]) => name === 'index.html')![1].toString();
  expect(html).not.toMatch(/<script(?![^>]*\bsrc=)/);
  expect(html).not.toMatch(/<style|\bstyle=|\bon\w+=/);
  for (const [name, bytes] of FILES.filter(([name]) => /\.(?:html|css)$/.test(name))) {
    expect(bytes.toString(), name).not.toMatch(/(?:src|href)="?(?:https?:)?\/\/|url\(["']?https?:/);
  }
});

test('nothing of Node is in it, and no text is evaluated', () => {
  for (const [name, bytes] of FILES.filter(([name]) => name.endsWith('.js'))) {
    const text = bytes.toString();
    expect(text, name).not.toMatch(
      /from\s*["']node:|__vite-browser-external|\beval\(|new Function\(/,
    );
  }
});
