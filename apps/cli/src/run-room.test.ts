import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { UsageError } from './errors.js';
import { checkHoldsRun, checkRoom, type RoomUse } from './run-room.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-room-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** @param names of empty files; those that end with a slash are folders */
function holding(...names: readonly string[]): void {
  for (const name of names) {
    const path = join(folder, name);
    mkdirSync(name.endsWith('/') ? path : dirname(path), { recursive: true });
    if (!name.endsWith('/')) writeFileSync(path, '');
  }
}

const check = (use: Partial<RoomUse> = {}): Promise<void> =>
  checkRoom(folder, { flag: '--out', ...use });

async function refuses(words: RegExp, use: Partial<RoomUse> = {}): Promise<void> {
  const before = readdirSync(folder, { recursive: true });
  const checked = check(use);
  await expect(checked).rejects.toThrow(UsageError);
  await expect(checked).rejects.toThrow(words);
  expect(readdirSync(folder, { recursive: true })).toEqual(before);
}

describe('a folder can become a run’s', () => {
  test('if it is empty, or not there', async () => {
    await check();
    await checkRoom(join(folder, 'a', 'b'), { flag: '--out' });
    expect(existsSync(join(folder, 'a'))).toBe(false);
  });

  test('with what systems, schedulers and launchers leave there', async () => {
    holding('lost+found/', '.gitkeep', '.nfs0001', 'slurm-12.out', 'train.log');
    holding('token', 'tls/ca.pem', 'tensorboard/', 'token.0123abcd.tmp');
    await check();
  });

  test('with what flags name', async () => {
    holding('flags.json', 'data/train.csv');
    const flags = { config: join(folder, 'flags.json'), csv: join(folder, 'data', 'train.csv') };
    await check({ flags });
    await refuses(/other files \(data\)/, { flags: { config: flags.config, epochs: 3 } });
  });

  test('where one was cut short while it began, if it may begin again', async () => {
    holding('claim-0123456789abcdef.json', 'journal', 'checkpoints/step-000000000.safetensors');
    holding('run.json.tmp-0123456789abcdef');
    await check({ mayBeginAgain: true });
    await refuses(/--out .*: it holds a run already, which was cut short before .* Use --continue/);
  });

  test('where one was cut short while it was fetched, if it is fetched again', async () => {
    holding('run.json.fetched', 'checkpoints/step-000000900.safetensors', 'metrics.jsonl');
    holding('checkpoints/step-000001000.safetensors.fetched', 'weights.safetensors');
    await check({ mayBeginAgain: true, isFetched: true });
    await refuses(/was to be fetched into it, which was cut short\. Fetch it again/, {
      mayBeginAgain: true,
    });
    holding('notes');
    await refuses(/other files \(notes\)/, { mayBeginAgain: true, isFetched: true });
  });
});

test('who goes on needs a run', async () => {
  await expect(checkHoldsRun(folder, 's3://a/b')).rejects.toThrow(
    `--resume ${folder}: it holds no run (no run.json); neither does s3://a/b`,
  );
  holding('run.json');
  await checkHoldsRun(folder, undefined);
});

describe('a folder is refused', () => {
  test.each<[string, string[], string]>([
    ['metrics of something else', ['metrics.jsonl'], 'metrics.jsonl'],
    ['checkpoints of something else', ['checkpoints/epoch-3.pt'], 'checkpoints'],
    ['anything', ['passwd', 'hosts', '.bashrc'], '.bashrc, hosts, passwd'],
    ['much', ['a', 'b', 'c/', 'd/', 'e', 'f'], 'a, b, c, d and 2 more'],
  ])('that holds %s, whoever wants it, and for whatever', async (_, names, shown) => {
    holding(...names);
    const words = new RegExp(`--out ${folder}: it holds no run, and other files \\(${shown}\\)`);
    for (const mayBeginAgain of [false, true]) {
      for (const isFetched of [false, true]) await refuses(words, { mayBeginAgain, isFetched });
    }
  });

  test.each([
    ['its last weights', 'weights.safetensors'],
    ['a checkpoint', 'checkpoints/step-000000900.safetensors'],
  ])('that holds nothing of a run but %s, with what to do with them', async (_, name) => {
    holding(name);
    const words = `weights (${name}). Begin a run from them in another folder: --init ${join(folder, name)}`;
    for (const mayBeginAgain of [false, true]) {
      await expect(check({ mayBeginAgain })).rejects.toThrow(
        `--out ${folder}: it holds no run that could go on (no run.json), and ${words}`,
      );
    }
    await expect(checkHoldsRun(folder, undefined)).rejects.toThrow(
      `--resume ${folder}: it holds no run (no run.json), and ${words}`,
    );
  });

  test('that is a file', async () => {
    holding('file');
    await expect(checkRoom(join(folder, 'file'), { flag: 'pull' })).rejects.toThrow(
      `pull ${join(folder, 'file')}: it is not a folder`,
    );
  });
});
