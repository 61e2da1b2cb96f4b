// Wide weights are packed once a step. A step with them must be the step of the reference executor.
import { expect, test } from 'vitest';
import type { Dataset } from '../dataset.js';
import { fit } from '../fit.js';
import { tanh } from '../layers/activations.js';
import { linear } from '../layers/linear.js';
import { crossEntropy } from '../losses/cross-entropy.js';
import { sequential } from '../model/model.js';
import { sgd } from '../optimizers/sgd.js';
import { initialParameters } from '../run/parameter-values.js';
import { planRun } from '../run/run-plan.js';
import { runConfig } from '../run-options.js';
import { differentiate, gradientOutput } from '../transform/differentiate.js';
import { runReference } from './reference.js';

const ROWS = 11;
const data: Dataset = {
  name: 'wide',
  samples: ROWS,
  inputShape: [6],
  inputs: Float32Array.from({ length: 6 * ROWS }, (_, i) => ((i * 37) % 101) / 50 - 1),
  inputDivisor: 1,
  targetShape: [],
  targets: Int32Array.from({ length: ROWS }, (_, i) => i % 3),
  classes: 3,
};
// 301 columns: 37 full panels and five columns beside them.
const model = sequential(linear(6, 301), tanh(), linear(301, 260), tanh(), linear(260, 3));
const options = {
  model,
  data,
  loss: crossEntropy(),
  optimizer: sgd({ learningRate: 1 }),
  batchSize: ROWS,
  shuffle: false,
  shards: 1,
};

test('a step of a network with wide layers is the reference executor’s step', () => {
  const config = runConfig(options);
  const plan = planRun(config, { train: data, test: data }, [{ first: 0, end: 1 }]);
  const packs = (calls: typeof plan.training.prepare): number =>
    calls.filter(({ kernel }) => kernel === 'packPanels').length;
  // Forward the 301 × 260 weight, backward its transpose and that of 3 × 260; evaluation has the first alone.
  expect([packs(plan.training.prepare), packs(plan.evaluation.prepare)]).toEqual([3, 1]);

  const initial = initialParameters(config.graph, 0);
  const reference = runReference(differentiate(config.graph), {
    rows: ROWS,
    precision: 'f64',
    parameters: [...initial.values()].map(({ data }) => data),
    input: data.inputs,
    target: data.targets,
  });
  const { parameters } = fit(options);
  for (const [index, [name, { data: before }]] of [...initial].entries()) {
    const after = parameters.get(name)!.data;
    const gradient = reference[gradientOutput(index)]!.data;
    for (let i = 0; i < before.length; i++) {
      // Sums of up to 301 products of numbers below 1, in float32: some 1e-6.
      expect(Math.abs(after[i]! - (before[i]! - gradient[i]! / ROWS))).toBeLessThan(5e-6);
    }
  }
});
