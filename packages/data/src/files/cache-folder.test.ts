import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cacheFolder } from './cache-folder.js';

const home = join('/', 'home', 'ada');
const linux = { env: {}, platform: 'linux', home: () => home } as const;

test('the cache folder is the option, the variable or the platform’s place, in this order', () => {
  const env = { LOCKSTEP_CACHE: '/lc', XDG_CACHE_HOME: '/xdg' };
  expect(cacheFolder({ ...linux, cacheDir: '/own', env })).toBe('/own');
  expect(cacheFolder({ ...linux, env })).toBe('/lc');
  expect(cacheFolder({ ...linux, env: { XDG_CACHE_HOME: '/xdg' } })).toBe(join('/xdg', 'lockstep'));
  expect(cacheFolder(linux)).toBe(join(home, '.cache', 'lockstep'));
  expect(cacheFolder({ ...linux, platform: 'darwin' })).toBe(
    join(home, 'Library', 'Caches', 'lockstep'),
  );
  expect(cacheFolder({ ...linux, platform: 'win32', env: { LOCALAPPDATA: 'L' } })).toBe(
    join('L', 'lockstep', 'Cache'),
  );
  expect(cacheFolder({ ...linux, platform: 'win32' })).toBe(
    join(home, 'AppData', 'Local', 'lockstep', 'Cache'),
  );
});

test('a relative XDG_CACHE_HOME and empty variables are ignored', () => {
  const env = { LOCKSTEP_CACHE: '', XDG_CACHE_HOME: 'relative' };
  expect(cacheFolder({ ...linux, env })).toBe(join(home, '.cache', 'lockstep'));
});

test('where a variable names the folder, nobody asks for a home', () => {
  const none = (): never => {
    throw new Error('there is no home');
  };
  const env = { LOCKSTEP_CACHE: '/lc' };
  expect(cacheFolder({ platform: 'linux', env, home: none })).toBe('/lc');
  expect(cacheFolder({ platform: 'linux', env: {}, cacheDir: '/own', home: none })).toBe('/own');
});

describe('without a home', () => {
  let temporary: string;
  const find = () => cacheFolder({ env: {}, platform: 'linux', home: () => undefined, temporary });
  beforeEach(() => {
    temporary = mkdtempSync(join(tmpdir(), 'lockstep-cache-'));
  });
  afterEach(() => rmSync(temporary, { recursive: true }));

  test('it is a temporary folder that only its user may enter, the same each time', () => {
    const folder = find();
    expect(folder.startsWith(join(temporary, 'lockstep-cache-'))).toBe(true);
    if (process.platform !== 'win32') expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(find()).toBe(folder);
  });

  test('what others may write to, or a link that somebody laid there, is not taken', () => {
    const folder = find();
    chmodSync(folder, 0o777);
    expect(find()).not.toBe(folder);
    rmSync(folder, { recursive: true });
    mkdirSync(join(temporary, 'elsewhere'));
    symlinkSync(join(temporary, 'elsewhere'), folder);
    expect(find()).not.toBe(folder);
  });

  test('where no temporary folder can be made either, there is a path still', () => {
    temporary = join(temporary, 'none');
    expect(find().startsWith(temporary)).toBe(true);
    mkdirSync(temporary);
  });
});
