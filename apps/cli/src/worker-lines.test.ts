import type { WorkerEvent } from '@lockstep/worker';
import { describe, expect, test } from 'vitest';
import { recordedScreen } from './recorder.fixture.js';
import { WorkerLines } from './worker-lines.js';

type Untimed<E> = E extends unknown ? Omit<E, 'time'> : never;

/** The lines on a screen, for events at seconds. */
function linesOf(isTTY: boolean, ...events: readonly [number, Untimed<WorkerEvent>][]): string {
  const { screen, stderr } = recordedScreen(isTTY);
  const lines = new WorkerLines(screen);
  for (const [second, event] of events) {
    lines.tell({ time: new Date(1000 * second).toISOString(), ...event } as WorkerEvent);
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours
  return stderr.text.replace(/\u001b\[\d*[mK]|\r/g, '');
}

function refused(attempt: number, reason = 'connect ECONNREFUSED'): Untimed<WorkerEvent> {
  const times = { retryMs: 2830, giveUpMs: 590_000 };
  return { event: 'not-connected', code: 'unreachable', reason, attempt, ...times };
}

describe.each([false, true])('on a terminal: %s', (isTTY) => {
  test('why there is no coordinator is said once, again when it is another reason or a minute later', () => {
    const text = linesOf(
      isTTY,
      [0, { event: 'dialling', url: 'ws://h', attempt: 1 }],
      [0, refused(1)],
      [3, { event: 'dialling', url: 'ws://h', attempt: 2 }],
      [3, refused(2)],
      [6, refused(3, 'HTTP status 502')],
      [50, refused(4, 'HTTP status 502')],
      [66, refused(5, 'HTTP status 502')],
    );
    const line = (reason: string) =>
      `not connected: ${reason}; trying again in 2.8 s, giving up in 10 min\n`;
    expect(text).toBe(
      [
        'connecting to ws://h\n',
        line('connect ECONNREFUSED'),
        line('HTTP status 502'),
        line('HTTP status 502'),
      ].join(''),
    );
  });

  test('training and test samples from one place are one line', () => {
    const dataset = { event: 'dataset', name: 'mnist' } as const;
    const local = linesOf(
      isTTY,
      [0, { ...dataset, part: 'train', source: 'local' }],
      [0, { ...dataset, part: 'test', source: 'local' }],
    );
    expect(local).toBe('data: mnist (local)\n');
    const mixed = linesOf(
      isTTY,
      [0, { ...dataset, part: 'train', source: 'cache' }],
      [0, { ...dataset, part: 'test', source: 'coordinator' }],
    );
    expect(mixed).toBe('data: mnist (cache)\ntest data: mnist (coordinator)\n');
  });
});

test('what the live line shows is a line only where there is none', () => {
  const status = { event: 'status', doing: 'training' } as const;
  expect(linesOf(false, [0, status])).toBe('training\n');
  expect(linesOf(true, [0, status])).toBe('');
});

test('the hash at the end is said to be the last step’s: who keeps the best epoch gives others', () => {
  const { screen, stdout } = recordedScreen(false);
  const time = new Date(0).toISOString();
  new WorkerLines(screen).tell({ time, event: 'run-end', step: 1001, weightsHash: 'ab' });
  expect(stdout.text).toBe('the run is over at step 1,001\nweights   sha256 ab at its last step\n');
});
