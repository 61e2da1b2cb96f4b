// Nobody but a transport reads its URLs: to all others a URL is a name that they hand on. So a new transport is one file.
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { expect, it } from 'vitest';
import { packages, ROOT } from './import-graph.js';

/** Whose URLs are of something else. */
const OTHERWISE: Readonly<Record<string, string>> = {
  'packages/trainer/src/computing/thread-file.ts': 'of modules',
  'apps/cli/src/certs/command.ts': 'in commands that are printed',
  'apps/cli/src/coordinator.ts': 'in help and examples',
  'apps/cli/src/doctor.ts': 'in help and examples',
  'apps/dashboard/src/report/for-others.ts': 'found in texts, to be left out',
  'apps/dashboard/src/server/dashboard-server.ts': 'of requests of pages',
  'apps/cli/src/launch/plan.ts': 'written, of the host that a scheduler says',
  'apps/cli/src/worker.ts': 'in help and examples',
};
const WHERE =
  /^packages\/(?:wire|trainer|collective)\/|^apps\/|^packages\/transport\/src\/(?!etcd\/|unix\/|websocket\/)/;
const READS =
  /\bnew URL\((?![^()]*import\.meta\.url)|\bURL\.(?:parse|canParse)\(|\bwss?\??:|\.(?:hostname|protocol)\b/;

function readsUrls(text: string): boolean {
  return READS.test(text.replace(/\/\*[\s\S]*?\*\/|\/\/ .*/g, ''));
}

it('nobody but a transport reads its URLs', () => {
  const files = packages()
    .flatMap(({ files }) => files)
    .map((file) => relative(ROOT, file))
    .filter((file) => WHERE.test(file) && !(file in OTHERWISE));
  expect(files.length).toBeGreaterThan(150);
  expect(files.filter((file) => readsUrls(readFileSync(`${ROOT}/${file}`, 'utf8')))).toEqual([]);
});

it('the check sees what it looks for', () => {
  expect(readsUrls('new URL(url).host')).toBe(true);
  expect(readsUrls('/^wss?:/.test(url)')).toBe(true);
  expect(readsUrls("new URL('../package.json', import.meta.url)")).toBe(false);
  expect(readsUrls('// as ws://host:1')).toBe(false);
});
