// Text: a small GPT reads tales, one character after the other, and goes on from the beginning of one.
// One learns: a text as samples, a language model, its perplexity, and generation that is the same everywhere.
// Run it: pnpm example text
// It prints what the model says before and after training; the exact lines stand at the end of this file.
import { readFile } from 'node:fs/promises';
import { adamw, crossEntropy, fit, models } from '@lockstep/core';
import { textDataset } from '@lockstep/data';

const tales = await readFile(new URL('../data/tales.txt', import.meta.url));
// The text's last tenth is for testing.
const context = 32;
const { data } = textDataset(tales, { tokenizer: 'characters', context, stride: 16, test: 0.1 });
const vocabulary = data.train.vocabulary!;

for (const epochs of [0, 4]) {
  const { trained } = fit({
    model: models.gpt({ vocabulary, context, layers: 2, heads: 2, size: 32 }),
    data,
    loss: crossEntropy(),
    optimizer: adamw({ learningRate: 0.01 }),
    batchSize: 32,
    epochs,
  });
  const { metrics } = trained.evaluate(data.test, { metrics: ['perplexity'] });
  const perplexity = Number(metrics.perplexity).toFixed(1);
  console.log(
    `after ${epochs} epochs it is as unsure as among ${perplexity} characters, and says:`,
  );
  const said = [...trained.generate({ prompt: 'Once ', length: 120, temperature: 0.3 })].join('');
  console.log(`  Once ${said.replaceAll('\n', '\n  ')}`);
}

/* Prints:
after 0 epochs it is as unsure as among 36.2 characters, and says:
  Once ??hs.Wv.rAIIcWs"ppslvSWiOxgatofAhrwfgIdg"b,wfOrlnfIo"Sn""?�alxpoxWnbTkxTw f,fxOnf?euTxOk ppAObkubIIklOOioebvarlIlud� avk
after 4 epochs it is as unsure as among 1.4 characters, and says:
  Once a grey cat went to the hill and found a broken bell. In the night t to the hill. And nobody slept.
  Once the fox went to 
*/
