// A module's file that is not what the build wrote: it is not loaded, and the reason is a line for people.
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { damageOf, loadNative } from './module.js';

const folder = mkdtempSync(join(tmpdir(), 'lockstep-module-'));
afterAll(() => rmSync(folder, { recursive: true }));

const bytes = Buffer.from('a module');
const sha256 = createHash('sha256').update(bytes).digest('hex');

/** @param record what stands beside it */
function write(name: string, content: Uint8Array, record?: string): string {
  const file = join(folder, name);
  writeFileSync(file, content);
  if (record !== undefined) writeFileSync(`${file}.json`, record);
  return file;
}

describe('a file is held against the record of its build', () => {
  test.each([
    ['cut', bytes.subarray(0, 4)],
    ['changed', Buffer.from('a nodule')],
    ['emptied', Buffer.from('')],
  ])('one that was %s is damaged', (name, content) => {
    const file = write(`${name}.node`, content, JSON.stringify({ sha256 }));
    expect(damageOf(file)).toBe(`${file} is not as it was built`);
  });

  test.each([
    ['whole', JSON.stringify({ sha256 })],
    ['of-an-older-build', '{}'],
    ['with-half-a-record', '{"sha'],
    ['without-one', undefined],
  ])('one that is %s is not', (name, record) => {
    expect(damageOf(write(`${name}.node`, bytes, record))).toBeUndefined();
  });

  test('one that is not there is no damage, but not compiled', () => {
    const file = join(folder, 'absent.node');
    writeFileSync(`${file}.json`, JSON.stringify({ sha256 }));
    expect(damageOf(file)).toBeUndefined();
    expect(loadNative(file).reason).toMatch(/^not compiled for /);
  });
});

describe('what cannot be loaded', () => {
  test('is named once', () => {
    const file = write('no-module.node', bytes);
    expect(loadNative(file).reason?.split(file)).toHaveLength(2);
  });

  test('is a folder, too, whatever lies beside it', () => {
    const file = join(folder, 'folder.node');
    mkdirSync(file);
    writeFileSync(`${file}.json`, '{}');
    expect(loadNative(file).reason).toMatch(/^not compiled for /);
  });
});
