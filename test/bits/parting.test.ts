// Where two runs of the same settings part is found, to the number.
import { adam, dropout, flatten, linear, relu, sequential, sgd } from '@lockstep/core';
import {
  findParting,
  knownParting,
  readEvidence,
  readRun,
  resume,
  settingDifferences,
  type TrainOptions,
  train,
} from '@lockstep/trainer';
import { describe, expect, it } from 'vitest';
import { bringAstray, rewriteEvents } from '../astray.js';
import { dice } from '../dice.js';
import {
  commonRun,
  data,
  dropCheckpoints,
  options,
  STEPS,
  trained,
  withReplay,
} from './replayed.js';
import { follow, followToEnd } from './runs.js';
import { temporaryFolder } from './temporary-folder.js';

const common = commonRun();

/** Where two runs of the same settings part, as `lockstep diff` finds it. */
async function parting(left: string, right: string) {
  const [ours, theirs] = [await readRun(left), await readRun(right)];
  expect(settingDifferences(ours, theirs)).toEqual([]);
  const { same, parting: recorded } = knownParting(
    (await readEvidence(left, ours)).records,
    (await readEvidence(right, theirs)).records,
    ({ what }) => !what.startsWith('metric '),
  );
  if (!recorded) return { recorded, found: undefined };
  const found = await withReplay(left, (one) =>
    withReplay(right, (other) =>
      findParting(one, other, { same, differs: recorded.step, recorded, isOneRun: true }),
    ),
  );
  return { recorded, found };
}

describe('two runs', () => {
  it('that are the same do not part', async () => {
    const [left, right] = [common(), await trained({ checkpointEvery: 4 })];
    expect(await parting(left, right)).toEqual({ recorded: null, found: undefined });
  });

  const roll = dice(20261130);
  const faults = [STEPS, 7, 1, ...Array.from({ length: 4 }, () => 1 + roll(STEPS))];
  it.each(faults)('part where one bit of one was flipped: step %d', async (step) => {
    const out = await temporaryFolder();
    const controller = new AbortController();
    const { signal } = controller;
    await follow(train({ ...options, out, signal, checkpointEvery: step, threads: 2 }), (event) => {
      if (event.event === 'checkpoint' && event.step === step) controller.abort();
    });
    const flipped = await bringAstray(out, step, roll);
    const { run } = await resume({ out, data, checkpointEvery: 100 });
    await followToEnd(run);
    const { recorded, found } = await parting(common(), out);
    expect(recorded!.step).toBe(7 * Math.ceil(step / 7));
    expect(found).toMatchObject({ same: step - 1, step, astray: ['right'] });
    expect(found!.differences).toHaveLength(1);
    const { name, index, left, right } = found!.differences[0]!;
    expect({ name, left, right }).toEqual({
      ...{ name: flipped.name, left: flipped.before, right: flipped.after },
    });
    const { shape } = (await readRun(out)).config.graph.parameters.find(
      (parameter) => parameter.name === name,
    )!;
    expect(index!.reduce((place, at, axis) => place * shape[axis]! + at, 0)).toBe(flipped.index);
  });

  it('of which one recorded what it does not compute are told apart by that', async () => {
    const [left, right] = [await trained(), await trained()];
    rewriteEvents(left, (event) =>
      event.step === 14 && 'weightsHash' in event ? { ...event, weightsHash: 'no hash' } : event,
    );
    dropCheckpoints(right, () => true);
    dropCheckpoints(left, () => true);
    const { found } = await parting(left, right);
    const saved = { left: [], right: [] };
    expect(found).toEqual({ same: 14, step: null, differences: [], astray: ['left'], saved });
  });

  it.each<[string, Partial<TrainOptions>, number, number | null]>([
    ['another seed', { seed: 6 }, 0, null],
    ['another learning rate', { optimizer: adam({ learningRate: 0.004 }) }, 1, 0],
    ['another optimizer', { optimizer: sgd({ learningRate: 0.1 }) }, 1, 0],
    ['more epochs', { epochs: 4 }, 22, 21],
  ])('that differ by %s part there', async (_, more, step, same) => {
    const [left, right] = [common(), await trained(more)];
    const differs = 21;
    const found = await withReplay(left, (one) =>
      withReplay(right, (other) =>
        findParting(one, other, { same: [7, 14], differs, isOneRun: false }),
      ),
    );
    if (step > STEPS) expect(found).toMatchObject({ step: null, same });
    else expect(found).toMatchObject({ step, same, astray: [] });
  });

  it('of networks that are not the same part before their first step, by shape and name', async () => {
    const model = sequential(flatten(), dropout(0.2), linear(784, 41), relu(), linear(41, 10));
    const [left, right] = [common(), await trained({ model, augment: [] })];
    const names = settingDifferences(await readRun(left), await readRun(right));
    expect(names.map(({ name }) => name)).toContain('network.2.weight');
    const { differences, step } = await withReplay(left, (one) =>
      withReplay(right, (other) =>
        findParting(one, other, { same: [], differs: 7, isOneRun: false }),
      ),
    );
    expect(step).toBe(0);
    expect(differences[0]).toMatchObject({ what: 'shape', left: '[40, 784]', right: '[41, 784]' });
  });
});
