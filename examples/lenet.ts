// LeNet-5 on handwritten digits, on all cores: convolutions find strokes wherever they lie.
// One learns: `models.lenet`, that its tensors are called as PyTorch's tutorial calls them, and how much better it is than a
// network of linear layers after the same few samples.
// Run it: pnpm example lenet --samples 60000 --epochs 5
// It prints each network's accuracy and the hash of LeNet's weights; the exact lines stand at the end of this file.
import { parseArgs } from 'node:util';
import { adam, crossEntropy, models, oneCycleSchedule, traceModel } from '@lockstep/core';
import { firstSamples, loadMnist } from '@lockstep/data';
import { train } from '@lockstep/trainer';

const { values } = parseArgs({
  options: {
    samples: { type: 'string', default: '2000' },
    epochs: { type: 'string', default: '3' },
  },
});
const mnist = await loadMnist({ name: 'mnist' });
const data = {
  train: firstSamples(mnist.train, Number(values.samples)),
  test: firstSamples(mnist.test, 1000),
};

const lenet = models.lenet({ outputs: 10 });
for (const { name, shape } of traceModel(lenet, [1, 28, 28]).parameters) {
  if (name.endsWith('weight')) console.log(name.padEnd(12), shape.join(' × '));
}

for (const [name, model] of Object.entries({ lenet, mlp: models.mlp({ outputs: 10 }) })) {
  const { testAccuracy, weightsHash } = await train({
    ...{ model, data, loss: crossEntropy(), epochs: Number(values.epochs), batchSize: 32 },
    optimizer: adam({ learningRate: 0.003, schedule: oneCycleSchedule() }),
  }).result();
  console.log(`${name}: ${(100 * testAccuracy!).toFixed(1)}% of the test digits`);
  if (name === 'lenet') console.log(`weights ${weightsHash}`);
}

/* Prints:
conv1.weight 6 × 1 × 5 × 5
conv2.weight 16 × 6 × 5 × 5
fc1.weight   120 × 400
fc2.weight   84 × 120
fc3.weight   10 × 84
lenet: 91.6% of the test digits
weights e4404b73031b2a860b70a6fd6076bc1fb2c34c255c6ef7607df11a0b07285cab
mlp: 86.5% of the test digits
*/
