import type { WorkerEvent } from '@lockstep/worker/page';
import { describe, expect, it } from 'vitest';
import { lineOf, MOST_STRETCHES, newLane, withReport } from './lane.js';

const event = (told: object): WorkerEvent => ({ time: '', ...told }) as WorkerEvent;

describe('a lane', () => {
  it('takes what a thread tells, and keeps the newest stretches only', () => {
    let lane = newLane(0, 'tab');
    for (let step = 0; step < MOST_STRETCHES + 10; step++) {
      const progress = { event: 'progress', step, computeMs: step, sendMs: 1, waitMs: 2, loss: 0 };
      lane = withReport(lane, { type: 'event', event: event(progress) });
    }
    expect(lane.stretches.length).toBe(MOST_STRETCHES);
    expect(lane.stretches.at(-1)).toEqual({ computeMs: MOST_STRETCHES + 9, sendMs: 1, waitMs: 2 });
    const dealt = { event: 'generation', first: 2, end: 6, generation: 3, members: [], rank: 0 };
    expect(withReport(lane, { type: 'event', event: event(dealt) }).shards).toEqual({
      first: 2,
      end: 6,
    });
  });

  it('has a line for what a person would want to read, and none for what is shown anyway', () => {
    expect(lineOf(event({ event: 'disconnected', code: 'silent', reason: 'silent for 6 s' }))).toBe(
      'the link is lost: silent for 6 s',
    );
    expect(lineOf(event({ event: 'joined', step: 12 }))).toBe('joined, and brings step 12');
    expect(lineOf(event({ event: 'progress' }))).toBeUndefined();
  });
});
