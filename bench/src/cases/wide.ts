// A wide network, whose hidden layers have no zeros to skip: the dense matrix product decides.
import type { Contenders } from '../contenders.js';
import type { TrainingCase } from '../training-case.js';

export function wideCase(who: Contenders): TrainingCase {
  return {
    name: 'wide',
    title: '784-1024-1024-10 on MNIST, Adam, batch 256',
    work: {
      layers: [784, 1024, 1024, 10],
      activation: 'relu',
      loss: 'cross-entropy',
      optimizer: 'adam',
      learningRate: 0.001,
      batchSize: 256,
    },
    data: 'mnist',
    samples: 4096,
    learnSteps: 16,
    entries: [...who.lockstepBoth(), ...who.torch(), who.tensorflow('wasm'), who.jax()],
    comparisons: [
      ...who.againstTorch({ wasm: 0.8, native: 1.8 }),
      ...who.againstTorchOnOne({ wasm: 0.45, native: 1 }),
      ...who.against('tfjs-wasm', 'TensorFlow.js wasm'),
      ...who.against('jax-js', 'jax-js'),
      ...who.scaling(),
    ],
  };
}
