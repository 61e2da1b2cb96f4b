// Runs that are computed again: a run in a folder, and what comes of its steps.
import { readdirSync, rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { adam, crossEntropy, erase, shift } from '@lockstep/core';
import {
  openReplay,
  type Replayed,
  type ReplayOptions,
  type RunReplay,
  type TrainOptions,
  train,
} from '@lockstep/trainer';
import { afterAll, beforeAll } from 'vitest';
import { digits, droppingNetwork, followToEnd } from './runs.js';
import { temporaryFolder } from './temporary-folder.js';

// 200 = 6·32 + 8: 7 steps an epoch, the last one short.
export const data = await digits(200, 100);

export const STEPS = 21;

export const options: TrainOptions = {
  model: droppingNetwork,
  data,
  loss: crossEntropy(),
  optimizer: adam({ learningRate: 0.003 }),
  batchSize: 32,
  shards: 8,
  epochs: 3,
  seed: 5,
  augment: [shift(2), erase()],
};

/** A run in a folder of its own. */
export async function trained(more: Partial<TrainOptions> = {}): Promise<string> {
  const out = await temporaryFolder();
  await followToEnd(train({ ...options, ...more, out, threads: 2 }));
  return out;
}

/** What those look at that change nothing: a run in a folder, for the tests of a file. */
export function commonRun(): () => string {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lockstep-replay-'));
    await followToEnd(train({ ...options, out: folder, threads: 2 }));
  });
  afterAll(() => rm(folder, { recursive: true }));
  return () => folder;
}

export async function withReplay<T>(
  out: string,
  work: (replay: RunReplay) => Promise<T>,
  more: Partial<ReplayOptions> = {},
): Promise<T> {
  const replay = await openReplay({ out, data, threads: 2, ...more });
  try {
    return await work(replay);
  } finally {
    await replay.close();
  }
}

export function replayed(
  out: string,
  steps: { step: number; from?: number },
  more: Partial<ReplayOptions> = {},
): Promise<Replayed> {
  return withReplay(out, (replay) => replay.replay(steps), more);
}

export function dropCheckpoints(out: string, isDropped: (step: number) => boolean): void {
  for (const name of readdirSync(join(out, 'checkpoints'))) {
    if (isDropped(Number(/\d+/.exec(name)![0]))) rmSync(join(out, 'checkpoints', name));
  }
}
