// The pages of the repository that people read.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './import-graph.js';

/** From the repository's root. The packages' own READMEs are read on a registry, beside nothing else. */
export const PAGES: readonly string[] = [
  ...readdirSync(ROOT).filter((name) => name.endsWith('.md')),
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name.replaceAll('\\', '/')}`),
];
