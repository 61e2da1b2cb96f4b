// Who imports whom, read from the source of all packages: for the tests of the house rules.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

export interface Package {
  readonly name: string;
  readonly folder: string;
  /** Those that may be absent, too. */
  readonly dependencies: readonly string[];
  /** Those that only its build needs, as of a page that is bundled whole. */
  readonly built: readonly string[];
  /** Source files that are shipped: no tests, no test support. */
  readonly files: readonly string[];
}

export function filesUnder(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return name === 'testing' ? [] : filesUnder(path);
    return /\.tsx?$/.test(name) && !/\.(test|fixture)\.tsx?$/.test(name) ? [path] : [];
  });
}

export function packages(): Package[] {
  return ['packages', 'apps'].flatMap((group) =>
    readdirSync(join(ROOT, group)).map((name) => {
      const folder = join(ROOT, group, name);
      const json = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      return {
        name: json.name,
        folder,
        dependencies: Object.keys({ ...json.dependencies, ...json.peerDependencies }),
        built: Object.keys(json.devDependencies ?? {}),
        files: filesUnder(join(folder, 'src')),
      };
    }),
  );
}

/** What a file imports or re-exports, types included, and `import()`s by a literal name. */
export function importsOf(source: string): string[] {
  const pattern =
    /(?:^|\n)\s*(?:import|export)\b[^'";]*?from\s*'([^']+)'|import\(\s*'([^']+)'\s*\)|(?:^|\n)import\s+'([^']+)'/g;
  return [...source.matchAll(pattern)].map((match) => (match[1] ?? match[2] ?? match[3])!);
}

export function packageName(specifier: string): string {
  const parts = specifier.split('/');
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : parts[0]!;
}

/** The file that an import of the own package names. */
export function targetOf(file: string, specifier: string): string {
  const target = resolve(dirname(file), specifier);
  const withMarkup = target.replace(/\.js$/, '.tsx');
  return existsSync(withMarkup) ? withMarkup : target.replace(/\.js$/, '.ts');
}

/** The first circle, if there is one. */
export function findCircle(edges: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return undefined;
    for (const next of edges.get(file) ?? []) {
      const circle = visit(next, [...path, file]);
      if (circle) return circle;
    }
    done.add(file);
    return undefined;
  };
  for (const file of edges.keys()) {
    const circle = visit(file, []);
    if (circle) return circle;
  }
  return undefined;
}
