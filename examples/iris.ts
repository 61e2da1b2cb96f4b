// Iris: which of three flowers, by the size of four leaves.
// One learns: a table from a file, a part of it kept for testing, columns that are standardised by what the training part
// says, class names, and asking the trained model with a flower's own measures. Run it: pnpm example iris
// It prints the accuracy, what is mistaken for what, and one flower's class; the exact lines stand at the end of this file.
import { adam, crossEntropy, fit, linear, relu, sequential } from '@lockstep/core';
import { prepare, readTable, split } from '@lockstep/data';

const table = await readTable(new URL('../data/iris.csv', import.meta.url));
const parts = split(table, { test: 0.2, stratify: 'species' });
// A name alone stands for what is usual: numbers are standardised, a text is a class.
const { data } = prepare(parts, { target: 'species' });

const { trained } = fit({
  model: sequential(linear(4, 16), relu(), linear(16, 3)),
  data,
  loss: crossEntropy(),
  optimizer: adam({ learningRate: 0.02 }),
  batchSize: 16,
  epochs: 30,
});

const { accuracy, metrics } = trained.evaluate(data.test, { metrics: ['confusion-matrix'] });
console.log(`${Math.round(accuracy! * data.test.samples)} of ${data.test.samples} flowers right`);
for (const [i, row] of (metrics['confusion-matrix'] as number[][]).entries()) {
  console.log(`  ${data.test.classNames![i]!.padEnd(10)} taken for ${row.join(' ')}`);
}

// The model prepares a row as it prepared the table.
const flower = { sepal_length: 5.1, sepal_width: 3.5, petal_length: 1.4, petal_width: 0.2 };
const { label, probabilities } = trained.classify(flower);
console.log(`${label} (${(100 * Math.max(...probabilities)).toFixed(1)}%)`);

/* Prints:
29 of 30 flowers right
  setosa     taken for 10 0 0
  versicolor taken for 0 10 0
  virginica  taken for 0 1 9
setosa (100.0%)
*/
