import type { NetworkInterfaceInfo } from 'node:os';
import { describe, expect, it } from 'vitest';
import {
  anyAddress,
  canonicalHost,
  hostProblem,
  type Interfaces,
  isLoopback,
  localAddressTowards,
  meantPort,
  reachableHosts,
} from './addresses.js';
import { exposure } from './door.js';

/** Interfaces with these addresses; `lo` is the loopback. */
function machine(addresses: Readonly<Record<string, readonly string[]>>): Interfaces {
  return Object.fromEntries(
    Object.entries(addresses).map(([name, list]) => [
      name,
      list.map((address) => {
        const family = address.includes(':') ? 'IPv6' : 'IPv4';
        return { address, family, internal: name === 'lo' } as NetworkInterfaceInfo;
      }),
    ]),
  );
}

const lo = ['127.0.0.1', '::1'];

describe('where others reach a listener', () => {
  it.each([
    ['0.0.0.0', { lo, eth0: ['192.0.2.2', 'fd00::2', 'fe80::2'] }, ['192.0.2.2']],
    ['::', { lo, eth0: ['192.0.2.2', 'fd00::2', 'fe80::2'] }, ['192.0.2.2', '[fd00::2]']],
    ['::', { lo, eth0: ['fd00::2', 'fe80::2'] }, ['[fd00::2]']],
    ['0:0::0', { lo, eth0: ['2001:db8::2'] }, ['[2001:db8::2]']],
    ['0.0.0.0', { lo, docker0: ['172.17.0.1'], eth0: ['10.0.0.9'] }, ['10.0.0.9', '172.17.0.1']],
    ['0', { lo, eth0: ['169.254.7.7'], eth1: ['10.0.0.9'] }, ['10.0.0.9']],
    ['0.0.0.0', { lo, eth0: ['fd00::2'] }, ['127.0.0.1']],
    ['::', { lo }, ['[::1]']],
    ['fd00::7', { lo }, ['[fd00::7]']],
    ['0:0:0:0:0:0:0:1', { lo }, ['[::1]']],
    ['Train.Example', { lo }, ['train.example']],
  ])('on %s, at %j: %j', (host, addresses, expected) => {
    expect(reachableHosts(host, undefined, machine(addresses))).toEqual(expected);
  });

  it('is first the address that is known to be in use', () => {
    const two = machine({ lo, eth0: ['10.0.0.9'], eth1: ['192.0.2.2', 'fd00::2'] });
    expect(reachableHosts('::', 'fd00::2', two)[0]).toBe('[fd00::2]');
    expect(reachableHosts('0.0.0.0', '192.0.2.2', two)[0]).toBe('192.0.2.2');
    expect(reachableHosts('0.0.0.0', 'fd00::2', two)[0]).toBe('10.0.0.9');
  });
});

it('all addresses are those of IPv6 only where others reach no other', () => {
  expect(anyAddress(machine({ lo, eth0: ['192.0.2.2', 'fd00::2'] }))).toBe('0.0.0.0');
  expect(anyAddress(machine({ lo, eth0: ['fd00::2'] }))).toBe('::');
  expect(anyAddress(machine({ lo }))).toBe('0.0.0.0');
});

describe('a host to listen on', () => {
  it.each(['127.0.0.1', '::1', '::', '0.0.0.0', 'localhost', 'train-1.example.org', 'a_b'])(
    'may be %s',
    (host) => expect(hostProblem(host)).toBeUndefined(),
  );

  it.each([
    ['[::1]', /without brackets, ::1$/],
    ['[::1]:7070', /without brackets, ::1, and the port apart \(--port 7070\)$/],
    ['127.0.0.1:7070', /a host alone, 127\.0\.0\.1, and the port apart \(--port 7070\)$/],
    ['localhost:7070', /a host alone, localhost, and the port apart/],
    ['ws://127.0.0.1', /got a URL$/],
    ['fe80::1%eth0', /zone/],
    ['', /expected a host name/],
    ['two words', /expected a host name/],
    ['::1::', /expected a host name/],
  ])('is not %j', (host, words) => expect(hostProblem(host)).toMatch(words));

  it('that ends as a port does may have been meant so', () => {
    expect(meantPort('::1:7070')).toMatch(/if ::1 is meant, .* the port apart \(--port 7070\)$/);
    expect(meantPort('fd00::2:7070')).toMatch(/if fd00::2 is meant/);
    expect(['::1', 'fd00::2', '2001:db8:0:0:0:0:0:1', 'a:1', ''].map(meantPort).join('')).toBe('');
    expect(exposure({ host: '::1:7070' })).toMatch(/--insecure; if ::1 is meant/);
  });

  it('has one spelling', () => {
    expect(['LOCALHOST', '0:0::1', '127.1'].map(canonicalHost)).toEqual([
      'localhost',
      '::1',
      '127.0.0.1',
    ]);
    expect(['Localhost', '0:0::1', '127.9', '127.0.0.2'].every(isLoopback)).toBe(true);
    expect(['0.0.0.0', '::', '128.0.0.1', '127.example'].some(isLoopback)).toBe(false);
  });
});

describe('the address towards a URL', () => {
  it('is loopback for this machine, and unknown where no way leads', async () => {
    expect(await localAddressTowards('ws://127.0.0.1:7070')).toBe('127.0.0.1');
    expect(await localAddressTowards('wss://localhost/team')).toMatch(/^127\.0\.0\.1$|^::1$/);
    expect(await localAddressTowards('this process')).toBeUndefined();
    expect(await localAddressTowards('ws://no-such-name.invalid')).toBeUndefined();
  });
});
