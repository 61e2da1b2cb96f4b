// Tides: the water's level in three hours, from the levels of the last day.
// One learns: windows of a series as samples, a split in the order of time, and a comparison with an answer that needs no
// learning. Run it: pnpm example tides
// It prints both errors and a forecast beside what came; the exact lines stand at the end of this file.
import {
  adam,
  type Dataset,
  fit,
  flatten,
  linear,
  meanSquaredError,
  sequential,
  tanh,
} from '@lockstep/core';
import { prepare, readTable, split, standardise, windows } from '@lockstep/data';

const DAY = 24;
const AHEAD = 3;

const table = await readTable(new URL('../data/tides.csv', import.meta.url));
// What comes later is for testing. The mean and the deviation are those of the time before.
const { data } = prepare(split(table, { test: 0.25, inOrder: true }), {
  inputs: ['hour'],
  target: standardise('level'),
});

// A sample for each hour that has a day before it and three hours after it.
const [train, test] = [data.train, data.test].map(({ targets: levels }) =>
  windows(levels, { length: DAY, ahead: AHEAD }),
) as [Dataset, Dataset];

const { trained } = fit({
  model: sequential(flatten(), linear(DAY, 16), tanh(), linear(16, 1)),
  data: { train, test },
  loss: meanSquaredError(),
  optimizer: adam({ learningRate: 0.01 }),
  batchSize: 32,
  epochs: 60,
});

const answers = trained.predict(test);
const errorOf = (guess: (sample: number) => number): string => {
  const squares = Array.from(test.targets, (target, i) => (target - guess(i)) ** 2);
  return Math.sqrt(squares.reduce((a, b) => a + b) / squares.length).toFixed(2);
};
console.log(`the network is off by ${errorOf((i) => answers[i]!)} deviations`);
console.log(`"as it is now" by ${errorOf((i) => test.inputs[(i + 1) * DAY - 1]!)}`);
for (const sample of [0, 20, 40]) {
  console.log(`forecast ${answers[sample]!.toFixed(2)}, came ${test.targets[sample]!.toFixed(2)}`);
}

/* Prints:
the network is off by 0.05 deviations
"as it is now" by 1.37
forecast 1.13, came 1.16
forecast -0.97, came -1.03
forecast 0.24, came 0.31
*/
