// Builds the package in the current folder: its types, a file for each module, by the compiler; its code, a bundle for each
// entry, with what several entries share beside them. Every process and every thread of Lockstep loads this code first, and
// one file loads in a fifth of the time of fifty. Other packages stay imports, so that each is loaded once.
//
// node ../../scripts/build-package.mjs index internal    builds src/index.ts and src/internal.ts
// node ../../scripts/build-package.mjs index thread+     of the second with all that it needs of other packages, and no more:
//                                                        for a thread, which shares no object with who started it
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { build } from 'rolldown';

const entries = process.argv.slice(2);
if (entries.length === 0) throw new Error('no entry is given, such as: index');

rmSync('dist', { recursive: true, force: true });
const typescript = createRequire(import.meta.url).resolve('typescript/package.json');
execFileSync(
  process.execPath,
  [join(dirname(typescript), 'bin/tsc'), '-p', 'tsconfig.json', '--emitDeclarationOnly'],
  { stdio: 'inherit' },
);
const alone = entries.filter((entry) => entry.endsWith('+')).map((entry) => entry.slice(0, -1));
const together = entries.filter((entry) => !entry.endsWith('+'));
await bundle(together, /^[^./]/);
for (const entry of alone) await bundle([entry], /^node:/);
keepDeclarations([...alone, ...together].map((entry) => resolve('dist', `${entry}.d.ts`)));

function bundle(names, external) {
  return build({
    input: Object.fromEntries(names.map((name) => [name, `src/${name}.ts`])),
    external,
    platform: 'neutral',
    output: { dir: 'dist', format: 'esm' },
    logLevel: 'warn',
  });
}

/** Removes the declarations that no entry leads to: what a package hides has none, nor have its tests' helpers. */
function keepDeclarations(entries) {
  const reached = new Set(entries);
  for (const file of reached) {
    const text = readFileSync(file, 'utf8');
    for (const [, path] of text.matchAll(/\b(?:from |import\(|import )["'](\.[^"']+)["']/g)) {
      reached.add(resolve(dirname(file), path.replace(/\.js$/, '.d.ts')));
    }
  }
  const names = readdirSync('dist', { recursive: true }).map((name) => resolve('dist', name));
  for (const name of names) {
    if (name.endsWith('.d.ts') && !reached.has(name)) rmSync(name);
  }
  // The longest first, so that a folder is empty when it is come to.
  for (const name of names.sort((a, b) => b.length - a.length)) {
    if (existsSync(name) && isEmptyFolder(name)) rmdirSync(name);
  }
}

function isEmptyFolder(name) {
  try {
    return readdirSync(name).length === 0;
  } catch (error) {
    if (error.code === 'ENOTDIR') return false;
    throw error;
  }
}
