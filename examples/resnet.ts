// A residual network on clothes (Fashion-MNIST) or digits, with pictures that are augmented as they are learnt from.
// One learns: `models.resnet`, `augment`, and a network of one's own of the same parts: `residual`, `sequential` with names.
// Run it: pnpm example resnet --dataset fashion-mnist --samples 60000 --epochs 10
// It prints what each network has and learns; the exact lines stand at the end of this file.
import { parseArgs } from 'node:util';
import {
  adaptiveAvgPool2d,
  batchNorm2d,
  conv2d,
  crop,
  crossEntropy,
  flatten,
  flip,
  linear,
  models,
  oneCycleSchedule,
  relu,
  residual,
  sequential,
  sgd,
  traceModel,
} from '@lockstep/core';
import { firstSamples, loadMnist } from '@lockstep/data';
import { train } from '@lockstep/trainer';

const { values } = parseArgs({
  options: {
    dataset: { type: 'string', default: 'mnist' },
    samples: { type: 'string', default: '800' },
    epochs: { type: 'string', default: '2' },
  },
});
const dataset = await loadMnist({ name: values.dataset as 'mnist' | 'fashion-mnist' });
const data = {
  train: firstSamples(dataset.train, Number(values.samples)),
  test: firstSamples(dataset.test, 128),
};

/** One residual block of 8 channels, written out. */
const own = sequential({
  conv1: conv2d(1, 8, 3, { stride: 2, padding: 1 }),
  block: residual(
    sequential({ norm: batchNorm2d(8), act: relu(), conv: conv2d(8, 8, 3, { padding: 1 }) }),
  ),
  pool: adaptiveAvgPool2d(1),
  flatten: flatten(),
  fc: linear(8, 10),
});

for (const [name, model] of Object.entries({
  own,
  resnet: models.resnet({ outputs: 10, width: 8 }),
})) {
  const { parameters } = traceModel(model, [1, 28, 28]);
  console.log(
    `${name}: ${parameters.length} tensors, from ${parameters[0]!.name} to ${parameters.at(-1)!.name}`,
  );
  const { testAccuracy, weightsHash } = await train({
    ...{ model, data, loss: crossEntropy(), epochs: Number(values.epochs), batchSize: 16 },
    optimizer: sgd({ learningRate: 0.05, momentum: 0.9, schedule: oneCycleSchedule() }),
    augment: [crop(2), flip(values.dataset === 'mnist' ? 0 : 0.5)],
  }).result();
  console.log(`${(100 * testAccuracy!).toFixed(1)}% of the test pictures, weights ${weightsHash}`);
}

/* Prints:
own: 8 tensors, from conv1.weight to fc.bias
18.8% of the test pictures, weights 3f97369680e9a49a9a4a301171116bd11e27f4f7b2a98d94364480939049e9e1
resnet: 29 tensors, from conv1.weight to fc.bias
52.3% of the test pictures, weights 0ad776158ef25a1a2d64426505f715a27a51b26333163e2a9ce4be867a6ce04a
*/
