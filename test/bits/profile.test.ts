// Profiling watches a run and changes nothing of it.
import { adam, crossEntropy } from '@lockstep/core';
import { chromeTrace, profileTable, train } from '@lockstep/trainer';
import { expect, it } from 'vitest';
import { digits, network } from './runs.js';

const data = await digits(300, 100);
const options = { model: network, data, loss: crossEntropy(), optimizer: adam(), threads: 2 };

it('gives the same weights, and tells what each thread spent its time on', async () => {
  const plain = train(options);
  const profiled = train({ ...options, profile: true });
  expect((await profiled.result()).weightsHash).toBe((await plain.result()).weightsHash);
  expect(plain.profiles).toEqual([]);
  expect(profiled.stepsTaken).toBe(5);
  expect(profiled.profiles.map(({ thread }) => thread)).toEqual([0, 1]);
  for (const { entries, spans } of profiled.profiles) {
    const calls = new Map(entries.map(({ name, calls }) => [name, calls]));
    // A step: one stage of shards, two of tiles (reduce, update), two barriers.
    expect([calls.get('shards'), calls.get('reduce and update'), calls.get('wait')]).toEqual([
      5, 10, 10,
    ]);
    expect(calls.get('adam')).toBeGreaterThanOrEqual(5);
    expect(spans).toHaveLength([...calls.values()].reduce((sum, count) => sum + count, 0));
    for (const { ms } of entries) expect(ms).toBeGreaterThanOrEqual(0);
    // A stage without its kernels and the kernels themselves add up to the stages as they were measured.
    const stages = ['shards', 'reduce and update', 'wait', 'evaluate'];
    const whole = spans
      .filter(({ name }) => stages.includes(name))
      .reduce((sum, { ms }) => sum + ms, 0);
    const parts = entries.reduce((sum, { ms }) => sum + ms, 0);
    expect(parts).toBeCloseTo(whole, 6);
  }
});

it('is written as a table in microseconds a step and as a trace', () => {
  const profiles = [
    {
      thread: 0,
      entries: [
        { name: 'adam', calls: 4, ms: 3 },
        { name: 'wait', calls: 2, ms: 1 },
      ],
      spans: [{ name: 'adam', start: 1000.5, ms: 0.25 }],
    },
    {
      thread: 1,
      entries: [{ name: 'adam', calls: 4, ms: 2 }],
      spans: [{ name: 'wait', start: 1000, ms: 0.5 }],
    },
  ];
  const lines = profileTable(profiles, 2).split('\n');
  expect(lines.map((line) => line.trim().split(/\s{2,}/))).toEqual([
    ['µs a step', 'thread 0', 'thread 1'],
    ['adam', '1500.0', '1000.0'],
    ['wait', '500.0', '0.0'],
    ['total', '2000.0', '1000.0'],
  ]);
  const { traceEvents } = JSON.parse(chromeTrace(profiles));
  expect(traceEvents.filter(({ ph }: { ph: string }) => ph === 'X')).toEqual([
    { name: 'adam', ph: 'X', pid: 1, tid: 0, ts: 500, dur: 250 },
    { name: 'wait', ph: 'X', pid: 1, tid: 1, ts: 0, dur: 500 },
  ]);
});
