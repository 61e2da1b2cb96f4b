// Compiles programs of a project that has packages and nothing else: no @types, and every declaration that is reached is checked.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { output, type Packed } from './packed.js';

/** The compiler of the workspace. */
const OWN_COMPILER = createRequire(import.meta.url).resolve('typescript/package.json');

/**
 * @param files by name; compiled in a folder of their own within the project
 * @param manifest the package.json of the compiler
 * @returns what the compiler complains of; '' if of nothing
 */
export async function compile(
  project: string,
  files: Readonly<Record<string, string>>,
  options: Readonly<Record<string, unknown>>,
  manifest: string = OWN_COMPILER,
): Promise<string> {
  const folder = mkdtempSync(join(project, 'compiled-'));
  const config = {
    compilerOptions: {
      ...{ target: 'es2023', strict: true, noEmit: true, skipLibCheck: false, types: [] },
      ...options,
    },
    files: Object.keys(files),
  };
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const script = join(dirname(manifest), 'bin', 'tsc');
  try {
    return await output(folder, process.execPath, [script, '-p', 'tsconfig.json']);
  } catch (error) {
    return (error as { stdout?: string }).stdout || String(error);
  }
}

/** Whose types no program names: a bundler makes a file of it, by name. */
const UNNAMED = ['@lockstep/trainer/thread'];

/** A program that takes all types of all entries. */
export function everyEntry(packed: readonly Packed[]): string {
  const entries = packed.flatMap(({ manifest }) =>
    Object.keys(manifest.exports ?? {}).map((path) => manifest.name + path.slice(1)),
  );
  return entries
    .filter((entry) => !UNNAMED.includes(entry))
    .map((entry, i) => `export * as e${i} from '${entry}';`)
    .join('\n');
}
