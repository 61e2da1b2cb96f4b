// Threads that die: in any phase of any step, in any way, one or several, again and again. The run goes on
// from the last committed step with the same bits and says so, or ends with a typed error and its state kept.
import { adam, crop, crossEntropy, flip, type NonFiniteError, noise, sgd } from '@lockstep/core';
import { CheckpointStore, type Fault, resume, type TrainOptions, train } from '@lockstep/trainer';
import { beforeAll, describe, expect, it } from 'vitest';
import { some } from '../long.js';
import { digits, droppingNetwork, follow, followToEnd, type Outcome } from './runs.js';
import { temporaryFolder } from './temporary-folder.js';

// 200 = 6·32 + 8: 7 steps an epoch, the last one short; steps 0 to 13.
const data = await digits(200, 300);
const options: TrainOptions = {
  model: droppingNetwork,
  data,
  loss: crossEntropy(),
  // With momentum or moments a step that was counted twice would show.
  optimizer: adam({ learningRate: 0.003, clipNorm: 1 }),
  batchSize: 32,
  shards: 8,
  epochs: 2,
  augment: [crop(3), flip(), noise(0.05)],
};
let undisturbed: Outcome;

beforeAll(async () => {
  undisturbed = await followToEnd(train({ ...options, threads: 1 }));
});

const PHASES = ['compute', 'reduce', 'commit'] as const;
const fault = (
  thread: number,
  step: number,
  when: Fault['when'],
  how: Fault['how'] = 'throw',
): Fault => ({ thread, step, when, how });

async function expectSameBits(faults: readonly Fault[], threads: number): Promise<Outcome> {
  const outcome = await followToEnd(train({ ...options, threads, faults }));
  expect(outcome.weightsHash).toBe(undisturbed.weightsHash);
  expect(outcome.epochs).toEqual(undisturbed.epochs);
  return outcome;
}

/** What an outcome tells of deaths, in order. */
function deaths({ events }: Outcome): string[] {
  return events.flatMap((event) => {
    if (event.event === 'worker-lost') return [`${event.name} lost at ${event.step}`];
    return event.event === 'recovered' ? [`recovered at ${event.step}`] : [];
  });
}

describe('a thread dies', () => {
  for (const [phase, when] of PHASES.entries()) {
    for (const [way, how] of (['throw', 'exit'] as const).entries()) {
      // Of the first step and of another one in turns, where there is time for one of them.
      const [one, other] = (phase + way) % 2 === 0 ? [0, 7] : [7, 0];
      it.each(some(1, [one, other, 4, 6, 13]))(
        `in phase ${when} of step %d (${how}): same bits`,
        async (step) => {
          const outcome = await expectSameBits([fault(step % 2, step, when, how)], 2);
          expect(deaths(outcome)).toEqual([
            `thread ${step % 2} lost at ${step}`,
            `recovered at ${step + 1}`,
          ]);
        },
      );
    }
  }

  it('for want of memory: same bits, and the reason is told', async () => {
    const outcome = await expectSameBits([fault(1, 4, 'reduce', 'out-of-memory')], 2);
    expect(deaths(outcome)).toEqual(['thread 1 lost at 4', 'recovered at 5']);
    const lost = outcome.events.find(({ event }) => event === 'worker-lost');
    expect(lost).toMatchObject({ reason: expect.stringMatching(/memory/), generation: 2 });
  });

  it.each([7, 14])('in the evaluation after step %d: same metrics', async (step) => {
    // Every thread has the fault, since one that is late may find no chunk left to die with.
    const faults = [0, 1, 2].map((thread) => fault(thread, step, 'evaluate', 'exit'));
    const outcome = await expectSameBits(faults, 3);
    const told = deaths(outcome);
    expect(told.length).toBeGreaterThan(1);
    expect(told[0]).toMatch(new RegExp(`^thread \\d lost at ${step}$`));
    expect(told.at(-1)).toBe(`recovered at ${step}`);
  });

  it('and it is the only one', async () => {
    const outcome = await expectSameBits([fault(0, 4, 'commit')], 1);
    expect(deaths(outcome)).toEqual(['thread 0 lost at 4', 'recovered at 5']);
  });
});

describe('several threads die', () => {
  it.each(PHASES)('two of three at once, in phase %s', async (when) => {
    const outcome = await expectSameBits([fault(0, 4, when), fault(2, 4, when, 'exit')], 3);
    // The second may be noticed with the first, or when the step is tried again.
    expect(deaths(outcome)).toHaveLength(3);
    expect(deaths(outcome).at(-1)).toBe('recovered at 5');
  });

  it('all of them at once', async () => {
    const faults = [0, 1, 2, 3, 4].map((thread) => fault(thread, 8, 'reduce'));
    const outcome = await expectSameBits(faults, 5);
    expect(deaths(outcome)).toHaveLength(6);
  });

  it('one after the other, at every step', async () => {
    const faults = Array.from({ length: 14 }, (_, step) =>
      fault(step % 3, step, PHASES[step % 3]!, step % 2 ? 'exit' : 'throw'),
    );
    const outcome = await expectSameBits(faults, 3);
    expect(deaths(outcome).filter((told) => told.includes('lost'))).toHaveLength(14);
    expect(deaths(outcome).at(-1)).toBe('recovered at 14');
  });

  it('twice at a step, and once at the next, with a checkpoint between: that is not three times', async () => {
    const faults = [fault(1, 3, 'commit'), fault(1, 3, 'commit'), fault(1, 4, 'compute')];
    const out = await temporaryFolder();
    const outcome = await followToEnd(
      train({ ...options, threads: 2, faults, out, checkpointEvery: 4 }),
    );
    expect(outcome.weightsHash).toBe(undisturbed.weightsHash);
  });
});

describe('a thread that dies at the same step again and again', () => {
  it('ends the run with code thread-lost, and the steps before are kept', async () => {
    const out = await temporaryFolder();
    const faults = [0, 1, 2].map(() => fault(1, 9, 'reduce'));
    const run = train({ ...options, threads: 2, faults, out });
    const outcome = await follow(run);
    expect(outcome.error).toMatchObject({ code: 'thread-lost' });
    expect(String(outcome.error)).toMatch(/3 times in a row at step 9.*thread 1: fault injected/);
    expect(deaths(outcome)).toEqual(Array(3).fill('thread 1 lost at 9'));
    expect(outcome.events.at(-1)).toMatchObject({ event: 'checkpoint', step: 9 });
    await expect(run.result()).rejects.toMatchObject({ code: 'config' });
    const again = await followToEnd((await resume({ out, data, threads: 3 })).run);
    expect(again.weightsHash).toBe(undisturbed.weightsHash);
  });

  it('in an evaluation, too', async () => {
    const faults = Array.from({ length: 3 }, () => fault(0, 7, 'evaluate'));
    const outcome = await follow(train({ ...options, threads: 1, faults }));
    expect(outcome.error).toMatchObject({ code: 'thread-lost' });
  });
});

describe('a number that is not finite', () => {
  const wild: TrainOptions = {
    ...options,
    optimizer: sgd({ learningRate: 1e20 }),
  };

  it.each([1, 2, 3])(
    'stops the run on %d threads, naming step and parameter; the last good state is kept',
    async (threads) => {
      const out = await temporaryFolder();
      const outcome = await follow(train({ ...wild, threads, out }));
      const error = outcome.error as NonFiniteError;
      expect(error).toMatchObject({ code: 'non-finite' });
      expect(error.step).toBeGreaterThan(0);
      expect(error.message).toMatch(new RegExp(`step ${error.step}: .*"\\d\\.(weight|bias)"`));
      expect(outcome.events.at(-1)).toMatchObject({ event: 'checkpoint', step: error.step });
      const { checkpoint } = (await new CheckpointStore(`${out}/checkpoints`).latest())!;
      expect(checkpoint.step).toBe(error.step);
      for (const tensor of checkpoint.tensors.values()) {
        expect([...(tensor.data as Float32Array)].every(Number.isFinite)).toBe(true);
      }
      const { run } = await resume({ out, data, threads: 2 });
      expect((await follow(run)).error).toMatchObject({ code: 'non-finite', step: error.step });
    },
  );

  it('stops the run at the same step when a thread dies at that step', async () => {
    const calm = (await follow(train({ ...wild, threads: 1 }))).error as NonFiniteError;
    const faults = PHASES.slice(0, 2).map((when) => fault(1, calm.step, when));
    const outcome = await follow(train({ ...wild, threads: 2, faults }));
    expect(outcome.error).toEqual(calm);
  });
});
