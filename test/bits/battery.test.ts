// Random deaths and interruptions against one undisturbed run: what the tables of cases did not think of.
// A few in every test run; LOCKSTEP_BATTERY=300 tries as many (a minute or two), LOCKSTEP_BATTERY_SEED
// chooses others. A failure prints its seed.
import { adam, crossEntropy, mul, sequential } from '@lockstep/core';
import { type Fault, resume, type TrainOptions, train } from '@lockstep/trainer';
import { describe, expect, it } from 'vitest';
import { dice, type Roll } from '../dice.js';
import { digits, droppingNetwork, type EpochFacts, follow, followToEnd } from './runs.js';
import { temporaryFolder } from './temporary-folder.js';

const ROUNDS = Number(process.env.LOCKSTEP_BATTERY ?? 12);
const SEED = Number(process.env.LOCKSTEP_BATTERY_SEED ?? 1);

const data = await digits(200, 300);
const STEPS = 21;
const options: TrainOptions = {
  model: sequential(droppingNetwork, (x) =>
    mul(
      x,
      Array.from({ length: 10 }, (_, i) => 1 + i / 8),
    ),
  ),
  data,
  loss: crossEntropy({ classWeights: Array.from({ length: 10 }, (_, i) => 1 + i / 4) }),
  optimizer: adam({ clipNorm: 1 }),
  trainable: /weight/,
  groups: [{ match: '0.5.weight', learningRateFactor: 3, weightDecay: 0.01 }],
  batchSize: 32,
  shards: 8,
  epochs: 3,
};

/** Up to 4 deaths, by step; never three at one step. */
function randomFaults(roll: Roll, threads: number): Fault[] {
  const faults = Array.from({ length: roll(5) }, () => ({
    thread: roll(threads),
    step: roll(STEPS + 1),
    when: (['compute', 'reduce', 'commit', 'evaluate'] as const)[roll(4)]!,
    how: roll(2) ? ('throw' as const) : ('exit' as const),
  }));
  return faults
    .sort((a, b) => a.step - b.step)
    .filter((fault, i) => fault.step !== faults[i - 2]?.step);
}

describe('random deaths and interruptions', async () => {
  const undisturbed = await followToEnd(train({ ...options, threads: 1 }));

  for (let round = 0; round < ROUNDS; round++) {
    const seed = SEED * 1_000_000 + round;
    it(`number ${seed} ends with the same bits`, async () => {
      const roll = dice(seed);
      const out = await temporaryFolder();
      const checkpointEvery = 1 + roll(10);
      const epochs: EpochFacts[] = [];
      for (let attempt = 0; ; attempt++) {
        const threads = 1 + roll(5);
        const controller = new AbortController();
        const more = {
          out,
          threads,
          checkpointEvery,
          faults: randomFaults(roll, threads),
          signal: controller.signal,
        };
        const run =
          attempt === 0 ? train({ ...options, ...more }) : (await resume({ ...more, data })).run;
        // The last attempt is left alone.
        const delayMs = attempt < 4 ? roll(200) : 60_000;
        const timer = setTimeout(() => controller.abort(), delayMs);
        const outcome = await follow(run);
        clearTimeout(timer);
        epochs.push(...outcome.epochs);
        if (outcome.weightsHash !== undefined) {
          expect(outcome.weightsHash).toBe(undisturbed.weightsHash);
          break;
        }
        expect(outcome.isInterrupted).toBe(true);
      }
      expect(epochs).toEqual(undisturbed.epochs);
    });
  }
});
