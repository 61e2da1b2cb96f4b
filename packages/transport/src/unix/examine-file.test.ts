import { expect, it } from 'vitest';
import { describeBuffer } from './examine-file.js';

it.each<[string | undefined, string | undefined, RegExp]>([
  ['212992\n', 'ok', /^212992 bytes .*: gradients of more than 53248 parameters go in turns$/],
  ['16384\n', 'note', /^16384 bytes \(net\.core\.wmem_default\): .* more than 4096 parameters/],
  [undefined, undefined, /^$/],
  ['', undefined, /^$/],
  ['much', undefined, /^$/],
])('a default of %j is told as %s', (setting, status, found) => {
  const finding = describeBuffer(setting);
  expect(finding?.status).toBe(status);
  expect(finding?.found ?? '').toMatch(found);
});
