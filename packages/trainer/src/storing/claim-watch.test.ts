import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ClaimWatch } from './claim-watch.js';
import { FolderClaim } from './folder-claim.js';
import { thisProcess } from './process-identity.js';

let folder: string;
let passed = 0;
let now = 0;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-watched-'));
  passed = 0;
  now = Date.now();
});
afterEach(() => rmSync(folder, { recursive: true }));

const clocks = { passed: () => passed, now: () => now };
const ELSEWHERE = { pid: 7, host: 'far', machine: 'another', start: '1', since: '', holds: 1 };

function watch(): ClaimWatch {
  return new ClaimWatch(folder, thisProcess(), clocks);
}

function lay(claim: object, name = 'claim-0123456789abcdef.json'): string {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify(claim));
  return path;
}

it('a process of this machine works there until it gives the folder back', async () => {
  const looking = watch();
  expect(await looking.look()).toBeUndefined();
  const claim = await FolderClaim.take(folder);
  const { pid, host } = thisProcess();
  expect(await looking.look()).toEqual({ pid, host });
  await claim.release();
  expect(await looking.look()).toBeUndefined();
});

it('one that is gone, and one that only asks, work nowhere', async () => {
  const { machine } = thisProcess();
  lay({ ...ELSEWHERE, machine, pid: 2 ** 22 + 1 });
  lay({ ...ELSEWHERE, holds: 0 }, 'claim-fedcba9876543210.json');
  lay({ nonsense: true }, 'claim-0000000000000000.json');
  expect(await watch().look()).toBeUndefined();
});

it('one of another machine works there as long as it touches its claim', async () => {
  const path = lay(ELSEWHERE);
  const looking = watch();
  for (let beat = 1; beat <= 3; beat++) {
    expect(await looking.look()).toEqual({ pid: 7, host: 'far' });
    passed += 9000;
    expect(await looking.look()).toEqual({ pid: 7, host: 'far' });
    utimesSync(path, new Date(now + 2000 * beat), new Date(now + 2000 * beat));
  }
  await looking.look();
  passed += 10_001;
  expect(await looking.look()).toBeUndefined();
});

it('a claim of another machine that was laid long ago is nobody’s, unless it is touched', async () => {
  const path = lay(ELSEWHERE);
  const old = new Date(now - 700_000);
  utimesSync(path, old, old);
  const looking = watch();
  expect(await looking.look()).toBeUndefined();
  passed += 500;
  expect(await looking.look()).toBeUndefined();
  utimesSync(path, new Date(now), new Date(now));
  expect(await looking.look()).toEqual({ pid: 7, host: 'far' });
});
