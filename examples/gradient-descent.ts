// Batch, mini-batch and stochastic gradient descent, side by side.
// One learns: the three differ in one number, the samples of a step. All samples give one exact step an
// epoch, few samples give many noisy ones: those are soon near the best line, and then never quite rest.
// Run it: pnpm example gradient-descent
// It prints the mean squared error after each epoch; the exact lines stand at the end of this file.
import { fit, linear, meanSquaredError, sgd, zeros } from '@lockstep/core';
import { fromArrays } from '@lockstep/data';

// 64 points scattered around the line y = 3x − 1. The scatter is fixed, so the best possible error is too.
const SAMPLES = 64;
const xs = Array.from({ length: SAMPLES }, (_, i) => (2 * i + 1) / SAMPLES - 1);
const ys = xs.map((x, i) => 3 * x - 1 + (((29 * i) % SAMPLES) / SAMPLES - 0.5));
const data = fromArrays({ inputs: xs, inputShape: [1], targets: ys });

const METHODS = [
  { name: 'batch', batchSize: SAMPLES },
  { name: 'mini-batch', batchSize: 8 },
  { name: 'stochastic', batchSize: 1 },
];

const runs = METHODS.map(({ name, batchSize }) => {
  const { parameters, epochs } = fit({
    model: linear(1, 1, { weightInit: zeros(), biasInit: zeros() }),
    // As test data, for the error of all points after the epoch; trainLoss is taken while the line still moves.
    data: { train: data, test: data },
    loss: meanSquaredError(),
    optimizer: sgd({ learningRate: 0.1 }),
    batchSize,
    epochs: 10,
  });
  const [slope, intercept] = ['weight', 'bias'].map((key) => parameters.get(key)!.data[0]!);
  return {
    name,
    steps: epochs[0]!.step,
    errors: epochs.map(({ testLoss }) => testLoss!.toFixed(4)),
    line: `y = ${slope!.toFixed(2)}x ${intercept! < 0 ? '-' : '+'} ${Math.abs(intercept!).toFixed(2)}`,
  };
});

const table = [
  ['', ...runs.map(({ name }) => name)],
  ['steps an epoch', ...runs.map(({ steps }) => steps)],
  ...runs[0]!.errors.map((_, i) => [`epoch ${i + 1}`, ...runs.map(({ errors }) => errors[i]!)]),
  ['the line', ...runs.map(({ line }) => line)],
];
for (const [title, ...cells] of table) {
  console.log(String(title).padEnd(15) + cells.map((cell) => String(cell).padStart(18)).join(''));
}

/* Prints:
                            batch        mini-batch        stochastic
steps an epoch                  1                 8                64
epoch 1                    3.3085            1.0845            0.0848
epoch 2                    2.7426            0.3908            0.0927
epoch 3                    2.3038            0.1811            0.1113
epoch 4                    1.9561            0.1157            0.0915
epoch 5                    1.6753            0.0947            0.0878
epoch 6                    1.4450            0.0872            0.1047
epoch 7                    1.2534            0.0844            0.0843
epoch 8                    1.0922            0.0839            0.0998
epoch 9                    0.9556            0.0835            0.1081
epoch 10                   0.8390            0.0839            0.0952
the line         y = 1.48x - 0.90  y = 2.97x - 0.98  y = 2.95x - 0.90
*/
