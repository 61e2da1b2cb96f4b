// Rosenblatt's perceptron learns AND and OR, and cannot learn XOR.
// One learns: a neuron is a weighted sum and a threshold, and its learning rule w ← w + (t − y) x is
// gradient descent on the perceptron loss, with learning rate 1 and one sample a step.
// Run it: pnpm example perceptron
// It prints what was learnt of each function; the exact lines stand at the end of this file.
import { fit, linear, type Model, perceptron, predict, sgd, step, zeros } from '@lockstep/core';
import { fromArrays } from '@lockstep/data';

const EPOCHS = 20;
const INPUTS = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
];
const FUNCTIONS = { AND: [0, 0, 0, 1], OR: [0, 1, 1, 1], XOR: [0, 1, 1, 0] };

const weightedSum = linear(2, 1, { weightInit: zeros(), biasInit: zeros() });
// The threshold. It is no part of what is trained, because it has no slope to follow: the loss has its own.
const neuron: Model = (x, scope) => step(weightedSum(x, scope));

for (const [name, targets] of Object.entries(FUNCTIONS)) {
  const data = fromArrays({ name, inputs: INPUTS, targets });
  const { parameters, epochs } = fit({
    model: weightedSum,
    data: { train: data, test: data },
    loss: perceptron(),
    optimizer: sgd({ learningRate: 1 }),
    batchSize: 1,
    epochs: EPOCHS,
    shuffle: false,
  });

  const outputs = predict({ model: neuron, parameters, inputs: data.inputs, inputShape: [2] });
  const [w1, w2] = parameters.get('weight')!.data;
  const [bias] = parameters.get('bias')!.data;
  console.log(`${name}: fires if ${w1} x1 + ${w2} x2 + ${bias} > 0`);
  for (const [i, inputs] of INPUTS.entries()) {
    const verdict = outputs[i] === targets[i] ? 'right' : 'wrong';
    console.log(`  ${inputs.join(' ')} -> ${outputs[i]}  ${verdict}`);
  }

  const learnt = epochs.find(({ testAccuracy }) => testAccuracy === 1);
  if (learnt) console.log(`  learnt after ${learnt.epoch} epochs`);
  else {
    console.log(
      `  not learnt in ${EPOCHS} epochs, and never will be: one neuron draws one straight`,
    );
    console.log(
      '  line, and no line has 01 and 10 on one side, 00 and 11 on the other (see xor.ts)',
    );
  }
}

/* Prints:
AND: fires if 2 x1 + 1 x2 + -2 > 0
  0 0 -> 0  right
  0 1 -> 0  right
  1 0 -> 0  right
  1 1 -> 1  right
  learnt after 5 epochs
OR: fires if 1 x1 + 1 x2 + 0 > 0
  0 0 -> 0  right
  0 1 -> 1  right
  1 0 -> 1  right
  1 1 -> 1  right
  learnt after 3 epochs
XOR: fires if -1 x1 + 0 x2 + 1 > 0
  0 0 -> 1  wrong
  0 1 -> 1  right
  1 0 -> 0  wrong
  1 1 -> 0  right
  not learnt in 20 epochs, and never will be: one neuron draws one straight
  line, and no line has 01 and 10 on one side, 00 and 11 on the other (see xor.ts)
*/
