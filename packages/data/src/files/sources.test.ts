import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { IDX_FILES, IDX_PARTS, OFFICIAL } from './sources.js';

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
