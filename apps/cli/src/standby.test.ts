import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { givenOptions } from './given.js';
import type { Session } from './session.js';
import { addStandbyOptions, type StandbyFlags, standbyOf } from './standby.js';

function standby(...flags: readonly string[]) {
  const command = new Command().exitOverride().configureOutput({ writeErr: () => {} });
  command.option('--out <dir>');
  addStandbyOptions(command);
  command.parse(['node', 'lockstep', ...flags]);
  return standbyOf(givenOptions<StandbyFlags>(command), {} as Session);
}

const ETCD = ['--etcd', 'http://127.0.0.1:2379'];

describe('a coordinator without --etcd', () => {
  it('is alone', () => {
    expect(standby('--out', 'runs/a')).toBeUndefined();
  });

  it.each([
    ['--election', 'x'],
    ['--lease-seconds', '3'],
  ])('is not given %s, which would do nothing', (flag, value) => {
    expect(() => standby('--out', 'runs/a', flag, value)).toThrow(
      expect.objectContaining({
        code: 'usage',
        message: expect.stringMatching(new RegExp(`^${flag} goes with --etcd: `)),
      }),
    );
  });
});

it('one of several is found by the name of its election, which is that of its folder unless it is said', () => {
  const named = standby(...ETCD, '--out', 'runs/a', '--election', 'x', '--lease-seconds', '5');
  expect(named?.workerUrl).toBe('etcd://127.0.0.1:2379/x');
  expect(standby(...ETCD, '--out', 'runs/a')?.workerUrl).toBe('etcd://127.0.0.1:2379/a');
});

it('one of several needs a folder', () => {
  expect(() => standby(...ETCD)).toThrow(/--etcd needs --out DIR/);
});
