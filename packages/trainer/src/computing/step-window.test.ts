// What a window takes for its steps, and when it is over: with times that are made up.
import { describe, expect, it } from 'vitest';
import { StepWindow } from './step-window.js';

const SIZE = {
  warmUp: { steps: 2, ms: 10 },
  measured: { steps: 4, ms: 100 },
  hopeless: { steps: 8, factor: 1.5 },
};

/** @returns what each step ends, if it does */
function note(window: StepWindow, steps: readonly number[]): (number | undefined)[] {
  return steps.map((ms) => window.note(ms));
}

/** The place of the first step that ends a window, from 1 on, and the window. */
function firstEnd(window: StepWindow, steps: readonly number[]): [number, number] | undefined {
  const ends = note(window, steps);
  const at = ends.findIndex((end) => end !== undefined);
  return at < 0 ? undefined : [at + 1, ends[at]!];
}

describe('a window', () => {
  it('leaves out the first steps, and is the mean of those after them', () => {
    const window = new StepWindow(SIZE);
    expect(note(window, [90, 1])).toEqual([undefined, undefined]);
    expect(note(window, [20, 30, 40, 50])).toEqual([undefined, undefined, undefined, 35]);
    expect(window.last).toBe(35);
  });

  it('has enough steps, however long they are', () => {
    expect(firstEnd(new StepWindow(SIZE), Array(9).fill(500))).toEqual([6, 500]);
  });

  it('lasts long enough, however short they are', () => {
    expect(firstEnd(new StepWindow(SIZE), Array(200).fill(1))).toEqual([110, 1]);
  });

  it('leaves nothing out of the next one', () => {
    const window = new StepWindow(SIZE);
    note(window, Array(6).fill(25));
    expect(firstEnd(window, Array(9).fill(50))).toEqual([4, 50]);
  });
});

describe('a window after one of another number of threads', () => {
  it('is over soon where its steps are much longer', () => {
    expect(firstEnd(new StepWindow(SIZE, 1), Array(200).fill(2))).toEqual([13, 2]);
  });

  it('goes on where they are a little longer, or one of them is very long', () => {
    expect(firstEnd(new StepWindow(SIZE, 1), Array(200).fill(1.25))).toEqual([88, 1.25]);
    const stalls = Array.from({ length: 200 }, (_, i) => (i === 14 ? 50 : 1));
    expect(firstEnd(new StepWindow(SIZE, 1), stalls)?.[0]).toBe(61);
  });

  it('goes on where most are as short as before, and some are long', () => {
    const mixed = Array.from({ length: 200 }, (_, i) => (i % 3 === 0 ? 1 : 2));
    expect(firstEnd(new StepWindow(SIZE, 1), mixed)?.[0]).toBeGreaterThan(50);
  });
});
