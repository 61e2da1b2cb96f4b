import type { TrainEvent } from '@lockstep/trainer';
import { describe, expect, test } from 'vitest';
import { Interrupted } from './errors.js';
import {
  type FollowOptions,
  follow,
  followThreads,
  type ThreadsRun,
  waitingNote,
} from './follow.js';
import { recordedScreen } from './recorder.fixture.js';
import type { CommandEvent } from './reporter.js';
import type { Session } from './session.js';

const time = '2026-11-23T09:41:00.000Z';
const start = { event: 'run-start', time, shards: 4, batchSize: 64 } as TrainEvent;
const checkpoint: TrainEvent = { event: 'checkpoint', time, step: 1234, path: 'c', digest: 'd' };

function fakeRun(
  events: readonly TrainEvent[],
  failure?: unknown,
): ThreadsRun & AsyncIterable<TrainEvent> {
  return {
    threads: 4,
    waiting: 4,
    progress: () => ({
      epoch: 1,
      epochs: 2,
      step: 3,
      steps: 8,
      loss: 0.5,
      trainingSeconds: 0,
      samplesPerSecond: 0,
      secondsLeft: undefined,
    }),
    async *[Symbol.asyncIterator]() {
      yield* events;
      if (failure) throw failure;
    },
  };
}

function fakeSession(isTTY = false) {
  const recorded = recordedScreen(isTTY);
  const controller = new AbortController();
  const reported: CommandEvent[] = [];
  const begun: number[] = [];
  const session: Session = {
    screen: recorded.screen,
    reporter: { report: (event) => void reported.push(event) },
    signal: controller.signal,
    commandLine: (...args) => ['lockstep', ...args].join(' '),
    script: 'lockstep',
    cwd: '/home/me',
    env: {},
    interrupt: () => {},
    stopsAt: () => {},
    now: () => new Date(time),
    stdin: (async function* () {})(),
    markBegun: () => void begun.push(reported.length),
    markFailed: () => {},
  };
  return { ...recorded, session, controller, reported, begun };
}

function followed(
  run: ThreadsRun & AsyncIterable<TrainEvent>,
  session: Session,
): [typeof run, Session, FollowOptions] {
  const { live, onEvent } = followThreads(run, session, true);
  return [
    run,
    session,
    { out: '/home/me/runs/a', again: ['train', '--threads', '2'], live, onEvent: onEvent! },
  ];
}

describe('following a run', () => {
  test('every event is reported in order, and the run counts as begun from its first', async () => {
    const { session, reported, begun } = fakeSession();
    await follow(...followed(fakeRun([start, checkpoint]), session));
    expect(reported).toEqual([start, checkpoint]);
    expect(begun).toEqual([0]);
  });

  test('the user is told of threads that wait', async () => {
    const { session, stderr } = fakeSession();
    await follow(...followed(fakeRun([start]), session));
    expect(stderr.text).toBe(
      'note: 4 of 8 threads wait: 4 shards; use --shards 8 (other shards make other weights)\n',
    );
  });

  test('after an interruption the step that is saved and the way to go on are told', async () => {
    const { session, controller, stderr, reported } = fakeSession(true);
    const reason = new Interrupted('SIGINT');
    controller.abort(reason);
    const end = { event: 'run-end', time, stopped: 'asked' } as TrainEvent;
    const run = fakeRun([checkpoint, end]);
    await expect(follow(...followed(run, session))).rejects.toBe(reason);
    expect(reported).toEqual([checkpoint]);
    expect(stderr.shown).toEqual([
      'stopped at step 1,234, which is saved; go on with: lockstep train --resume runs/a --threads 2',
      '',
    ]);
  });

  test('a failure is passed on, and the live line is gone', async () => {
    const { session, stderr } = fakeSession(true);
    const failure = new Error('boom');
    await expect(follow(...followed(fakeRun([checkpoint], failure), session))).rejects.toBe(
      failure,
    );
    expect(stderr.text).toContain('epoch 1/2');
    expect(stderr.shown).toEqual(['']);
  });
});

describe('the note about waiting threads', () => {
  test('advises shards only while they can be chosen and the batch has enough samples', () => {
    const run = { threads: 4, waiting: 1 };
    expect(waitingNote(run, { shards: 4, batchSize: 64 }, true)).toMatch(
      /^1 of 5 threads waits: 4 shards; use --shards 8 /,
    );
    expect(waitingNote(run, { shards: 4, batchSize: 4 }, true)).toBe(
      '1 of 5 threads waits: 4 shards; a larger --batch-size has work for more',
    );
    expect(waitingNote(run, { shards: 4, batchSize: 64 }, false)).toBe(
      '1 of 5 threads waits: 4 shards',
    );
  });
});
