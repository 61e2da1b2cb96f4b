// The tutorial's network, 200 steps on MNIST from the same weights as PyTorch: every loss and every final
// weight. Steps are taken as `fit` takes them, in eight shards, and each step's loss is looked at.

import {
  adam,
  crossEntropy,
  flatten,
  linear,
  type Model,
  type OptimizerConfig,
  relu,
  sequential,
  sgd,
} from '@lockstep/core';
import {
  givenState,
  planRun,
  Replica,
  readTensors,
  runConfig,
  Stepper,
  stepAlone,
  writeState,
} from '@lockstep/core/internal';
import { firstSamples, loadMnist } from '@lockstep/data';
import { wasm } from '@lockstep/kernels';
import { expect, test } from 'vitest';
import { type GoldenRun, goldenFinalWeights, goldenTraining, goldenWeights } from './golden.js';
import { mixedDistance } from './one-batch.js';

const golden = goldenTraining();

/** Positions 0, 2 and 4 under `layers`, as in the tutorial's module. */
const model: Model = (x, scope) =>
  sequential(
    linear(784, 128),
    relu(),
    linear(128, 64),
    relu(),
    linear(64, 10),
  )(flatten()(x, scope), scope.child('layers'));

const OPTIMIZERS: Readonly<Record<'adam' | 'sgd', OptimizerConfig>> = {
  adam: adam({ learningRate: 0.001 }),
  sgd: sgd({ learningRate: 0.01, momentum: 0.9 }),
};

async function train(optimizer: OptimizerConfig, shards: number) {
  const { batchSize, steps } = golden;
  const { train: mnist } = await loadMnist({ name: 'mnist', offline: true });
  const data = firstSamples(mnist, steps * batchSize);
  const config = runConfig({
    model,
    data,
    loss: crossEntropy(),
    optimizer,
    batchSize,
    shards,
    shuffle: false,
  });
  const plan = planRun(config, { train: data }, [{ first: 0, end: shards }]);
  const memory = wasm.createMemory(plan.memory.bytes);
  const initial = new Map(
    config.graph.parameters.map(({ name, shape }) => [
      name,
      { shape, data: goldenWeights(name, shape) },
    ]),
  );
  writeState(plan, memory, 0, givenState(config.graph, initial));
  const share = stepAlone(plan);
  const stepper = new Stepper(
    plan,
    new Replica(plan, memory, 0, { train: data }, wasm.kernels(memory)),
    share,
  );
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) {
    stepper.take(step);
    losses.push(share.board.loss / batchSize);
  }
  expect(share.board).toMatchObject({ isNonFinite: false, step: steps });
  const weights = [...readTensors(plan, memory, steps, 'parameters').values()].flatMap(({ data }) =>
    Array.from(data),
  );
  return { losses, weights };
}

test.each([
  ['adam', 1],
  ['adam', 8],
  ['sgd', 1],
  ['sgd', 8],
] as const)('200 steps with %s in %i shards end where PyTorch ends', async (kind, shards) => {
  const run: GoldenRun = golden.runs[kind];
  const { losses, weights } = await train(OPTIMIZERS[kind], shards);
  // Tolerances and what was measured for them: README.md.
  const relative = losses.map((loss, step) => Math.abs(loss / run.losses[step]! - 1));
  expect(Math.max(...relative)).toBeLessThan(1e-4);
  expect(mixedDistance(weights, goldenFinalWeights(run))).toBeLessThan(1e-4);
});
