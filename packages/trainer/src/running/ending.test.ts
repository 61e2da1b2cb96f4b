import { expect, it } from 'vitest';
import { endingOf } from './ending.js';
import type { ClusterEvent } from './events.js';

const events = (...names: readonly string[]): ClusterEvent[] =>
  names.map((event, step) => ({ event, step }) as unknown as ClusterEvent);

it.each<[string, readonly string[], number | undefined]>([
  ['came to its end', ['run-start', 'epoch-end', 'run-end'], 2],
  ['failed', ['run-start', 'checkpoint', 'error'], 2],
  ['was stopped', ['run-start', 'checkpoint', 'interrupted'], 2],
  ['goes on, or was killed', ['run-start', 'checkpoint'], undefined],
  ['was stopped, and taken up again', ['run-start', 'interrupted', 'run-start'], undefined],
  [
    'failed, and waits for workers again',
    ['listening', 'run-start', 'error', 'listening'],
    undefined,
  ],
  ['was stopped twice', ['run-start', 'interrupted', 'run-start', 'interrupted'], 3],
  ['has told nothing', [], undefined],
])('a run that %s', (_, names, at) => {
  const all = events(...names);
  expect(endingOf(all)).toBe(at === undefined ? undefined : all[at]);
});
