// Pages whose programs are run: what stands in a page's fenced blocks, and how a program of it runs.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

export interface Section {
  readonly title: string;
  /** Its fenced blocks, in order. */
  readonly blocks: readonly { readonly kind: string; readonly code: string }[];
}

/** The sections of a page. @param path from the repository's root */
export function sectionsOf(path: string): Section[] {
  const page = readFileSync(join(ROOT, path), 'utf8').replaceAll('\r\n', '\n');
  return page
    .split(/^## /m)
    .slice(1)
    .map((text) => ({
      title: text.slice(0, text.indexOf('\n')),
      blocks: [...text.matchAll(/^```(\w+)\n(.*?)^```/gms)].map(([, kind, code]) => ({
        kind: kind!,
        code: code!,
      })),
    }));
}

/** What a program prints that finds the packages it names, as one that lies beside the examples does. */
export async function run(code: string): Promise<string> {
  const command = ['--input-type=module', '--eval', code];
  const options = { cwd: join(ROOT, 'examples'), timeout: 50_000 };
  const { stdout } = await promisify(execFile)(process.execPath, command, options);
  return stdout;
}
