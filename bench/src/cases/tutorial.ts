// The tutorials' network on MNIST, at three batch sizes, against everyone.
import { type Contenders, torchName } from '../contenders.js';
import type { TrainingCase } from '../training-case.js';
import { tutorial } from '../work.js';

/** All of MNIST but the rest that does not fill a batch of 1024. */
export const SAMPLES = 59_392;

export function tutorialCases(who: Contenders): TrainingCase[] {
  const { cores } = who;
  const base = (batchSize: number, learnSteps: number) => ({
    name: `tutorial-${batchSize}`,
    title: `784-128-64-10 on MNIST, Adam, batch ${batchSize}`,
    work: tutorial(batchSize),
    data: 'mnist' as const,
    samples: SAMPLES,
    learnSteps,
  });
  const torch = [
    ...who.torchThreads('preloaded'),
    ...who.torchThreads('avx2'),
    ...who.torchThreads('foreach'),
  ];
  const ddp = who.torchForm('ddp', cores);
  return [
    {
      ...base(64, 100),
      entries: [
        ...who.lockstepBoth(),
        ...torch,
        ...who.torchForm('tutorial', 1),
        ...ddp,
        who.tensorflow('wasm'),
        who.tensorflow('cpu'),
        who.jax(),
      ],
      comparisons: [
        who.againstBest('preloaded', 4.5),
        who.againstBest('avx2', 4.5),
        who.againstBest('foreach'),
        who.againstOne('preloaded', 2.2),
        who.againstOne('avx2', 2.2),
        who.againstOne('foreach'),
        who.against(torchName('ddp', cores), `PyTorch DDP, ${cores} processes`, 15),
        who.against(torchName('tutorial', 1), 'PyTorch as the tutorial is written', 18),
        who.against('tfjs-wasm', 'TensorFlow.js wasm', 45),
        who.against('tfjs-cpu', 'TensorFlow.js cpu'),
        who.against('jax-js', 'jax-js'),
        ...who.scaling(1.85),
      ],
    },
    ...[256, 1024].map((batchSize) => ({
      ...base(batchSize, batchSize === 256 ? 50 : 20),
      entries: [...who.lockstepBoth(), ...torch, ...ddp, who.tensorflow('wasm'), who.jax()],
      comparisons: [
        who.againstBest('preloaded', 2.5),
        who.againstBest('avx2', 2.5),
        who.againstBest('foreach'),
        who.againstOne('preloaded'),
        who.against(torchName('ddp', cores), `PyTorch DDP, ${cores} processes`),
        who.against('tfjs-wasm', 'TensorFlow.js wasm'),
        who.against('jax-js', 'jax-js'),
        ...who.scaling(1.9),
      ],
    })),
  ];
}
