import { describe, expect, test } from 'vitest';
import { recordedScreen } from './recorder.fixture.js';
import { Watchers } from './watchers.js';

/** A watcher of texts that keeps what it heard, and fails at one of them. */
function listener(name: string, failsAt?: string) {
  const heard: string[] = [];
  const hear = (what: string): void => {
    heard.push(what);
    if (what === failsAt) throw new Error('the disk is full');
  };
  const watcher = {
    name,
    begin: (watched: string, out: string) => hear(`${watched} in ${out}`),
    onEvent: (event: string) => hear(event),
    close: (error?: unknown) => hear(`close${error ? ` by ${(error as Error).message}` : ''}`),
  };
  return { heard, watcher };
}

describe('watchers', () => {
  test('hear of all that happens, and how it ended', async () => {
    const { screen } = recordedScreen();
    const { heard, watcher } = listener('one');
    const watchers = new Watchers(screen, [undefined, watcher]);
    const given = await watchers.during(async () => {
      await watchers.begin('a run', 'runs/a');
      await watchers.onEvent('event');
      return 3;
    });
    expect(given).toBe(3);
    const failing = watchers.during(() => Promise.reject(new Error('boom')));
    await expect(failing).rejects.toThrow('boom');
    expect(heard).toEqual(['a run in runs/a', 'event', 'close', 'close by boom']);
  });

  test('that fail are told of once, hear of nothing more, and end nothing', async () => {
    const { screen, stderr } = recordedScreen();
    const [good, bad] = [listener('good'), listener('bad', 'b')];
    const watchers = new Watchers(screen, [bad.watcher, good.watcher]);
    await watchers.during(async () => {
      for (const event of ['a', 'b', 'c']) await watchers.onEvent(event);
    });
    expect(good.heard).toEqual(['a', 'b', 'c', 'close']);
    expect(bad.heard).toEqual(['a', 'b']);
    expect(stderr.text).toMatch(/^warning: bad has stopped: the disk is full.*\n$/);
  });

  test('that need the folder are made when it is known', async () => {
    const { screen } = recordedScreen();
    const { heard, watcher } = listener('later');
    const folders: string[] = [];
    const make = (out: string) => {
      folders.push(out);
      return watcher;
    };
    const watchers = new Watchers(screen, [], [undefined, make]);
    await watchers.during(async () => {
      watchers.callbacks('runs/a');
      await watchers.begin('a run', 'runs/a');
    });
    expect([folders, heard]).toEqual([['runs/a'], ['a run in runs/a', 'close']]);
  });

  test('ask for steps and weights only if one of them does', async () => {
    const { screen } = recordedScreen();
    const { watcher } = listener('one');
    expect(new Watchers(screen, [watcher]).callbacks('')).toEqual({});
    const steps: number[] = [];
    const asking = { ...watcher, onStep: ({ step }: { step: number }) => void steps.push(step) };
    const { onStep, onEpoch } = new Watchers(screen, [watcher, asking]).callbacks('');
    expect(onEpoch).toBeUndefined();
    expect(await onStep!({ step: 3, epoch: 1, loss: 0.5 })).toBeUndefined();
    expect(steps).toEqual([3]);
  });
});
