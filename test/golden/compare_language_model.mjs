// The half of compare_language_model.py that trains with Lockstep: reads the folder that it is told (weights, batches, settings), and
// prints JSON with the losses of the steps that are asked for, and the seconds. By itself it is of no use.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { adam, crossEntropy, models } from '@lockstep/core';
import { fromArrays } from '@lockstep/data';
import { decodeSafetensors } from '@lockstep/formats';
import { train } from '@lockstep/trainer';

const folder = process.argv[2];
const settings = JSON.parse(readFileSync(join(folder, 'settings.json'), 'utf8'));
const { model, batch, context, layers, heads, size, threads, told, vocabulary } = settings;
const learningRate = settings.learning_rate;
const { tensors } = decodeSafetensors(readFileSync(join(folder, 'weights.safetensors')));

/** The windows of a file as a dataset: each predicts its bytes from the second on. */
function windowsOf(file) {
  const windows = readFileSync(join(folder, file));
  const samples = windows.length / (context + 1);
  const inputs = new Int32Array(samples * context);
  const targets = new Int32Array(samples * context);
  for (let i = 0; i < samples; i++) {
    for (let t = 0; t < context; t++) {
      inputs[i * context + t] = windows[i * (context + 1) + t];
      targets[i * context + t] = windows[i * (context + 1) + t + 1];
    }
  }
  return fromArrays({
    inputs,
    inputShape: [context],
    vocabulary,
    labels: targets,
    targetShape: [context],
    classes: vocabulary,
  });
}

const losses = {};
const begun = performance.now();
const run = train({
  model:
    model === 'lstm'
      ? models.lstm({ vocabulary, embedding: size, size, layers })
      : models.gpt({ vocabulary, context, layers, heads, size }),
  data: windowsOf('windows.u8.bin'),
  loss: crossEntropy(),
  optimizer: adam({ learningRate }),
  batchSize: batch,
  epochs: 1,
  shuffle: false,
  threads,
  parameters: Object.fromEntries(tensors),
  onStep({ step, loss }) {
    if (told.includes(step)) losses[step] = loss;
  },
});
const { trained } = await run.result();
const seconds = (performance.now() - begun) / 1000;
const validation = trained.evaluate(windowsOf('validation.u8.bin')).loss;
console.log(JSON.stringify({ losses, validation, seconds }));
