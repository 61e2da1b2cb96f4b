import { encodeSafetensors, type StoredTensor } from '@lockstep/formats';
import type { ClusterEvent } from '@lockstep/trainer';
import { expect, test } from 'vitest';
import type { DatasetInfo, RunInfo } from '../contract.js';
import { invent } from '../page/testing/invented.js';
import type { Feed } from '../server/feed.js';
import { collectReport } from './collect-report.js';

const OPTIONS = { time: '2026-06-01T09:30:00.000Z', withModels: true };
const [TEST] = invent({ id: 'a' }).info.datasets as [DatasetInfo];

/** Inputs of so many bytes each. */
function samplesOf(bytes: number, first: number, count: number): Uint8Array {
  const inputs: StoredTensor = {
    ...{ dtype: 'U8', shape: [count, bytes] },
    data: new Uint8Array(count * bytes).fill(first),
  };
  return Buffer.concat(encodeSafetensors(new Map([['inputs', inputs]])));
}

function feedOf(id: string, config: RunInfo['config'], more: Partial<Feed> = {}): Feed {
  const { info, events, samples } = invent({ id, isLive: true, samples: 5 });
  const history = { events: [...events], samples };
  const datasets = [
    { ...TEST, name: 'train' },
    { ...TEST, inputType: null },
  ];
  return {
    info: { ...info, config, datasets },
    history,
    model: async () => ({ step: 50, bytes: Uint8Array.of(1, 2) }),
    gradients: async () => undefined,
    samples: async (_, first, count) => samplesOf(784, first, count),
    act: async () => {},
    listen: () => () => {},
    ...more,
  };
}

test('a report has runs, their ways, models and test samples, and nobody to tell anything', async () => {
  const feed = feedOf('a', { seed: 0 });
  const { messages, models, samples, notes } = await collectReport([feed], OPTIONS);
  expect(messages.map(({ type }) => type)).toEqual(['runs', 'history', 'model']);
  const [first] = messages as unknown as readonly [{ readonly runs: readonly RunInfo[] }];
  expect(first.runs[0]).toMatchObject({
    ...{ id: 'a', folder: null, isLive: false },
    can: { stop: false, checkpoint: false, dropWorker: false },
  });
  expect(first.runs[0]!.datasets.map(({ inputType }) => inputType)).toEqual(['uint8', 'uint8']);
  expect(models).toEqual([{ run: 'a', step: 50, bytes: Uint8Array.of(1, 2) }]);
  expect(samples.map(({ runs, dataset }) => [runs, dataset])).toEqual([[['a'], 'test']]);
  expect(notes).toEqual([]);
});

test('a report does not say where its runs lie', async () => {
  const { events, samples } = invent({ id: 'a' });
  const history = { events: [...events], samples };
  const { messages } = await collectReport([feedOf('a', {}, { history })], OPTIONS);
  expect(events.map((event) => JSON.stringify(event)).join()).toContain('runs/invented');
  expect(JSON.stringify(messages)).not.toContain('runs/');
  expect(JSON.stringify(messages)).toContain('"path":"step-940.safetensors"');
});

test('a report does not say at which addresses its runs were computed, or where data lies', async () => {
  const { events, samples } = invent({ id: 'a', workers: ['w0', 'w1'] });
  const at = { time: events[0]!.time, step: 7, generation: 2 };
  const urls = ['ws://10.0.0.5:7070', 'ws://coordinator.lab:7070', 'unix:/run/a.sock'];
  const secret: ClusterEvent[] = [
    { event: 'listening', time: at.time, url: urls[0]!, urls },
    { ...at, event: 'fallback', topology: 'star', reason: 'w1 cannot reach w0 at ws://10.0.0.6:1' },
    {
      ...{ ...at, event: 'worker-lost', name: 'w1', code: 'lost', left: false },
      reason: 'read ECONNRESET 10.0.0.7:53412',
    },
    { event: 'warning', time: at.time, message: 'coordinator.lab is not in /etc/certs/c.pem' },
    { ...at, event: 'interrupted', saved: 7, reason: 'stopped: nobody reads /home/anna/log' },
    { event: 'error', time: at.time, code: 'disk', message: "open '/mnt/anna b/x'" },
  ];
  const history = {
    events: [...events, ...secret],
    samples: samples.map((sample) => ({ ...sample, waitsFor: 'waiting for 10.0.0.8:1' })),
  };
  const feed = feedOf('a', { 'dataset.name': '/data/x.csv' }, { history } as never);
  const again = 'lockstep coordinator --resume /home/anna/runs/a --token-file /home/anna/token';
  const { messages, notes } = await collectReport(
    [{ ...feed, info: { ...feed.info, again } }],
    OPTIONS,
  );
  const text = JSON.stringify([messages, notes]);
  for (const told of [/10\.0\.0/, /\.lab/, /anna/, /\/(run|etc|mnt|data)/, /:7070/, /token/]) {
    expect(text).not.toMatch(told);
  }
  expect(text).toContain('w1 cannot reach w0 at (address)');
  expect(text).toContain('(address) is not in c.pem');
});

test('runs with the same data have it once, those with other data each their own', async () => {
  const shared = { 'dataset.sha256': 'ab' };
  const feeds = [feedOf('a', shared), feedOf('b', shared), feedOf('c', { 'dataset.sha256': 'cd' })];
  const { samples } = await collectReport(feeds, OPTIONS);
  expect(samples.map(({ runs }) => runs)).toEqual([['a', 'b'], ['c']]);
});

test('of large data as much is in it as there is room for, and it says so', async () => {
  const asked: number[] = [];
  const feed = feedOf(
    'a',
    {},
    {
      samples: async (_, first, count) => {
        asked.push(count);
        return samplesOf(3072, first, count);
      },
    },
  );
  const { notes } = await collectReport([feed], OPTIONS);
  expect(asked).toEqual([1, 2730]);
  expect(notes).toEqual(['Of the 10000 samples of "test" of a the first 2730 are in this report.']);
});

test('what cannot be had is said, and the rest is there', async () => {
  const failing = feedOf(
    'a',
    {},
    {
      model: async () => {
        throw new Error("run: /home/anna/runs/a holds none, nor 'C:\\data\\b.csv': 1/2");
      },
      samples: async () => undefined,
    },
  );
  const huge = feedOf(
    'b',
    {},
    {
      model: async () => ({ step: 1, bytes: new Uint8Array(2 ** 25 + 1) }),
    },
  );
  const { notes, messages, models } = await collectReport([failing, huge], OPTIONS);
  expect(notes).toEqual([
    "The model of a cannot be shown here: run: a holds none, nor 'b.csv': 1/2",
    'Samples that a is examined with cannot be shown here: nobody has them',
    'The model of b cannot be shown here: it has 34 MB',
  ]);
  expect(models).toEqual([]);
  expect(messages.map(({ type }) => type)).toEqual(['runs', 'history', 'history']);
});

test('without models nobody is asked for them', async () => {
  const refuse = async (): Promise<never> => {
    throw new Error('asked');
  };
  const feed = feedOf('a', {}, { model: refuse, samples: refuse });
  const { notes, models, samples } = await collectReport([feed], { ...OPTIONS, withModels: false });
  expect([notes, models, samples]).toEqual([[], [], []]);
});
