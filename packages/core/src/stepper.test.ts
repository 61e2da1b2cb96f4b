// A loop by hand takes the steps of `fit`, to the same bits; gradients in between are means that may be changed.
import { describe, expect, test } from 'vitest';
import { type FitOptions, fit } from './fit.js';
import { zeros } from './initializers/initializer.js';
import { tanh } from './layers/activations.js';
import { dropout } from './layers/dropout.js';
import { linear } from './layers/linear.js';
import { crossEntropy } from './losses/cross-entropy.js';
import { meanSquaredError } from './losses/mean-squared-error.js';
import { type Model, sequential } from './model/model.js';
import { add, batchMean, mul, sub } from './model/tensor.js';
import { adam } from './optimizers/adam.js';
import { optimizer } from './optimizers/custom/custom.js';
import { rmsprop } from './optimizers/rmsprop.js';
import { sgd } from './optimizers/sgd.js';
import { type Parameters, parameterBytes } from './run/parameter-values.js';
import { cosineSchedule } from './schedules/cosine.js';
import { stepSchedule } from './schedules/decay.js';
import { type StepperOptions, stepper } from './stepper.js';
import { Random } from './testing/random.js';

const random = new Random(11);
const SAMPLES = 37;
const data = {
  name: 'points',
  samples: SAMPLES,
  inputs: random.floats(3 * SAMPLES),
  inputShape: [3],
  inputDivisor: 2,
  targets: Int32Array.from({ length: SAMPLES }, () => random.integer(0, 2)),
  targetShape: [],
  classes: 3,
};
const model = sequential(linear(3, 5), tanh(), dropout(0.3), linear(5, 3));
const base = { model, data, loss: crossEntropy(), optimizer: sgd({ learningRate: 0.1 }), seed: 3 };

function bytes(parameters: Parameters): Uint8Array {
  return parameterBytes(parameters);
}

/** Trains by hand. */
function loop(options: StepperOptions, epochs: number): ReturnType<typeof stepper> {
  const run = stepper(options);
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (const batch of run.epoch()) run.step(run.backward(batch).gradients);
  }
  return run;
}

/** A model with a running mean, which its output reads. */
const withMean: Model = (x, scope) => {
  const mean = scope.buffer('mean', [3], zeros());
  scope.update(mean, add(mul(mean, 0.9), mul(batchMean(x), 0.1)));
  return linear(3, 3)(add(x, mean), scope);
};

describe('a loop by hand has the bits of fit', () => {
  test.each<[string, Partial<StepperOptions>]>([
    ['sgd', { batchSize: 8 }],
    [
      'sgd with momentum, one shard',
      { batchSize: 8, shards: 1, optimizer: sgd({ momentum: 0.9 }) },
    ],
    ['adam, 4 shards', { batchSize: 16, shards: 4, optimizer: adam() }],
    ['clipped by norm', { batchSize: 5, shards: 2, optimizer: adam({ clipNorm: 0.1 }) }],
    ['clipped by value', { batchSize: 7, optimizer: sgd({ clipValue: 0.01, weightDecay: 0.1 }) }],
    [
      'rmsprop, a schedule',
      { batchSize: 3, optimizer: rmsprop({ schedule: stepSchedule({ every: 5, gamma: 0.5 }) }) },
    ],
    [
      'a frozen layer, a group of its own and an optimizer that somebody wrote',
      {
        batchSize: 8,
        trainable: (name) => name !== '0.weight',
        groups: [{ match: /3.bias/, learningRate: 0.5 }],
        optimizer: optimizer('damped', {
          state: ['mean'],
          update: ({ parameter, gradient, state, learningRate }) => {
            const mean = add(mul(state.mean!, 0.9), mul(gradient, 0.1));
            return { parameter: sub(parameter, mul(learningRate, mean)), state: { mean } };
          },
        }),
      },
    ],
    ['the whole batch', { batchSize: 64, shards: 8 }],
    ['one sample a step, in order', { batchSize: 1, shuffle: false }],
    ['without the short batch', { batchSize: 10, dropLast: true }],
    [
      'class weights, a group and frozen biases',
      {
        ...{ batchSize: 9, optimizer: adam(), loss: crossEntropy({ classWeights: [1, 2, 0.5] }) },
        ...{ trainable: /weight/, groups: [{ match: '0.weight', learningRateFactor: 2 }] },
      },
    ],
    ['a model with a buffer', { batchSize: 9, shards: 2, model: withMean }],
  ])('%s', (_, given) => {
    const options: FitOptions = { ...base, ...given };
    const { parameters, buffers } = fit({ ...options, epochs: 3 });
    const run = loop(options, 3);
    expect(bytes(run.parameters)).toEqual(bytes(parameters));
    expect(run.buffers).toEqual(buffers);
  });

  test('with a loss that is the mean of what fit tells', () => {
    const options = { ...base, batchSize: 8 };
    const { epochs } = fit(options);
    const run = stepper(options);
    let sum = 0;
    for (const batch of run.epoch()) {
      sum += run.backward(batch).loss * batch.samples;
      run.step();
    }
    // The loss of a batch is a float32 sum, divided and multiplied again in float64.
    expect(sum / SAMPLES).toBeCloseTo(epochs[0]!.trainLoss, 12);
    expect(run.steps).toBe(5);
  });
});

describe('in between', () => {
  test('gradients are means in the layout of the parameters, which may be changed', () => {
    const two = { ...data, samples: 2, inputs: Float32Array.of(1, 2, 3, 4, 5, 6), inputDivisor: 1 };
    const run = stepper({
      model: linear(3, 1, { weightInit: zeros(), biasInit: zeros() }),
      data: { ...two, targets: Float32Array.of(1, -3), targetShape: [1], classes: undefined },
      loss: meanSquaredError(),
      optimizer: sgd({ learningRate: 1 }),
      shuffle: false,
    });
    const [batch] = run.epoch();
    const { loss, gradients } = run.backward(batch!);
    expect(loss).toBe(5);
    // 2 (y − t) x, y = 0, the mean of two samples.
    expect(gradients.get('weight')).toEqual({ shape: [1, 3], data: Float32Array.of(11, 13, 15) });
    expect(gradients.get('bias')).toEqual({ shape: [1], data: Float32Array.of(2) });
    gradients.get('bias')!.data[0] = -0.5;
    run.step(gradients);
    expect([...run.parameters.get('weight')!.data]).toEqual([-11, -13, -15]);
    expect([...run.parameters.get('bias')!.data]).toEqual([0.5]);
    run.step({ weight: { shape: [1, 3], data: [[1, 1, 1]] }, bias: { shape: [1], data: [0] } });
    expect([...run.parameters.get('weight')!.data]).toEqual([-12, -14, -16]);
  });

  test('those of frozen parameters play no part, not even in the norm that is clipped to', () => {
    const optimizer = sgd({ learningRate: 1, clipNorm: 0.1 });
    const learnt = [0, 1e6].map((bias) => {
      const run = stepper({ ...base, optimizer, trainable: ['0.weight'] });
      const [batch] = run.epoch();
      const { gradients } = run.backward(batch!);
      gradients.get('3.bias')!.data.fill(bias);
      run.step(gradients);
      return bytes(run.parameters);
    });
    expect(learnt[1]).toEqual(learnt[0]);
  });

  test('batches show their samples, the optimizer its vectors and rate', () => {
    const optimizer = adam({ schedule: stepSchedule({ every: 1, gamma: 0.5 }) });
    const run = stepper({ ...base, optimizer, batchSize: 16, shuffle: false });
    const batches = [...run.epoch()];
    expect(batches.map(({ epoch, index, samples }) => [epoch, index, samples])).toEqual([
      [1, 0, 16],
      [1, 1, 16],
      [1, 2, 5],
    ]);
    expect([...batches[2]!.indices]).toEqual([32, 33, 34, 35, 36]);
    expect(batches[1]!.inputs).toEqual(data.inputs.slice(48, 96).map((x) => x / 2));
    expect(batches[1]!.targets).toEqual(data.targets.slice(16, 32));
    expect(run.learningRate).toBe(0.001);
    const { gradients } = run.backward(batches[0]!);
    run.step();
    expect(run.learningRate).toBe(0.0005);
    const { exp_avg } = run.optimizerState;
    expect([...exp_avg!.keys()]).toEqual([...gradients.keys()]);
    expect(exp_avg!.get('3.bias')!.data[1]).toBeCloseTo(gradients.get('3.bias')!.data[1]! / 10, 8);
  });

  test('an epoch that is left early is over, and a batch may be looked at again', () => {
    const run = stepper({ ...base, batchSize: 8 });
    const [first] = run.epoch();
    for (const batch of run.epoch()) {
      expect(batch.epoch).toBe(2);
      run.step(run.backward(batch).gradients);
      break;
    }
    const again = run.backward(first!);
    expect(run.backward(first!)).toEqual(again);
    run.step();
    expect(run.steps).toBe(2);
  });

  test('evaluations are those of fit', () => {
    const both = { train: data, test: { ...data, name: 'again' } };
    const { epochs } = fit({ ...base, data: both });
    const run = loop({ ...base, data: both }, 1);
    expect(run.evaluate().loss).toBe(epochs[0]!.testLoss);
    expect(run.trained.evaluate(data).loss).toBe(epochs[0]!.testLoss);
    expect(run.evaluate(data).accuracy).toBe(epochs[0]!.testAccuracy);
    expect(() => stepper(base).evaluate()).toThrow(/evaluate needs data/);
  });

  test('what cannot be a step is refused, and nothing is changed', () => {
    const run = stepper({ ...base, batchSize: 8 });
    expect(() => run.step()).toThrow(/call backward\(batch\) before it/);
    const [batch] = run.epoch();
    expect(() => stepper(base).backward(batch!)).toThrow(/one of another stepper/);
    expect(() => run.backward([1] as never)).toThrow(/as this stepper's epoch\(\) gives it, got/);
    run.backward(batch!);
    expect(() => run.step('all' as never)).toThrow(/stepper: gradients: .* expected a Map/);
    const before = bytes(run.parameters);
    const { gradients } = run.backward(batch!);
    expect(() => run.step(new Map([...gradients].slice(1)))).toThrow(
      /gradients: "0.weight" is miss/,
    );
    gradients.get('0.bias')!.data[2] = Number.NaN;
    expect(() => run.step(gradients)).toThrow(/gradients: value 2 of "0.bias" is NaN/);
    gradients.get('0.bias')!.data[2] = 3e38;
    const fast = stepper({ ...base, optimizer: sgd({ learningRate: 1000 }) });
    fast.backward([...fast.epoch()][0]!);
    expect(() => fast.step(gradients)).toThrow(/step 0: the new value of "0.bias" is not finite/);
    expect(bytes(run.parameters)).toEqual(before);
    expect(bytes(fast.parameters)).toEqual(before);
    expect(fast.steps).toBe(0);
    fast.step();
    expect(fast.steps).toBe(1);
  });

  test('what the model keeps is updated once by a batch', () => {
    const run = stepper({ ...base, model: withMean, batchSize: 8 });
    const [batch] = run.epoch();
    run.backward(batch!);
    run.step();
    const once = run.buffers;
    expect(once.get('mean')!.data).not.toEqual(new Float32Array(3));
    run.step();
    expect(run.buffers).toEqual(once);
  });

  test('options of fit that a loop decides itself are unknown', () => {
    expect(() => stepper({ ...base, onEpoch: () => {} } as never)).toThrow(/stepper: .*onEpoch/);
  });

  test('a schedule that is as long as the run asks how long that is', () => {
    const options = { ...base, optimizer: sgd({ schedule: cosineSchedule() }) };
    expect(() => stepper(options)).toThrow(
      /the cosine schedule is as long as the run; give epochs/,
    );
    expect(stepper({ ...options, epochs: 5 }).learningRate).toBe(0.01);
    const { parameters } = fit({ ...options, epochs: 2 });
    expect(bytes(loop({ ...options, epochs: 2 }, 2).parameters)).toEqual(bytes(parameters));
  });
});
