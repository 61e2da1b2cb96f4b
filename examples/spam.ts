// Spam: which mails are unwanted, by their words.
// One learns: texts as bags of words, two named classes with one output that speaks for the positive one, and precision and
// recall. Run it: pnpm example spam
// It prints what the test mails give, and the verdict on two new ones; the exact lines stand at the end of this file.
import { adam, binaryCrossEntropy, fit, linear } from '@lockstep/core';
import { bagOfWords, classOf, prepare, readTable, split } from '@lockstep/data';

const table = await readTable(new URL('../data/spam.csv', import.meta.url));
const { data } = prepare(split(table, { test: 0.25, stratify: 'kind' }), {
  inputs: [bagOfWords('text', { minRows: 2 })],
  target: classOf('kind'),
});
const words = data.train.inputNames!.length;

// One number for each word, and their sum: a positive one says spam.
const { trained } = fit({
  model: linear(words, 1),
  data,
  loss: binaryCrossEntropy({ positive: 'spam' }),
  optimizer: adam({ learningRate: 0.05 }),
  batchSize: 16,
  epochs: 20,
});

const { metrics } = trained.evaluate(data.test, { metrics: ['precision', 'recall'] });
const { precision, recall } = metrics as Record<string, number>;
console.log(`${words} words, precision ${precision!.toFixed(2)}, recall ${recall!.toFixed(2)}`);
for (const text of ['You won a prize, click to claim it', 'Shall we have lunch tomorrow?']) {
  const { label, probabilities } = trained.classify({ text });
  console.log(`${label} (${probabilities.map((one) => one.toFixed(2)).join(' ')}): ${text}`);
}

/* Prints:
96 words, precision 1.00, recall 1.00
spam (0.02 0.98): You won a prize, click to claim it
ham (0.96 0.04): Shall we have lunch tomorrow?
*/
