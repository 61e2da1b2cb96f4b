// The tutorials' network on random features without a single zero, so that nobody mistakes the sparsity of
// MNIST's pixels for the engine's speed.
import type { Contenders } from '../contenders.js';
import type { TrainingCase } from '../training-case.js';
import { tutorial } from '../work.js';

export function denseCase(who: Contenders): TrainingCase {
  return {
    name: 'dense',
    title: '784-128-64-10 on dense random features (float32), Adam, batch 64',
    work: tutorial(64),
    data: 'dense',
    samples: 16_384,
    learnSteps: 100,
    entries: [...who.lockstepBoth(), ...who.torch(), who.tensorflow('wasm'), who.jax()],
    comparisons: [
      ...who.againstTorch(),
      ...who.againstTorchOnOne(),
      ...who.against('tfjs-wasm', 'TensorFlow.js wasm'),
      ...who.against('jax-js', 'jax-js'),
      ...who.scaling(),
    ],
  };
}
