// Programs that were bundled, run in a folder that has nothing but the bundle and piscina: docs/bundling.md promises it.
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { build as esbuild } from 'esbuild';
import { build as vite } from 'vite';
import { afterEach, beforeEach, expect, test } from 'vitest';

const HERE = dirname(fileURLToPath(import.meta.url));
const PROGRAM = join(HERE, 'program.ts');
const THREAD = '@lockstep/trainer/thread';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-bundle-'));
  const trainer = createRequire(createRequire(import.meta.url).resolve('@lockstep/trainer'));
  const piscina = dirname(dirname(trainer.resolve('piscina')));
  cpSync(piscina, join(folder, 'node_modules', 'piscina'), { recursive: true, dereference: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

async function run(...args: readonly string[]) {
  const child = spawn(process.execPath, [...args], { cwd: folder });
  const status = new Promise((resolve) => child.on('close', resolve));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { status: await status, stdout: stdout.trim(), stderr };
}

/** What the program prints without a bundler. */
const HASH = '960542e1b3b4d544b9fed6a0d0fc31a0e8bd73856cee3b7c0b0f56d325b16f35';

function bundled(entryPoints: Record<string, string>, format: 'esm' | 'cjs') {
  return esbuild({
    absWorkingDir: HERE,
    entryPoints,
    outdir: folder,
    bundle: true,
    platform: 'node',
    format,
    external: ['piscina'],
    logLevel: 'silent',
  });
}

test('by esbuild, as modules: the thread’s file is a second entry, found beside the first', async () => {
  await bundled({ app: PROGRAM, thread: THREAD }, 'esm');
  expect(await run('app.js')).toMatchObject({ status: 0, stdout: HASH });
});

test('by esbuild, as CommonJS, which does not know where it lies: the program says where the file is', async () => {
  await bundled({ app: PROGRAM, compute: THREAD }, 'cjs');
  expect(await run('app.js', join(folder, 'compute.js'))).toMatchObject({
    status: 0,
    stdout: HASH,
  });
  const { status, stderr } = await run('app.js');
  expect(status).toBe(1);
  expect(stderr).toMatch(/compute threads cannot be started: Invalid URL.*docs\/bundling\.md/);
});

test('by Vite, for servers', async () => {
  await vite({
    root: HERE,
    configFile: false,
    logLevel: 'silent',
    ssr: { noExternal: true, external: ['piscina'] },
    build: {
      ssr: true,
      outDir: folder,
      emptyOutDir: false,
      rollupOptions: {
        input: { app: PROGRAM, thread: THREAD },
        output: { entryFileNames: '[name].js' },
      },
    },
  });
  expect(await run('app.js')).toMatchObject({ status: 0, stdout: HASH });
});

test('without the thread’s file the error names it, and says what a bundle needs', async () => {
  await esbuild({
    absWorkingDir: HERE,
    entryPoints: { app: PROGRAM },
    outdir: folder,
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['piscina'],
    logLevel: 'silent',
  });
  const { status, stderr } = await run('app.js');
  expect(status).toBe(1);
  expect(stderr).toMatch(
    /^train: compute threads cannot be started: Cannot find module '.*thread\.js'.*docs\/bundling\.md/,
  );
});
