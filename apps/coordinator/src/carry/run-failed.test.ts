import { describe, expect, it } from 'vitest';
import { RunFailedError } from './run-failed.js';

function failed(code: string, saved: number, committed: number, out: string | null = '/runs/a') {
  const outcome = { type: 'failed', code, message: 'why', saved, committed } as const;
  return new RunFailedError(outcome, out ?? undefined);
}

describe('a run that has failed', () => {
  it('says what is saved, and the function that goes on', () => {
    const { code, message, why } = failed('mesh', 57, 57);
    expect(code).toBe('mesh');
    expect(why).toBe('why. Step 57 is saved, the newest there was');
    expect(message).toBe(`${why}; go on with resumeCoordinated({ out: "/runs/a", … })`);
  });

  it.each([
    ['disk', /steps 41 to 57 cannot be saved: the disk takes no checkpoint. The workers keep/],
    ['divergence', /steps 41 to 57 cannot be saved: it is not known which worker holds the right/],
    ['mesh', /steps 41 to 57 cannot be saved: no worker that is connected holds them/],
  ])('says which steps are not saved, and why: %s', (code, lost) => {
    expect(failed(code, 40, 57).why).toMatch(/^why. The checkpoint of step 40 is the last one; /);
    expect(failed(code, 40, 57).why).toMatch(lost);
    expect(failed(code, 56, 57).why).toMatch(/; step 57 cannot be saved/);
  });

  it('has nothing to go on with where there is no folder, or the same would happen again', () => {
    expect(failed('mesh', 57, 57, null).message).toBe(
      'why. Nothing is saved: the run has no folder',
    );
    expect(failed('non-finite', 57, 57).message).toBe(
      'why. Step 57 is saved, the newest there was',
    );
    expect(failed('mesh', 0, 0).why).toBe('why. No step was lost');
  });
});
