// Hashes as literals: whoever runs this, on whatever engine and processor, must come to these bytes. Another
// hash is either a defect of the engine it ran on, or a change in numerics, which is made on purpose only and
// said in the commit; then the new hashes are written here.
import { adam, crossEntropy, flatten, linear, relu, sequential, sgd } from '@lockstep/core';
import { loadMnist } from '@lockstep/data';
import { train } from '@lockstep/trainer';
import { describe, expect, it } from 'vitest';
import { digits, droppingNetwork, followToEnd, network } from './runs.js';

/** The network of PyTorch's tutorials. */
const tutorial = sequential(
  flatten(),
  linear(784, 128),
  relu(),
  linear(128, 64),
  relu(),
  linear(64, 10),
);
const data = await digits(500, 300);

describe('the weights hash on every engine', () => {
  it('SGD with momentum', async () => {
    const optimizer = sgd({ learningRate: 0.05, momentum: 0.9 });
    const run = train({
      model: network,
      data,
      loss: crossEntropy(),
      optimizer,
      epochs: 2,
      threads: 2,
    });
    expect((await run.result()).weightsHash).toBe(
      '77340b027700b2bbe8632bd9fedf8c6fc341666e71a20af8f421d526262185b5',
    );
  });

  it('Adam, with dropout and a clipped norm', async () => {
    const run = train({
      model: droppingNetwork,
      data,
      loss: crossEntropy(),
      optimizer: adam({ clipNorm: 1 }),
      batchSize: 100,
      shards: 16,
      epochs: 2,
      seed: 2 ** 53 - 1,
      threads: 3,
    });
    const { weightsHash, testLoss } = await run.result();
    expect(weightsHash).toBe('ff669fe7594faef5fab077fc181ba220e6116beebc45dbd4a0f89ddb15863241');
    // A sum of 300 losses that passed through our own exp and log: the same double everywhere.
    expect(testLoss).toBe(2.1232689412434897);
  });
});

describe('all of MNIST', () => {
  it.each(['wasm', 'auto'] as const)(
    'is learnt to at least 97.0%% in 5 epochs with seed 0, to the same bytes, by %s kernels',
    async (kernels) => {
      const mnist = await loadMnist({ name: 'mnist', offline: true });
      const run = train({
        model: tutorial,
        data: mnist,
        loss: crossEntropy(),
        optimizer: adam(),
        epochs: 5,
        kernels,
      });
      const { epochs, weightsHash } = await followToEnd(run);
      expect(epochs.at(-1)!.testAccuracy).toBeGreaterThanOrEqual(0.97);
      expect(weightsHash).toBe('629fe6f13fff78d7b19fc796c6e3c4816a394fed5ad812293b16b53a8087ebe0');
    },
  );
});
