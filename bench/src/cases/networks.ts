// What people train besides dense networks: pictures by convolution, text by attention and by recurrence.
import type { Contenders, Goals } from '../contenders.js';
import { networkOf } from '../networks/list.js';
import type { TrainingCase } from '../training-case.js';
import type { NetworkName, Work } from '../work.js';

interface NetworkCase {
  readonly network: NetworkName;
  readonly batchSize: number;
  readonly samples: number;
  readonly learnSteps: number;
  /** Over the best of PyTorch. */
  readonly atLeast: Goals;
  /** Whether TensorFlow.js has the operators on its WebAssembly backend, gradients included. */
  readonly inTensorflow?: true;
}

const CASES: readonly NetworkCase[] = [
  {
    network: 'lenet',
    batchSize: 64,
    samples: 8192,
    learnSteps: 20,
    atLeast: { wasm: 1.2, native: 2 },
  },
  {
    network: 'resnet',
    batchSize: 64,
    samples: 1024,
    learnSteps: 4,
    atLeast: { wasm: 0.7, native: 1.2 },
  },
  {
    network: 'gpt',
    batchSize: 64,
    samples: 128,
    learnSteps: 2,
    atLeast: { wasm: 0.7, native: 1.2 },
  },
  {
    network: 'lstm',
    batchSize: 64,
    samples: 1024,
    learnSteps: 4,
    atLeast: { wasm: 1.5, native: 2.5 },
    inTensorflow: true,
  },
];

export function networkCases(who: Contenders): TrainingCase[] {
  return CASES.map(({ network, batchSize, samples, learnSteps, atLeast, inTensorflow }) => ({
    name: network,
    title: `${networkOf(network).title}, Adam, batch ${batchSize}`,
    work: workOf(network, batchSize),
    data: networkOf(network).vocabulary === undefined ? 'mnist' : 'tokens',
    samples,
    learnSteps,
    entries: [
      ...who.lockstepBoth(),
      ...who.torch(),
      ...(inTensorflow ? [who.tensorflow('wasm')] : []),
    ],
    comparisons: [
      ...who.againstTorch(atLeast),
      ...who.againstTorchOnOne(),
      ...(inTensorflow
        ? who.against('tfjs-wasm', 'TensorFlow.js wasm', { atLeast: { wasm: 5 } })
        : []),
      ...who.scaling(),
    ],
  }));
}

function workOf(network: NetworkName, batchSize: number): Work {
  const { inputShape, classes } = networkOf(network);
  return {
    layers: [inputShape.reduce((a, b) => a * b, 1), classes],
    activation: 'relu',
    network,
    loss: 'cross-entropy',
    optimizer: 'adam',
    learningRate: 0.001,
    batchSize,
  };
}
