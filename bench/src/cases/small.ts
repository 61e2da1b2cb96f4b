// Work so small that a step's overhead is all there is: XOR; and learning a sample at a time, the only way
// brain.js learns, on XOR and on the tutorials' network with sigmoids and squared error.
import type { Contenders, Goals } from '../contenders.js';
import type { Comparison, TrainingCase } from '../training-case.js';
import type { Work } from '../work.js';

function sigmoidWork(layers: readonly number[]): Work {
  return {
    layers,
    activation: 'sigmoid',
    loss: 'mse',
    optimizer: 'sgd',
    learningRate: 0.1,
    batchSize: 1,
  };
}

export function smallCases(who: Contenders): TrainingCase[] {
  const against = (theirs: string, label: string, atLeast: Goals = {}): Comparison[] =>
    who.against(theirs, label, { atLeast, threads: 1 });
  const online = (name: string, what: string, work: Work, atLeast?: Goals) => ({
    name,
    title: `${what}, sigmoid, squared error, gradient descent, batch 1`,
    work,
    learnSteps: 1000,
    entries: [...who.lockstep(1), who.brain()],
    comparisons: against('brain.js', 'brain.js', atLeast),
  });
  return [
    {
      name: 'xor',
      title: '2-8-1 on XOR, sigmoid, squared error, Adam, batch 4',
      work: { ...sigmoidWork([2, 8, 1]), optimizer: 'adam', learningRate: 0.01, batchSize: 4 },
      data: 'xor',
      samples: 65_536,
      learnSteps: 500,
      entries: [
        ...who.lockstep(1),
        ...who.torch([1]),
        who.tensorflow('wasm'),
        who.tensorflow('cpu'),
        who.jax(),
      ],
      comparisons: [
        ...who.againstTorchOnOne(),
        ...against('tfjs-wasm', 'TensorFlow.js wasm'),
        ...against('tfjs-cpu', 'TensorFlow.js cpu'),
        ...against('jax-js', 'jax-js'),
      ],
    },
    {
      ...online('xor-online', '2-8-1 on XOR', sigmoidWork([2, 8, 1]), { wasm: 1, native: 1.5 }),
      data: 'xor',
      samples: 32_768,
    },
    {
      ...online('tutorial-online', '784-128-64-10 on MNIST', sigmoidWork([784, 128, 64, 10])),
      data: 'mnist',
      samples: 4096,
    },
  ];
}
