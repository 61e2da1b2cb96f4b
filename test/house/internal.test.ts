// What `@lockstep/core/internal` opens is opened for somebody: a name that nobody outside of core writes is closed again.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from './import-graph.js';

const CORE = join('packages', 'core');

const TEXT = ['packages', 'apps', 'bench', 'examples', 'test']
  .flatMap((group) =>
    readdirSync(join(ROOT, group), { recursive: true, encoding: 'utf8' }).map((name) =>
      join(group, name),
    ),
  )
  .filter((file) => /\.(ts|mjs|js)$/.test(file) && !/node_modules|[\\/]dist[\\/]/.test(file))
  .filter((file) => relative(CORE, file).startsWith('..'))
  .map((file) => readFileSync(join(ROOT, file), 'utf8'))
  .filter((text) => text.includes('@lockstep/core/internal'))
  .join('\n');

it('somebody uses each of its names', () => {
  const list = readFileSync(join(ROOT, CORE, 'src/internal.ts'), 'utf8');
  const names = [...list.matchAll(/export (?:type )?\{([^}]*)\}/g)].flatMap(([, inside]) =>
    inside!.split(',').map((name) => name.replace(/\btype\b|.*\bas\b/g, '').trim()),
  );
  const given = names.filter((name) => name !== '');
  expect(given.length).toBeGreaterThan(40);
  expect(given.filter((name) => !new RegExp(`\\b${name}\\b`).test(TEXT))).toEqual([]);
});
