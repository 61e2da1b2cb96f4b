import { describe, expect, test } from 'vitest';
import type { LaneSample, Message, Sample } from '../contract.js';
import { History } from './history.js';
import { joinSamples, NOTHING } from './samples.js';
import { Subscriber } from './subscriber.js';

function lane(worker: string, computing: number, waiting: number): LaneSample {
  return { worker, thread: null, spent: { ...NOTHING, computing, waiting } };
}

function sample(step: number, more: Partial<Sample> = {}): Sample {
  return {
    ...{ at: 1000 * step, ms: 100, step, steps: 1000, epoch: 1, loss: 1 / step, learningRate: 0.1 },
    ...{ gradientNorm: null, weightNorm: null, samplesPerSecond: 10, secondsLeft: null },
    ...{ lanes: [lane('a', 60, 40)], workers: [] },
    ...more,
  };
}

describe('two samples that are joined', () => {
  test('are where the later one stood, and cover the time of both', () => {
    const joined = joinSamples(
      sample(1, { lanes: [lane('a', 60, 40), lane('gone', 5, 95)] }),
      sample(2, { lanes: [lane('a', 30, 70), lane('new', 1, 2)] }),
    );
    expect(joined).toMatchObject({ at: 2000, ms: 200, step: 2, loss: 0.5 });
    expect(joined.lanes).toEqual([lane('a', 90, 110), lane('gone', 5, 95), lane('new', 1, 2)]);
  });

  test('keep what only the earlier one knew', () => {
    const joined = joinSamples(sample(1, { gradientNorm: 3, weightNorm: 4 }), sample(2));
    expect(joined).toMatchObject({ gradientNorm: 3, weightNorm: 4 });
  });
});

describe('a history', () => {
  test.each([1, 7, 8, 9, 16, 17, 100, 1001])(
    'of %i samples never has more than its limit, and covers all the time',
    (count) => {
      const history = new History(8);
      for (let step = 1; step <= count; step++) history.add(sample(step));
      const { samples } = history;
      expect(samples.length).toBeLessThanOrEqual(8);
      expect(samples.length).toBeGreaterThanOrEqual(Math.min(count, 4));
      expect(samples.reduce((ms, one) => ms + one.ms, 0)).toBe(100 * count);
      expect(samples.at(-1)!.step).toBe(count);
      const computing = samples.flatMap(({ lanes }) => lanes.map(({ spent }) => spent.computing));
      expect(computing.reduce((a, b) => a + b, 0)).toBe(60 * count);
    },
  );
});

describe('a page that does not read', () => {
  function page() {
    const written: Message[] = [];
    let isFull = false;
    let gaveUp = false;
    let ended = false;
    const subscriber = new Subscriber({
      write: (text) => {
        written.push(JSON.parse(text));
        return !isFull;
      },
      giveUp: () => {
        gaveUp = true;
      },
      end: () => {
        ended = true;
      },
    });
    const fill = (full: boolean) => {
      isFull = full;
    };
    return { subscriber, written, fill, gaveUp: () => gaveUp, ended: () => ended };
  }
  const told = (run: string, step: number): Message => ({
    ...{ type: 'sample', run },
    sample: sample(step),
  });
  const event = (step: number): Message => ({
    ...{ type: 'event', run: 'a' },
    event: { event: 'checkpoint', time: '', step, path: '', digest: '' },
  });

  test('is sent one sample a run for all that it missed, and every event, once it reads', () => {
    const { subscriber, written, fill } = page();
    subscriber.send(told('a', 1));
    fill(true);
    subscriber.send(told('a', 2));
    for (let step = 3; step <= 9; step++) subscriber.send(told(step % 2 ? 'a' : 'b', step));
    subscriber.send(event(9));
    subscriber.send({ type: 'model', run: 'a', step: 5 });
    subscriber.send({ type: 'model', run: 'a', step: 9 });
    expect(written).toHaveLength(2);
    fill(false);
    subscriber.drained();
    const rest = written.slice(2);
    expect(rest.map(({ type }) => type)).toEqual(['sample', 'sample', 'event', 'model']);
    expect(rest[0]).toMatchObject({ run: 'a', sample: { step: 9, ms: 400 } });
    expect(rest[1]).toMatchObject({ run: 'b', sample: { step: 8, ms: 300 } });
    expect(rest[3]).toMatchObject({ step: 9 });
  });

  test('hears the last word after all that it has left unread, and then it ends', () => {
    const { subscriber, written, fill, ended } = page();
    subscriber.send(event(1));
    fill(true);
    for (const step of [2, 3, 4]) subscriber.send(event(step));
    subscriber.finish({ type: 'bye' });
    expect(ended()).toBe(false);
    // The buffer takes one, and is full again.
    subscriber.drained();
    expect([written.length, ended()]).toEqual([3, false]);
    fill(false);
    subscriber.drained();
    expect(written.map(({ type }) => type)).toEqual([...Array(4).fill('event'), 'bye']);
    expect(ended()).toBe(true);
  });

  test('is given up when it has left too many events unread', () => {
    const { subscriber, fill, gaveUp } = page();
    fill(true);
    for (let step = 0; step < 5001; step++) subscriber.send(event(step));
    expect(gaveUp()).toBe(false);
    subscriber.send(event(0));
    expect(gaveUp()).toBe(true);
  });
});
