import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cacheFolder, IDX_FILES, IDX_PARTS, OFFICIAL } from './sources.js';

const home = join('/', 'home', 'ada');
const linux = { env: {}, platform: 'linux', home } as const;

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
});

test('a relative XDG_CACHE_HOME and empty variables are ignored', () => {
  const env = { LOCKSTEP_CACHE: '', XDG_CACHE_HOME: 'relative' };
  expect(cacheFolder({ ...linux, env })).toBe(join(home, '.cache', 'lockstep'));
});

test('the npm package holds the four official MNIST files', () => {
  const { installed, sha256, bytes } = OFFICIAL.mnist;
  for (const part of IDX_PARTS) {
    const file = readFileSync(join(installed[0]!.folder(), IDX_FILES[part]));
    expect(file.length).toBe(bytes[part]);
    expect(createHash('sha256').update(file).digest('hex')).toBe(sha256[part]);
  }
});

test('every mirror ends in a slash and every hash is 64 digits', () => {
  for (const { mirrors, sha256 } of Object.values(OFFICIAL)) {
    expect(mirrors.length).toBeGreaterThanOrEqual(2);
    for (const mirror of mirrors) expect(mirror).toMatch(/^https?:\/\/.*\/$/);
    for (const part of IDX_PARTS) expect(sha256[part]).toMatch(/^[0-9a-f]{64}$/);
  }
});
