// Training under a CPU quota, in a control group that the test makes: how many threads there are, and that the bits stay.
// It needs root, and a hierarchy of groups that can be written.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../bits/temporary-folder.js';
import { type JsonEvent, LOCKSTEP, SMALL } from './lockstep.js';

const PERIOD = 100_000;
const V1 = '/sys/fs/cgroup/cpu';
const V2 = '/sys/fs/cgroup';

/** @returns the folder of a new group with such a quota, in CPUs; or why there is none */
function makeGroup(quota: number): { folder: string } | { reason: string } {
  const isV1 = existsSync(join(V1, 'cpu.cfs_quota_us'));
  if (!isV1 && !existsSync(join(V2, 'cgroup.controllers'))) return { reason: 'no control groups' };
  const folder = join(isV1 ? V1 : V2, `lockstep-test-${process.pid}`);
  try {
    if (!isV1) writeFileSync(join(V2, 'cgroup.subtree_control'), '+cpu');
    mkdirSync(folder);
    const [file, text] = isV1
      ? ['cpu.cfs_quota_us', `${quota * PERIOD}`]
      : ['cpu.max', `${quota * PERIOD} ${PERIOD}`];
    writeFileSync(join(folder, file), text);
    return { folder };
  } catch (error) {
    if (existsSync(folder)) rmdirSync(folder);
    return { reason: `groups cannot be made here: ${String(error)}` };
  }
}

/** A group is busy for a moment after its last process. */
async function removeGroup(folder: string): Promise<void> {
  for (let left = 100; ; left--) {
    try {
      rmdirSync(folder);
      return;
    } catch (error) {
      if (left === 0) throw error;
      await setTimeout(20);
    }
  }
}

async function train(
  folder: string | undefined,
  ...flags: readonly string[]
): Promise<JsonEvent[]> {
  const enter = folder === undefined ? '' : `echo $$ > ${folder}/cgroup.procs && `;
  const command = [
    process.execPath,
    LOCKSTEP,
    'train',
    ...SMALL,
    '--out',
    await temporaryFolder(),
    '--json',
    ...flags,
  ];
  const { status, stdout, stderr } = spawnSync(
    'sh',
    ['-c', `${enter}exec "$@"`, 'sh', ...command],
    {
      encoding: 'utf8',
    },
  );
  expect([status, stderr]).toEqual([0, expect.anything()]);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

describe.each([
  [0.5, 1],
  [1.5, 2],
])('under a quota of %d CPUs', (quota, threads) => {
  it(`trains with ${threads} threads at the most, to the same bits`, async ({ skip }) => {
    const group = makeGroup(quota);
    if ('reason' in group) return skip(group.reason);
    try {
      const events = await train(group.folder);
      const there = Math.min(threads, availableParallelism());
      expect(events[0]).toMatchObject({ event: 'run-start', workers: there });
      for (const { event, computing, of } of events) {
        if (event === 'threads') expect([1, 2].slice(0, of as number)).toContain(computing);
      }
      if (there === 1) expect(events.filter(({ event }) => event === 'threads')).toEqual([]);
      const alone = await train(undefined, '--threads', '1');
      expect(events.at(-1)!.weightsHash).toBe(alone.at(-1)!.weightsHash);
    } finally {
      await removeGroup(group.folder);
    }
  });
});
