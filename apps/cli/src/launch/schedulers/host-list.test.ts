import { describe, expect, test } from 'vitest';
import { hostsOf } from './host-list.js';

const hosts = (text: string): readonly string[] => hostsOf(text, 'SLURM_JOB_NODELIST');

describe('a list of hosts', () => {
  test.each<[string, string]>([
    ['a', 'a'],
    ['a,b', 'a b'],
    [' a , b ', 'a b'],
    ['gpu[008-010],x', 'gpu008 gpu009 gpu010 x'],
    ['gpu[8-10]', 'gpu8 gpu9 gpu10'],
    ['gpu[099-101]', 'gpu099 gpu100 gpu101'],
    ['n[1,3,5-6]', 'n1 n3 n5 n6'],
    ['n[1-2]-ib', 'n1-ib n2-ib'],
    ['n[01-02].example.org', 'n01.example.org n02.example.org'],
    ['rack[1-2]node[1-2]', 'rack1node1 rack1node2 rack2node1 rack2node2'],
    ['r[1-2]c[a,b]n[07,9]', 'r1can07 r1can9 r1cbn07 r1cbn9 r2can07 r2can9 r2cbn07 r2cbn9'],
    ['n[a[1-2],b3]', 'na1 na2 nb3'],
    ['x[1],y,z[2-2]', 'x1 y z2'],
    ['[a,b]1', 'a1 b1'],
    ['localhost', 'localhost'],
  ])('%s', (text, expected) => {
    expect(hosts(text).join(' ')).toBe(expected);
  });

  test('of thousands is read', () => {
    const all = hosts('n[0000-9999]');
    expect([all.length, all[0], all.at(-1)]).toEqual([10_000, 'n0000', 'n9999']);
  });

  test.each<[string, RegExp]>([
    ['n[1-2', /a bracket is not closed/],
    ['n1-2]', /closed that was not opened/],
    ['n[[1-2]', /not closed/],
    ['n[5-3]', /5-3 goes backwards/],
    ['n[1-99999999]', /more than 65536 hosts/],
    ['n[1-300]m[1-300]', /more than 65536 hosts/],
    ['a,,b', /no list of hosts/],
    ['a;rm', /no list of hosts/],
  ])('%s is refused by the name of its variable', (text, why) => {
    expect(() => hosts(text)).toThrow(why);
    expect(() => hosts(text)).toThrow(
      /^launch: SLURM_JOB_NODELIST=.*--rank, --ranks and --coordinator/,
    );
  });
});
