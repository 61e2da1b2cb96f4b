// What is looked at, on this very machine: the readers beside the judges.

import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { cacheFolder } from '@lockstep/data';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findCompiler as buildsCompiler } from '../../../../packages/native/scripts/compiler.mjs';
import { cachePlace } from './checks/cache.js';
import { findCompiler } from './checks/kernels.js';
import { installedFrom } from './checks/packages.js';
import { tryListening, tryLoopback } from './checks/ports.js';
import { abilities } from './checks/simd.js';

it('this Node has the WebAssembly that the kernels are made of', () => {
  expect(abilities()).toEqual({ hasWebAssembly: true, hasVectors: true, hasSharedMemory: true });
});

it('one that was started without it has not', () => {
  const none = { hasWebAssembly: false, hasVectors: false, hasSharedMemory: false };
  expect(abilities({})).toEqual(none);
  const old = { WebAssembly: { validate: () => false }, SharedArrayBuffer };
  expect(abilities(old)).toEqual({ ...none, hasWebAssembly: true });
});

it('the compiler is the one that the build finds', async () => {
  const found = await findCompiler(process.env.CC);
  expect(found).toBe(buildsCompiler()?.join(' '));
  expect(await findCompiler('no-such-compiler')).toBe(found);
});

it('this machine can talk to itself, and a port that is taken is told', async () => {
  expect(await tryLoopback(new AbortController().signal)).toBeUndefined();
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  expect(await tryListening(port)).toBe('EADDRINUSE');
  server.close();
  await once(server, 'close');
  expect(await tryListening(port)).toBeUndefined();
});

describe('packages', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lockstep-packages-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function lay(path: string, text: string): void {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const manifest = (name: string, more: object) =>
    JSON.stringify({ name, version: '1.0.0', ...more });

  it('are found with those that they need, and what they offer and do not have', () => {
    const exported = (file: string) => ({ default: file });
    lay('package.json', manifest('lockstep', { dependencies: { '@lockstep/a': '1', other: '1' } }));
    const a = { exports: { '.': exported('./dist/index.js'), './b': exported('./dist/b.js') } };
    const needs = { dependencies: { '@lockstep/c': '1', '@lockstep/gone': '1' } };
    lay('node_modules/@lockstep/a/package.json', manifest('@lockstep/a', { ...a, ...needs }));
    lay('node_modules/@lockstep/a/dist/index.js', '');
    lay('node_modules/@lockstep/c/package.json', manifest('@lockstep/c', {}));
    expect(installedFrom(join(folder, 'package.json'))).toEqual([
      { name: 'lockstep', version: '1.0.0', missing: [] },
      { name: '@lockstep/a', version: '1.0.0', missing: ['./dist/b.js'] },
      { name: '@lockstep/c', version: '1.0.0', missing: [] },
      { name: '@lockstep/gone', version: undefined, missing: [] },
    ]);
  });
});

describe('the cache', () => {
  it('is where datasets are kept', () => {
    const env = { LOCKSTEP_CACHE: '/some/where' };
    expect(cachePlace(env)).toBe(cacheFolder({ env }));
    if (homedir()) expect(cachePlace({})).toBe(cacheFolder({ env: {} }));
  });
});
