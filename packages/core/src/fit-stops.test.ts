// A run on one thread that ends before its last epoch: by its rule, or because somebody asks.
import { describe, expect, it } from 'vitest';
import type { EpochMetrics } from './callbacks.js';
import { evaluate } from './evaluate.js';
import { type FitOptions, fit } from './fit.js';
import { tanh } from './layers/activations.js';
import { linear } from './layers/linear.js';
import { crossEntropy } from './losses/cross-entropy.js';
import { sequential } from './model/model.js';
import { adam } from './optimizers/adam.js';
import { parameterBytes, weightsHash } from './run/parameter-values.js';
import { splitOff } from './run/validation.js';
import { toyDataset } from './testing/toy-data.js';

const train = toyDataset({ samples: 40, inputShape: [4], classes: 3 });
const test = toyDataset({ samples: 30, inputShape: [4], classes: 3, seed: 2 });
const model = sequential(linear(4, 16), tanh(), linear(16, 3));
// Random labels: what is learnt of them says nothing of others, so the test loss rises soon. 5 steps an epoch.
const OPTIONS: FitOptions & { readonly data: { train: typeof train; test: typeof test } } = {
  model,
  data: { train, test },
  loss: crossEntropy(),
  optimizer: adam({ learningRate: 0.05 }),
  batchSize: 8,
  epochs: 30,
};

const whole = fit(OPTIONS);
const losses = whole.epochs.map(({ metrics }) => metrics.loss as number);
const bestEpoch = losses.indexOf(Math.min(...losses)) + 1;

it('goes to its last epoch where nothing ends it, and says which was the best', () => {
  expect(whole).toMatchObject({ stopped: 'epochs', bestEpoch });
  expect(bestEpoch).toBeLessThan(20);
});

it('ends by patience, with the weights of an undisturbed run of so many epochs', () => {
  const run = fit({ ...OPTIONS, patience: 3 });
  const last = run.epochs.length;
  expect(run.stopped).toBe('patience');
  expect(last).toBeLessThan(30);
  const shorter = fit({ ...OPTIONS, epochs: last });
  expect(parameterBytes(run.parameters)).toEqual(parameterBytes(shorter.parameters));
  expect(run.epochs).toEqual(shorter.epochs);
});

it('gives the best epoch’s weights and metrics if it keeps them, those of the run that ended there', async () => {
  const best = fit({ ...OPTIONS, keep: 'best' });
  expect(best).toMatchObject({ stopped: 'epochs', bestEpoch });
  expect(best.epochs).toEqual(whole.epochs);
  expect(best.metrics).toEqual(whole.epochs[bestEpoch - 1]!.metrics);
  const there = fit({ ...OPTIONS, epochs: bestEpoch });
  expect(await weightsHash(best.parameters)).toBe(await weightsHash(there.parameters));
});

it('ends when a target is reached, by the metric of test data', () => {
  const reached = whole.epochs.find(({ metrics }) => (metrics.accuracy as number) >= 0.4)!;
  const run = fit({ ...OPTIONS, target: { accuracy: 0.4 } });
  expect(run).toMatchObject({ stopped: 'target', metrics: reached.metrics });
  expect(run.epochs).toHaveLength(reached.epoch);
});

it('splits validation data off by the seed, and compares epochs by it', () => {
  const run = fit({ ...OPTIONS, validation: 0.25, keep: 'best', epochs: 8 });
  const parts = splitOff('fit', train, 0.25, 0);
  const byHand = fit({ ...OPTIONS, data: { ...parts, test }, keep: 'best', epochs: 8 });
  expect(run.epochs).toEqual(byHand.epochs);
  const validation = run.epochs.map(({ metrics }) => metrics['validation.loss'] as number);
  expect(run.bestEpoch).toBe(validation.indexOf(Math.min(...validation)) + 1);
  const own = fit({ ...OPTIONS, validation: test, epochs: 1 });
  expect(own.metrics['validation.loss']).toBe(own.metrics.loss);
});

describe('a callback', () => {
  it('that answers stop after an epoch ends the run there, and sees the parameters', () => {
    const seen: EpochMetrics[] = [];
    const run = fit({
      ...OPTIONS,
      onEpoch: (epoch) => {
        const { metrics, parameters } = epoch;
        const { loss } = evaluate({ model, parameters, data: test, loss: OPTIONS.loss });
        expect(loss).toBe(metrics.loss);
        return seen.push(epoch) === 4 ? 'stop' : undefined;
      },
    });
    expect(run).toMatchObject({ stopped: 'asked' });
    expect(run.epochs).toEqual(seen);
    expect(run.epochs).toEqual(whole.epochs.slice(0, 4));
  });

  it('that answers stop after a step ends the run there: an epoch is not told, and the metrics are of the weights', () => {
    const steps: number[] = [];
    const run = fit({
      ...OPTIONS,
      onStep: ({ step, epoch, loss }) => {
        steps.push(step);
        expect(epoch).toBe(Math.ceil(step / 5));
        expect(loss).toBeGreaterThan(0);
        return step === 7 ? 'stop' : undefined;
      },
    });
    expect(steps).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(run).toMatchObject({ stopped: 'asked', bestEpoch: 1 });
    expect(run.epochs).toHaveLength(1);
    const { parameters, metrics } = run;
    expect(evaluate({ model, parameters, data: test, loss: OPTIONS.loss }).loss).toBe(metrics.loss);
  });

  it('that answers another word, or later, is refused', () => {
    expect(() => fit({ ...OPTIONS, onEpoch: () => 'Stop' })).toThrow(/onEpoch answered "Stop"/);
    expect(() => fit({ ...OPTIONS, onStep: async () => 'stop' })).toThrow(/onStep gave a promise/);
    // Vitest fails a file with a rejection that nobody handles.
    const rejected = () => Promise.reject(new Error('too late'));
    expect(() => fit({ ...OPTIONS, onEpoch: rejected })).toThrow(/onEpoch gave a promise/);
    expect(() => fit({ ...OPTIONS, onStep: 1 as never })).toThrow(/fit: onStep must be a function/);
  });
});

it('ends when its time is over, after at least one step', () => {
  const run = fit({ ...OPTIONS, epochs: 1e6, maxSeconds: 0.01 });
  expect(run.stopped).toBe('time');
});

it('refuses names of metrics that it does not tell, before the first step', () => {
  const onStep = (): never => expect.fail();
  expect(() => fit({ ...OPTIONS, onStep, monitor: 'validation.loss' })).toThrow(/did you mean/);
});
