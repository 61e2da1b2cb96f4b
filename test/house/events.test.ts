// docs/events.md lists every event that commands print.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const read = (path: string): string =>
  readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

it.each([
  ['packages/trainer/src/running/events.ts', 0],
  ['apps/worker/src/carry/worker-event.ts', 1],
  ['apps/worker/src/decide/border.ts', 1],
])('the events of %s stand in the documents', (path, table) => {
  const names = [...read(path).matchAll(/readonly event: '([\w-]+)'/g)].map(([, name]) => name!);
  expect(names.length).toBeGreaterThan(2);
  const listed = read('docs/events.md').split('\n## ')[1 + table]!;
  expect(names.filter((name) => !listed.includes(`| \`${name}\` `))).toEqual([]);
});
