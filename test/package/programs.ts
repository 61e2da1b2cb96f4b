// The programs that READMEs show, as a reader has them: modules, CommonJS, TypeScript.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { transformSync } from 'esbuild';
import { ROOT } from './packed.js';

/** The program of a page: its first block in TypeScript. @param path from the repository's root */
export function programOf(path: string): string {
  const page = readFileSync(join(ROOT, path), 'utf8').replaceAll('\r\n', '\n');
  const block = /^```ts\n(.*?)^```/ms.exec(page);
  if (!block) throw new Error(`${path} shows no program`);
  return block[1]!;
}

/** The table that the README's program reads. */
export const IRIS = readFileSync(join(ROOT, 'examples/data/iris.csv'), 'utf8');

/** The README's program, which also says what it came to. */
export const README = `${programOf('README.md')}console.log('hash', weightsHash, stopped, again.parameters.size);\n`;

/** Without types. Nothing else changes. */
export function asModule(program: string): string {
  return transformSync(program, { loader: 'ts', format: 'esm', target: 'node20' }).code;
}

const IMPORT = /^import (\{[^}]*\}) from (["'][^"']+["']);$/gm;

/** With what follows its imports in a function, since CommonJS awaits nothing outside of one. */
export function inFunction(program: string): string {
  const imports = [...program.matchAll(IMPORT)].map(([line]) => line);
  return `${imports.join('\n')}\nvoid (async () => {\n${program.replaceAll(IMPORT, '')}\n})();\n`;
}

/** With `require`. */
export function asCommonJs(program: string): string {
  return inFunction(asModule(program)).replaceAll(IMPORT, 'const $1 = require($2);');
}

/** What a program's comments say that it prints, a line each. */
export function promisedLines(program: string): string[] {
  return [...program.matchAll(/\/\/ prints (.*)$/gm)].map(([, line]) => line!);
}
