import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  address,
  defaultName,
  givenToken,
  keepToken,
  keptToken,
  makeToken,
  readTls,
} from './network-options.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lockstep-network-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('the token', () => {
  test('comes from its file, else from the environment, without the line end', async () => {
    const tokenFile = join(folder, 'token');
    await writeFile(tokenFile, 'from the file\n');
    expect(await givenToken({ tokenFile }, { LOCKSTEP_TOKEN: 'from the environment' })).toBe(
      'from the file',
    );
    expect(await givenToken({}, { LOCKSTEP_TOKEN: ' from the environment\n' })).toBe(
      'from the environment',
    );
    expect(await givenToken({}, { LOCKSTEP_TOKEN: '' })).toBeUndefined();
  });

  test('is refused from a file that is empty or not there', async () => {
    const tokenFile = join(folder, 'token');
    await expect(givenToken({ tokenFile }, {})).rejects.toThrow(/--token-file .*cannot be read/);
    await writeFile(tokenFile, '\n');
    await expect(givenToken({ tokenFile }, {})).rejects.toThrow(/is empty/);
  });

  test('that is made is another each time, and needs no quotes in a shell', () => {
    expect(makeToken()).toMatch(/^[\w-]{24}$/);
    expect(makeToken()).not.toBe(makeToken());
  });

  test('that was made for a run is kept in its folder, for its user alone', async () => {
    const out = join(folder, 'runs', 'a');
    expect(await keptToken(out)).toBeUndefined();
    await keepToken(out, 'abc');
    expect(await keptToken(out)).toBe('abc');
    expect(await readFile(join(out, 'token'), 'utf8')).toBe('abc\n');
    if (process.platform !== 'win32') {
      expect((await stat(join(out, 'token'))).mode & 0o077).toBe(0);
    }
  });
});

describe('certificates', () => {
  test('are read, and need their keys', async () => {
    const [tlsCert, tlsKey, tlsCa] = ['server', 'server.key', 'ca'].map((name) =>
      fileURLToPath(new URL(`../../../packages/transport/fixtures/${name}.pem`, import.meta.url)),
    );
    const text = (path?: string) => readFile(path!, 'utf8');
    expect(await readTls({ tlsCert: tlsCert!, tlsKey: tlsKey!, tlsCa: tlsCa! })).toEqual({
      pair: { cert: await text(tlsCert), key: await text(tlsKey) },
      ca: await text(tlsCa),
    });
    expect(await readTls({})).toEqual({ pair: undefined, ca: undefined });
    await expect(readTls({ tlsCert: tlsCert! })).rejects.toThrow(/go together/);
    const swapped = readTls({ tlsCert: tlsKey!, tlsKey: tlsCert! });
    await expect(swapped).rejects.toThrow(
      /^--tls-cert \S+key\.pem holds a private key and no cert/,
    );
    await expect(readTls({ tlsCa: join(folder, 'none') })).rejects.toThrow(/--tls-ca .*cannot be/);
  });
});

describe('an address', () => {
  test.each([
    ['0.0.0.0:7071', { host: '0.0.0.0', port: 7071 }],
    ['[::1]:80', { host: '::1', port: 80 }],
    ['7071', { host: '127.0.0.1', port: 7071 }],
  ])('%s is understood', (text, expected) => {
    expect(address(text)).toEqual(expected);
  });

  test.each(['', 'host', 'host:', 'host:70000', '::1:80', 'a:b:1'])('%j is refused', (text) => {
    expect(() => address(text)).toThrow(/HOST:PORT/);
  });
});

test('a worker that is not named has a name that can be shown', () => {
  expect(defaultName()).toMatch(/^[\x21-\x7e]{1,64}$/);
});
