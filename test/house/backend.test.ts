// The house rule of backends: one place of the product names an implementation of the kernels, the default, and another
// backend what it falls back to.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const DEFAULT = 'packages/core/src/run/backend.ts';
const OTHERS = 'packages/native/src/';

/** By its name, or by taking all that the package has. */
const NAMES_ONE =
  /\b(?:import|export)\s(?!type\b)[^;]*?(?:\bwasm\b|\*)[^;]*?from '@lockstep\/kernels';|\bimport\('@lockstep\/kernels'\)/;

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((file) => /^[^/]+\/[^/]+\/src\/.*\.ts$/.test(file))
    .filter((file) => !/\.(test|fixture)\.ts$|\/testing\//.test(file));
}

it('nothing but the default names the WebAssembly kernels', () => {
  const files = ['packages', 'apps'].flatMap(sources);
  const naming = files.filter((file) => {
    if (file.startsWith(OTHERS)) return false;
    const text = readFileSync(join(ROOT, file), 'utf8');
    return NAMES_ONE.test(text);
  });
  expect(files.length).toBeGreaterThan(200);
  expect(naming).toEqual([DEFAULT]);
});

it('the check sees what it looks for', () => {
  for (const source of [
    "import { heapBase, wasm } from '@lockstep/kernels';",
    "import * as kernels from '@lockstep/kernels';",
    "export * from '@lockstep/kernels';",
    "const { wasm } = await import('@lockstep/kernels');",
  ]) {
    expect(NAMES_ONE.test(source), source).toBe(true);
  }
  expect(NAMES_ONE.test("import { heapBase } from '@lockstep/kernels';")).toBe(false);
});
