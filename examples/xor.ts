// A hidden layer learns XOR, which a single neuron cannot (see perceptron.ts).
// One learns: layers in a row, a loss, an optimizer, training with `fit`, and asking the trained network
// with `predict`. Run it: pnpm example xor
// It prints the falling loss and the learnt truth table; the exact lines stand at the end of this file.
import {
  adam,
  binaryCrossEntropy,
  fit,
  linear,
  type Model,
  predict,
  sequential,
  sigmoid,
  tanh,
} from '@lockstep/core';
import { fromArrays } from '@lockstep/data';

const INPUTS = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
];
const data = fromArrays({ inputs: INPUTS, targets: [0, 1, 1, 0] });

const network = sequential(linear(2, 4), tanh(), linear(4, 1));

const { parameters } = fit({
  model: network,
  data,
  loss: binaryCrossEntropy(),
  optimizer: adam({ learningRate: 0.1 }),
  batchSize: 4,
  epochs: 200,
  seed: 1,
  onEpoch({ epoch, trainLoss }) {
    if (epoch === 1 || epoch % 50 === 0)
      console.log(`epoch ${epoch}: loss ${trainLoss.toFixed(4)}`);
  },
});

// The loss takes the network's raw output; the sigmoid makes a probability of it.
const probability: Model = (x, scope) => sigmoid(network(x, scope));
const outputs = predict({ model: probability, parameters, inputs: data.inputs, inputShape: [2] });
for (const [i, [a, b]] of INPUTS.entries()) {
  console.log(
    `${a} xor ${b} = ${Math.round(outputs[i]!)}  (probability of 1: ${outputs[i]!.toFixed(3)})`,
  );
}

/* Prints:
epoch 1: loss 0.6980
epoch 50: loss 0.0220
epoch 100: loss 0.0062
epoch 150: loss 0.0037
epoch 200: loss 0.0025
0 xor 0 = 0  (probability of 1: 0.000)
0 xor 1 = 1  (probability of 1: 0.998)
1 xor 0 = 1  (probability of 1: 0.996)
1 xor 1 = 0  (probability of 1: 0.005)
*/
