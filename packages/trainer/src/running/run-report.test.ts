import { attachLoss, crossEntropy, type Dataset, linear, sgd, traceModel } from '@lockstep/core';
import { planRun } from '@lockstep/core/internal';
import { wasm } from '@lockstep/kernels';
import { describe, expect, it } from 'vitest';
import { RunReport } from './run-report.js';

const train: Dataset = {
  name: 'two',
  samples: 100,
  inputShape: [2],
  inputs: new Float32Array(200),
  inputDivisor: 1,
  targetShape: [],
  targets: new Int32Array(100),
  classes: 2,
};
const config = {
  graph: attachLoss(traceModel(linear(2, 2), [2]), crossEntropy(), train),
  optimizer: sgd(),
  seed: 0,
  batchSize: 10,
  shards: 1,
  epochs: 5,
  shuffle: false,
  dropLast: false,
};

/** Ten steps an epoch, of ten samples each. */
function report(step = 0): RunReport {
  const plan = planRun(config, { train }, [{ first: 0, end: 1 }]);
  const about = { name: 'r', config, backend: wasm, datasetSha256: '', step, folder: undefined };
  return new RunReport({ ...about, data: { train }, metrics: [] }, plan);
}

const rate = (it: RunReport, step: number, trainingMs: number): number => {
  const evaluated = { step, epochLoss: 1, weightsHash: '', sums: {} };
  return it.epochEnd(evaluated, { trainingMs }).samplesPerSecond;
};

describe('the samples per second of an epoch', () => {
  it('are its own, not those of the run so far', () => {
    const it = report();
    it.runStart(1, 0);
    expect(rate(it, 10, 1000)).toBe(100);
    expect(rate(it, 20, 1500)).toBe(200);
    expect(rate(it, 30, 3500)).toBe(50);
  });

  it('count only what was trained since the run was taken up again', () => {
    const it = report(10);
    // The journal knows an epoch that was never told; this process trained none of it.
    expect(rate(it, 10, 0)).toBe(0);
    it.runStart(1, 15);
    expect(rate(it, 20, 500)).toBe(100);
    expect(rate(it, 30, 700)).toBe(500);
  });
});

describe('the seconds of a run that waits for workers', () => {
  it('are those in which it was worked on', () => {
    const it = report();
    it.runStart(1, 0);
    const evaluated = { step: 10, epochLoss: 1, weightsHash: '', sums: {} };
    const told = it.epochEnd(evaluated, { trainingMs: 1000, workingMs: 1250 });
    expect([told.seconds, told.samplesPerSecond]).toEqual([1.25, 100]);
    const next = it.epochEnd({ ...evaluated, step: 20 }, { trainingMs: 1500, workingMs: 2000 });
    expect([next.seconds, next.samplesPerSecond]).toEqual([0.75, 200]);
    const ended = {
      step: 20,
      stopped: 'epochs',
      bestEpoch: null,
      state: undefined as never,
    } as const;
    const end = it.runEnd({ ...ended, evaluated }, { trainingMs: 1500, workingMs: 2000 });
    expect([end.seconds, end.samplesPerSecond]).toEqual([2, 133]);
  });

  it('are all of them on threads', () => {
    const it = report();
    it.begin();
    const evaluated = { step: 10, epochLoss: 1, weightsHash: '', sums: {} };
    expect(it.epochEnd(evaluated, { trainingMs: 3_600_000 }).seconds).toBeLessThan(3600);
  });
});
