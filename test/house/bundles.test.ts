// A bundler renames a class if two modules of a package use its name, and an error is told by the name of its class: so
// what a package exports is called what it is exported as.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { ROOT } from './import-graph.js';

interface Manifest {
  readonly name: string;
  readonly exports?: Readonly<Record<string, { readonly default: string }>>;
}

const ENTRIES = ['packages', 'apps'].flatMap((group) =>
  readdirSync(join(ROOT, group)).flatMap((folder) => {
    const place = join(ROOT, group, folder);
    const { name, exports = {} }: Manifest = JSON.parse(
      readFileSync(join(place, 'package.json'), 'utf8'),
    );
    return Object.entries(exports).map(([path, { default: file }]): [string, string] => [
      name + path.slice(1),
      pathToFileURL(join(place, file)).href,
    ]);
  }),
);

it.each(ENTRIES)('%s exports classes under their own names', async (_, url) => {
  const exported = Object.entries((await import(url)) as object);
  expect(exported.length).toBeGreaterThan(0);
  const renamed = exported.filter(
    ([name, value]) => isClass(value) && name !== 'default' && value.name !== name,
  );
  expect(renamed.map(([name, value]) => `${name} is called ${value.name}`)).toEqual([]);
});

function isClass(value: unknown): value is { readonly name: string } {
  return typeof value === 'function' && /^class\b/.test(String(value));
}
