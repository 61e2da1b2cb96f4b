import { describe, expect, test } from 'vitest';
import type { Address } from './machine.js';
import {
  coresNote,
  meshAddress,
  networkNote,
  networkWarning,
  shardsFor,
  shardsNote,
  threadShare,
} from './notes.js';

const machine = (cores: number, mine = cores) => ({
  cores,
  available: { threads: mine, quota: undefined, cores: mine },
});

describe('threads', () => {
  test.each<[string, number | undefined, number | undefined, number, number, number | undefined]>([
    ['that are asked for', 3, 4, 16, 16, 3],
    ['of a rank alone: its own default', undefined, 1, 16, 16, undefined],
    ['of ranks that share a machine', undefined, 4, 16, 16, 4],
    ['of more ranks than cores', undefined, 4, 2, 2, 1],
    ['of a rank that is bound to its own', undefined, 4, 16, 4, undefined],
  ])('%s', (_, given, localRanks, cores, mine, expected) => {
    expect(threadShare(given, { localRanks }, machine(cores, mine)).threads).toBe(expected);
  });

  test('of a job that has a part of the machine for all of its ranks', () => {
    expect(threadShare(undefined, { localRanks: 2 }, machine(64, 8), 8)).toEqual({
      threads: 4,
      why: '8 cores for 2 ranks of this machine',
    });
  });
});

describe('few cores', () => {
  const place = (localRanks: number) => ({
    ...{ scheduler: 'Open MPI', coresHint: 'mpirun --bind-to none', localRanks },
  });

  test('that a launcher has bound a rank to are told, with what helps', () => {
    expect(coresNote(place(2), machine(16, 1))).toBe(
      'this rank may use 1 of 16 cores, and 2 ranks of this machine leave 14 idle: Open MPI has bound it to them; for more: mpirun --bind-to none',
    );
  });

  test.each<[string, number, number, number, number | undefined]>([
    ['each rank has its share', 4, 16, 4, undefined],
    ['nobody is bound', 2, 16, 16, undefined],
    ['the job has no more', 2, 64, 4, 8],
  ])('are not told where %s', (_, localRanks, cores, mine, onNode) => {
    expect(coresNote(place(localRanks), machine(cores, mine), onNode)).toBeUndefined();
  });
});

describe('shards of a new run', () => {
  test.each([
    [2, 64, 4, true],
    [4, 64, 8, false],
    [3, 64, 8, false],
    [1, 64, 4, true],
    [16, 64, 32, false],
    [100, 64, 64, false],
    [3, 5, 4, false],
    [256, 4096, 512, false],
    [2, 4096, 64, true],
  ])('of %i ranks and batches of %i are %i', (ranks, batch, shards, isUsual) => {
    expect(shardsFor(ranks, batch)).toEqual({ shards, isUsual });
  });

  test('are told where they are others than those of train, or too few', () => {
    expect(shardsNote(shardsFor(2, 64), 2)).toBeUndefined();
    expect(shardsNote(shardsFor(4, 64), 4)).toMatch(
      /^--shards 8: .*train --shards 8 gives the same/,
    );
    expect(shardsNote(shardsFor(100, 64), 100)).toMatch(/64 shards for 100 ranks.*--batch-size/);
  });
});

describe('networks', () => {
  const on = (address: string, name: string, isInternal = false): Address => ({
    ...{ address, interface: name, isInternal },
  });
  const addresses = [
    on('127.0.0.1', 'lo', true),
    on('10.0.0.5', 'eth0'),
    on('fe80::1', 'eth0'),
    on('10.1.0.5', 'ib0'),
  ];
  const reached = { host: 'node1', hostFrom: 'MASTER_ADDR', leadsTo: ['10.0.0.5'], addresses };

  test('say which address was chosen, by which rule, and how to choose another', () => {
    expect(networkNote(reached)).toBe(
      'ranks reach rank 0 at node1 = 10.0.0.5 (eth0), by MASTER_ADDR; this machine is also at 10.1.0.5 (ib0): --coordinator 10.1.0.5 takes that',
    );
    expect(networkNote({ ...reached, addresses: addresses.slice(0, 3) })).not.toContain('also');
    expect(networkWarning(reached)).toBeUndefined();
  });

  test('warn of a name that leads elsewhere, or nowhere', () => {
    expect(networkWarning({ ...reached, leadsTo: ['10.0.0.9'] })).toMatch(
      /^node1 is 10\.0\.0\.9, which is no address of this machine/,
    );
    expect(networkWarning({ ...reached, leadsTo: [] })).toMatch(/leads nowhere/);
    expect(networkWarning({ ...reached, leadsTo: ['127.0.1.1'] })).toBeUndefined();
  });

  test('a machine whose name leads to itself alone listens where others reach it', () => {
    expect(meshAddress({ leadsTo: ['127.0.1.1'], addresses })).toBe('10.0.0.5');
    expect(meshAddress(reached)).toBeUndefined();
    expect(
      meshAddress({ leadsTo: ['127.0.1.1'], addresses: addresses.slice(0, 1) }),
    ).toBeUndefined();
  });
});
