// The house rule of backends: one place of the product names an implementation of the kernels, the default.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const DEFAULT = 'packages/core/src/run/backend.ts';

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((file) => /^[^/]+\/[^/]+\/src\/.*\.ts$/.test(file))
    .filter((file) => !/\.(test|fixture)\.ts$|\/testing\//.test(file));
}

it('nothing but the default names the WebAssembly kernels', () => {
  const files = ['packages', 'apps'].flatMap(sources);
  const naming = files.filter((file) => {
    const text = readFileSync(join(ROOT, file), 'utf8');
    const imports = text.matchAll(/import\s[^;]*?from '@lockstep\/kernels';/g);
    return [...imports].some(([statement]) => /\bwasm\b/.test(statement));
  });
  expect(files.length).toBeGreaterThan(200);
  expect(naming).toEqual([DEFAULT]);
});
