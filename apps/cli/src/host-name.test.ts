import { expect, test } from 'vitest';
import { isHost, isHostName } from './host-name.js';

test.each(['node1', 'gpu-008.example.org', 'rack_1', '4x', 'train.default.svc.cluster.local'])(
  '%s is a host name',
  (text) => {
    expect([isHostName(text), isHost(text)]).toEqual([true, true]);
  },
);

test.each(['10.0.0.5', '::1', 'fd00::2'])('%s is an address', (text) => {
  expect([isHostName(text), isHost(text)]).toEqual([false, true]);
});

test.each([
  '',
  'node1:7070',
  '10.0.0.5:7070',
  '[::1]',
  'ws://node1',
  'a b',
  'a..b',
  '-a',
  'a-',
  '10.0.0',
  '256.0.0.1',
  'fe80::1%eth0',
  'a/b',
  '*.example.org',
  'x'.repeat(64),
])('"%s" is neither', (text) => {
  expect(isHost(text)).toBe(false);
});
