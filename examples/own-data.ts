// A dataset of one's own: from a CSV text, or from typed arrays.
// One learns: parseCsv and fromArrays, keeping some samples aside for testing, and asking the trained
// network about a sample that it has never seen. For a file there is readCsv(path, …).
// Run it: pnpm example own-data
// It prints the accuracy on the test samples and the answers; the exact lines stand at the end of this file.
import {
  adam,
  crossEntropy,
  type Dataset,
  fit,
  linear,
  predict,
  relu,
  sequential,
} from '@lockstep/core';
import { fromArrays, parseCsv, trainTestSplit } from '@lockstep/data';

// Leaves, with invented sizes. Every column but the target is an input. Networks learn best from inputs
// that are about as large as 1, so these are in decimetres.
const CSV = `length,width,tree
1.1,1.0,lime
0.9,0.8,lime
1.0,0.9,lime
1.2,1.1,lime
0.9,0.9,lime
1.1,0.9,lime
1.2,0.3,willow
1.4,0.3,willow
1.0,0.2,willow
1.1,0.2,willow
1.5,0.4,willow
0.8,0.1,willow
0.5,0.4,birch
0.6,0.5,birch
0.4,0.3,birch
0.7,0.5,birch
0.5,0.3,birch
0.7,0.6,birch`;

/** Trains on three quarters of the samples, tests on the rest, and returns the class of new inputs. */
function learn(dataset: Dataset, newInputs: Float32Array): number[] {
  const { inputShape, classes } = dataset;
  const model = sequential(linear(inputShape[0]!, 16), relu(), linear(16, classes!));
  const { train, test } = trainTestSplit(dataset, { testFraction: 0.25, seed: 0 });
  const { parameters, epochs } = fit({
    model,
    data: { train, test },
    loss: crossEntropy(),
    optimizer: adam({ learningRate: 0.02 }),
    batchSize: 8,
    epochs: 100,
  });
  const right = Math.round(epochs.at(-1)!.testAccuracy! * test.samples);
  console.log(`${dataset.name}: ${right} of ${test.samples} test samples right`);

  const scores = predict({ model, parameters, inputs: newInputs, inputShape });
  return Array.from({ length: scores.length / classes! }, (_, i) => {
    const row = scores.subarray(i * classes!, (i + 1) * classes!);
    return row.indexOf(Math.max(...row));
  });
}

const leaves = parseCsv(CSV, { name: 'leaves', target: 'tree', task: 'classification' });
const [tree] = learn(leaves, Float32Array.of(1.2, 0.2));
console.log(`  a leaf of 1.2 by 0.2: ${leaves.classNames![tree!]}`);

// The same from typed arrays: the points of a 20 by 20 grid, and whether each lies within a circle.
const inputs = new Float32Array(2 * 400);
const labels = new Int32Array(400);
for (let i = 0; i < 400; i++) {
  const x = (i % 20) / 9.5 - 1;
  const y = Math.floor(i / 20) / 9.5 - 1;
  inputs.set([x, y], 2 * i);
  labels[i] = x * x + y * y < 0.5 ? 1 : 0;
}
const points = fromArrays({ name: 'points', inputs, inputShape: [2], labels, classes: 2 });
const [centre, corner] = learn(points, Float32Array.of(0, 0, 0.9, 0.9));
console.log(`  centre: ${centre ? 'inside' : 'outside'}, corner: ${corner ? 'inside' : 'outside'}`);

/* Prints:
leaves: 5 of 5 test samples right
  a leaf of 1.2 by 0.2: willow
points: 96 of 100 test samples right
  centre: inside, corner: outside
*/
