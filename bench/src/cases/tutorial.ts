// The tutorials' network on MNIST, at three batch sizes, against everyone.
import type { Contenders, Goals } from '../contenders.js';
import type { TrainingCase } from '../training-case.js';
import { tutorial } from '../work.js';

/** All of MNIST but the rest that does not fill a batch of 1024. */
export const SAMPLES = 59_392;

const LARGER: readonly { batchSize: number; learnSteps: number; atLeast: Goals }[] = [
  { batchSize: 256, learnSteps: 50, atLeast: { wasm: 1.3, native: 2.5 } },
  { batchSize: 1024, learnSteps: 20, atLeast: { wasm: 1.1, native: 2.2 } },
];

export function tutorialCases(who: Contenders): TrainingCase[] {
  const base = (batchSize: number, learnSteps: number) => ({
    name: `tutorial-${batchSize}`,
    title: `784-128-64-10 on MNIST, Adam, batch ${batchSize}`,
    work: tutorial(batchSize),
    data: 'mnist' as const,
    samples: SAMPLES,
    learnSteps,
  });
  return [
    {
      ...base(64, 100),
      entries: [
        ...who.lockstepBoth(),
        ...who.torch(),
        ...who.torchTutorial(),
        ...who.torchDdp(),
        who.tensorflow('wasm'),
        who.tensorflow('cpu'),
        who.jax(),
      ],
      comparisons: [
        ...who.againstTorch({ wasm: 1.8, native: 3.5 }),
        ...who.againstTorchOnOne({ wasm: 1.4, native: 2.2 }),
        ...who.againstDdp(),
        ...who.againstTutorial({ wasm: 18 }),
        ...who.against('tfjs-wasm', 'TensorFlow.js wasm', { atLeast: { wasm: 45 } }),
        ...who.against('tfjs-cpu', 'TensorFlow.js cpu'),
        ...who.against('jax-js', 'jax-js'),
        ...who.scaling({ wasm: 1.85 }),
      ],
    },
    ...LARGER.map(({ batchSize, learnSteps, atLeast }) => ({
      ...base(batchSize, learnSteps),
      entries: [
        ...who.lockstepBoth(),
        ...who.torch(),
        ...who.torchDdp(),
        who.tensorflow('wasm'),
        who.jax(),
      ],
      comparisons: [
        ...who.againstTorch(atLeast),
        ...who.againstTorchOnOne(),
        ...who.againstDdp(),
        ...who.against('tfjs-wasm', 'TensorFlow.js wasm'),
        ...who.against('jax-js', 'jax-js'),
        ...who.scaling({ wasm: 1.9 }),
      ],
    })),
  ];
}
