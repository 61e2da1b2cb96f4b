// The floors' own arithmetic: what a step must at least do, and the module that measures the peak.
import { describe, expect, it } from 'vitest';
import type { Floors, PeakRate } from '../../bench/src/floors/floors.js';
import {
  parameterCount,
  stepBytes,
  stepFloor,
  stepOperations,
} from '../../bench/src/floors/step-floor.js';
import { tutorial, type Work } from '../../bench/src/work.js';

const SMALL: Work = { ...tutorial(10), layers: [4, 3, 2] };

function peak(kernels: string, lanes: number, rate: number): PeakRate {
  return { kernels, lanes, gflops: { median: rate, min: rate, max: rate, count: 1 } };
}

describe('a work', () => {
  it('has as many parameters as the tutorials say', () => {
    expect(parameterCount(tutorial(64))).toBe(109_386);
  });
});

describe('the least that a step must do', () => {
  it('is three products a layer, but two for the first, and the optimizer', () => {
    // 4·3 and 3·2 weights, 10 samples, 2 operations each; 23 parameters, 12 operations of Adam.
    expect(stepOperations(SMALL, 1)).toBe(2 * 10 * (2 * 12 + 3 * 6) + 12 * 23);
  });

  it("counts the first layer's products only where inputs are not zero", () => {
    const halved = stepOperations(SMALL, 1) - stepOperations(SMALL, 0.5);
    expect(halved).toBe(2 * 10 * 12);
  });

  it('reads the batch as it lies in memory, and reads and writes parameters, gradients and moments', () => {
    expect(stepBytes(SMALL, 1)).toBe(10 * 4 + 4 * 8 * 23);
    expect(stepBytes({ ...SMALL, optimizer: 'sgd' }, 4)).toBe(10 * 4 * 4 + 4 * 4 * 23);
  });

  it('takes as long as the longer of the two', () => {
    const floors: Floors = {
      peaks: [peak('wasm', 4, 1), peak('native-8', 8, 2)],
      copy: { 1: [{ bytes: 64, gigabytesPerSecond: 1000 }] },
      barrierMicroseconds: { 1: 0 },
    };
    const arithmetic = stepFloor(SMALL, 1, 1, 1, 'wasm', floors);
    expect(arithmetic).toEqual({ seconds: stepOperations(SMALL, 1) / 1e9, bound: 'arithmetic' });
    const wider = stepFloor(SMALL, 1, 1, 1, 'native-8', floors);
    expect(wider).toEqual({ seconds: stepOperations(SMALL, 1) / 2e9, bound: 'arithmetic' });
    const slow = { ...floors, copy: { 1: [{ bytes: 64, gigabytesPerSecond: 0.001 }] } };
    const traffic = stepFloor(SMALL, 1, 1, 1, 'wasm', slow);
    expect(traffic).toEqual({ seconds: stepBytes(SMALL, 1) / 1e6, bound: 'traffic' });
    expect(stepFloor(SMALL, 1, 1, 3, 'wasm', floors)).toBeUndefined();
    expect(stepFloor(SMALL, 1, 1, 1, 'native-16', floors)).toBeUndefined();
  });
});
