import { expect, test } from 'vitest';
import { forOthers, hostsOf, textForOthers } from './for-others.js';

test.each([
  [
    'w1 cannot reach w0 at ws://10.0.0.5:4321/x?y=1 (timeout)',
    'w1 cannot reach w0 at (address) (timeout)',
  ],
  ['silent; dial wss://gpu008.cluster:7070: refused', 'silent; dial (address) refused'],
  ['connect ECONNREFUSED 192.168.1.3:7071', 'connect ECONNREFUSED (address)'],
  ['from 192.168.1.3, and 0.0.0.0.', 'from (address), and (address).'],
  ['getaddrinfo ENOTFOUND gpu008.cluster.local', 'getaddrinfo ENOTFOUND (address)'],
  ['from [fe80::1%eth0]:7070 or ::1, fe80::a:1', 'from (address) or (address), (address)'],
  ['at 2001:db8:0:0:0:0:0:1', 'at (address)'],
  ['localhost:7070 does not answer', '(address) does not answer'],
  ['unix:/run/user/1000/lockstep.sock is gone', '(address) is gone'],
  ['--mirror: s3://bucket/anna/runs got nothing', '--mirror: (address) got nothing'],
  ["open '/home/Anna Smith/x.csv': ENOENT", "open 'x.csv': ENOENT"],
  ['--csv /home/Anna Smith/x.csv, which is not there', '--csv x.csv, which is not there'],
  ['C:\\Users\\anna\\x.csv and \\\\server\\share\\y.csv', 'y.csv'],
  ['~/runs/x and ~anna/y', 'y'],
  ['--out=/data/runs/x (full)', '--out=x (full)'],
])('%s', (text, told) => {
  expect(textForOthers(text)).toBe(told);
});

test.each([
  'epoch 3 of 5, 1200 samples/s, 1/2 of 0.25 in 12:30:59',
  '2026-06-01T09:30:00.000Z',
  'network.layers.0.weight [128, 784] is NaN: step 7',
  'desk-812 left: stopped by its user',
  'generation 3: and/or 10.25 ms; lockstep 0.1.0',
])('%s stays as it is', (text) => {
  expect(textForOthers(text)).toBe(text);
});

test('a machine that is known by an address goes by its name, too, and no part of other words', () => {
  const hosts = hostsOf(['wss://gpu008.cluster:7070', 'ws://[::1]:1', 'no address']);
  expect(hosts).toEqual(['gpu008.cluster', '::1']);
  expect(textForOthers('its certificate is not of gpu008.cluster. Again', hosts)).toBe(
    'its certificate is not of (address). Again',
  );
  expect(textForOthers('worker gpu008.cluster-77', hosts)).toBe('worker gpu008.cluster-77');
});

test('texts at any depth, but for names that people gave', () => {
  const event = {
    ...{ event: 'worker-lost', name: 'a:80', names: ['a:80'], step: 3, left: false, more: null },
    reasons: [{ reason: 'a:80 is silent' }],
  };
  expect(forOthers(event)).toEqual({ ...event, reasons: [{ reason: '(address) is silent' }] });
});
