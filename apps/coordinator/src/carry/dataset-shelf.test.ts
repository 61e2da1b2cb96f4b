import { MAX_NAME_CHARACTERS } from '@lockstep/wire';
import { expect, test } from 'vitest';
import { DatasetShelf } from './dataset-shelf.js';

test('a dataset that is called as a file with a long path can be told to workers', () => {
  const name = `/data/${'very-long/'.repeat(20)}\u0007leaves.csv`;
  const data = {
    ...{ name, samples: 1, inputShape: [1], inputDivisor: 1, targetShape: [1], classes: undefined },
    ...{ inputs: Float32Array.of(1), targets: Float32Array.of(1) },
  };
  const [train] = new DatasetShelf({ train: data }).descriptions;
  expect(train.name.length).toBeLessThanOrEqual(MAX_NAME_CHARACTERS);
  expect(train.name).not.toMatch(/\p{Cc}/u);
});
