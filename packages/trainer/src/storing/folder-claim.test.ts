import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkUnclaimed, FolderClaim } from './folder-claim.js';
import { lifeOf, thisProcess } from './process-identity.js';

let parent: string;
let folder: string;
const children: ChildProcess[] = [];
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'lockstep-claim-'));
  folder = join(parent, 'run');
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(parent, { recursive: true });
});

/** Another process, which stays until it is killed. */
async function other(): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['-e', "console.log('up'); setInterval(() => {}, 1000)"]);
  children.push(child);
  await once(child.stdout!, 'data');
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** As the process itself would say. */
function identityOf({ pid }: ChildProcess) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const start = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]!;
  return { ...thisProcess(), pid: pid!, start };
}

function claims(): string[] {
  return readdirSync(folder).filter((name) => name.startsWith('claim-'));
}

describe('a folder that is claimed by one who leads', () => {
  it('is taken by a higher fence though its holder lives, which notices; by none that is lower or equal', async () => {
    const first = await FolderClaim.take(folder, { fence: 5 });
    for (const fence of [4, 5, undefined]) {
      await expect(FolderClaim.take(folder, { fence })).rejects.toMatchObject({ code: 'in-use' });
      await expect(checkUnclaimed(folder, fence)).rejects.toMatchObject({ code: 'in-use' });
    }
    await first.check();
    await checkUnclaimed(folder, 6);
    const second = await FolderClaim.take(folder, { fence: 6 });
    await expect(first.check()).rejects.toMatchObject({ code: 'in-use' });
    await first.release();
    await second.check();
    await second.release();
  });

  it('says nothing of one who does not: that one is left alone', async () => {
    const alone = await FolderClaim.take(folder);
    await expect(FolderClaim.take(folder, { fence: 6 })).rejects.toMatchObject({ code: 'in-use' });
    await alone.check();
    await alone.release();
  });
});

describe('a folder that is claimed', () => {
  it('is refused to another, with the process and since when; and is free again afterwards', async () => {
    const first = await FolderClaim.take(folder);
    await expect(FolderClaim.take(folder)).rejects.toMatchObject({ code: 'in-use' });
    await expect(FolderClaim.take(folder)).rejects.toThrow(
      /another is at work in .*: this process itself, since 2\d{3}-/,
    );
    await expect(checkUnclaimed(folder)).rejects.toMatchObject({ code: 'in-use' });
    expect(claims()).toHaveLength(1);
    await first.check();
    await first.release();
    await checkUnclaimed(folder);
    await (await FolderClaim.take(folder)).release();
  });

  it('is gone with its claim if nothing was written to it', async () => {
    await (await FolderClaim.take(folder)).release();
    expect(existsSync(folder)).toBe(false);
    const claim = await FolderClaim.take(folder);
    writeFileSync(join(folder, 'run.json'), '');
    await claim.release();
    expect(readdirSync(folder)).toEqual(['run.json']);
  });

  it('goes to one of many that want it at once, never to two', async () => {
    const all = await Promise.allSettled(Array.from({ length: 6 }, () => FolderClaim.take(folder)));
    const held = all.filter(({ status }) => status === 'fulfilled');
    expect(held.length).toBeLessThanOrEqual(1);
    expect(claims()).toHaveLength(held.length);
    for (const result of all) if (result.status === 'fulfilled') await result.value.release();
    await (await FolderClaim.take(folder)).release();
  });

  it('that cannot be written is told of', async () => {
    writeFileSync(folder, '');
    await expect(FolderClaim.take(folder)).rejects.toMatchObject({ code: 'config' });
    await expect(FolderClaim.take(join(folder, 'below'))).rejects.toThrow(/cannot be written/);
  });

  it('knows when somebody took it away', async () => {
    const claim = await FolderClaim.take(folder);
    await claim.check();
    rmSync(join(folder, claims()[0]!));
    await expect(claim.check()).rejects.toMatchObject({ code: 'in-use' });
    await claim.release();
  });
});

describe.skipIf(process.platform !== 'linux')(
  'a claim that was left behind (Linux tells more)',
  () => {
    it('by a process that was killed is passed over at once, and cleared away', async () => {
      const child = await other();
      await FolderClaim.take(folder, { identity: identityOf(child) });
      await expect(FolderClaim.take(folder)).rejects.toThrow(`process ${child.pid} on`);
      await kill(child);
      const begun = performance.now();
      await checkUnclaimed(folder);
      const claim = await FolderClaim.take(folder);
      // It did not watch for signs of life.
      expect(performance.now() - begun).toBeLessThan(9000);
      expect(claims()).toHaveLength(1);
      await claim.release();
    });

    it('is not taken for alive because its process id belongs to another process now', async () => {
      const child = await other();
      await FolderClaim.take(folder, { identity: { ...identityOf(child), start: '1' } });
      await (await FolderClaim.take(folder)).release();
    });

    it('by another machine is passed over at once if it is old', async () => {
      await FolderClaim.take(folder, {
        identity: { ...thisProcess(), pid: 1, machine: 'another boot' },
      });
      const old = Date.now() / 1000 - 3600;
      utimesSync(join(folder, claims()[0]!), old, old);
      await (await FolderClaim.take(folder)).release();
    });

    it('is watched if it is of another machine and fresh: whose file moves is alive', async () => {
      // Another container: its process has the same id, and its machine the same name.
      const elsewhere = { ...thisProcess(), machine: 'another boot' };
      // This process beats for it.
      const claim = await FolderClaim.take(folder, { identity: elsewhere });
      await expect(FolderClaim.take(folder)).rejects.toThrow(
        `process ${process.pid} on ${elsewhere.host}, since`,
      );
      await claim.release();
    });

    it('is watched if it is of another machine and fresh: whose file stands still is dead', async () => {
      mkdirSync(folder);
      const left = join(folder, 'claim-0123456789abcdef.json');
      const claim = { ...thisProcess(), host: 'elsewhere', machine: 'another boot', holds: 1 };
      writeFileSync(left, JSON.stringify(claim));
      await (await FolderClaim.take(folder, { watchMs: 300 })).release();
      expect(existsSync(left)).toBe(false);
    });

    it('is dead in a copy of the folder, though its process works on in the first one', async () => {
      const claim = await FolderClaim.take(folder);
      const copy = join(parent, 'copy');
      cpSync(folder, copy, { recursive: true });
      await checkUnclaimed(copy);
      await (await FolderClaim.take(copy, { watchMs: 300 })).release();
      await expect(checkUnclaimed(folder)).rejects.toMatchObject({ code: 'in-use' });
      renameSync(folder, `${folder} elsewhere`);
      await expect(FolderClaim.take(`${folder} elsewhere`)).rejects.toMatchObject({
        code: 'in-use',
      });
      renameSync(`${folder} elsewhere`, folder);
      await claim.release();
    });

    it('is treated alike if it cannot be read', async () => {
      mkdirSync(folder);
      const left = join(folder, 'claim-0123456789abcdef.json');
      writeFileSync(left, '');
      await (await FolderClaim.take(folder, { watchMs: 300 })).release();
      expect(existsSync(left)).toBe(false);
    });
  },
);

describe('processes', () => {
  it('this one is alive', () => {
    expect(lifeOf(thisProcess())).toBe(process.platform === 'linux' ? 'alive' : 'unknown');
  });

  it('of another machine nothing is known', () => {
    expect(lifeOf({ ...thisProcess(), machine: 'another' })).toBe('unknown');
    expect(lifeOf({ ...thisProcess(), machine: null })).toBe('unknown');
  });
});
