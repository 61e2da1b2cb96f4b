// Houses: a price from numbers, a category and a year that some rows lack.
// One learns: saying what becomes of each column, a value that stands for what is missing, and a target that is standardised
// while the network learns and comes back in its own unit when it answers. Run it: pnpm example houses
// It prints how far off the prices are, and two answers; the exact lines stand at the end of this file.
import { adam, fit, linear, meanSquaredError, relu, sequential } from '@lockstep/core';
import { minMax, oneHot, prepare, readTable, split, standardise } from '@lockstep/data';

const table = await readTable(new URL('../data/houses.csv', import.meta.url));
const { data, preparation } = prepare(split(table, { test: 0.2, seed: 1 }), {
  inputs: [
    standardise('area'),
    standardise('rooms'),
    minMax('built', { missing: 'mean' }),
    oneHot('district', { unknown: 'ignore' }),
  ],
  target: standardise('price'),
});
console.log(data.train.inputNames!.join(', '));
// Plain data, which the trained model keeps.
console.log(JSON.stringify(preparation.targets[0]));

const { trained } = fit({
  model: sequential(linear(7, 16), relu(), linear(16, 1)),
  data,
  loss: meanSquaredError(),
  optimizer: adam({ learningRate: 0.01 }),
  batchSize: 16,
  epochs: 40,
});

const { metrics } = trained.evaluate(data.test, { metrics: ['root-mean-squared-error', 'r2'] });
const { 'root-mean-squared-error': rmse, r2 } = metrics as Record<string, number>;
console.log(`RMSE ${rmse!.toFixed(1)} in thousands, R2 ${r2!.toFixed(3)}`);

const house = { area: 120, rooms: 4, built: 1980, district: 'hill' };
const [price, unknown] = trained.predict([house, { ...house, built: null, district: 'moon' }]);
console.log(`on the hill ${price!.toFixed(0)}, of unknown age and place ${unknown!.toFixed(0)}`);

/* Prints:
area, rooms, built, district=harbour, district=hill, district=north, district=old_town
{"kind":"standardise","column":"price","mean":328.9479166666667,"deviation":104.40195458256379}
RMSE 8.0 in thousands, R2 0.995
on the hill 392, of unknown age and place 356
*/
