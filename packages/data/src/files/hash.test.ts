import { createHash } from 'node:crypto';
import type { Dataset } from '@lockstep/core';
import { expect, test } from 'vitest';
import { toShared } from '../shared.js';
import { datasetSha256, updateLittleEndian } from './hash.js';

const BASE: Dataset = {
  name: 'tiny',
  samples: 2,
  inputShape: [3],
  inputs: new Uint8Array([1, 2, 3, 4, 5, 6]),
  inputDivisor: 255,
  targetShape: [],
  targets: new Int32Array([0, 1]),
  classes: 2,
};

test('the hash is that of the documented bytes', () => {
  const described =
    '{"name":"tiny","samples":2,"inputShape":[3],"inputs":"uint8","inputDivisor":255,"targetShape":[],"targets":"int32","classes":2}';
  const expected = createHash('sha256')
    .update(`{"tag":"lockstep-dataset-1","train":${described},"test":${described}}\n`)
    .update(new Uint8Array([1, 2, 3, 4, 5, 6, 0, 0, 0, 0, 1, 0, 0, 0]))
    .update(new Uint8Array([1, 2, 3, 4, 5, 6, 0, 0, 0, 0, 1, 0, 0, 0]))
    .digest('hex');
  expect(datasetSha256({ train: BASE, test: BASE })).toBe(expected);
});

test('shared memory and the place in a buffer do not matter', () => {
  const { inputs, targets } = BASE;
  const larger = new Int32Array([9, 0, 1, 9]);
  const elsewhere = { ...BASE, inputs: toShared(inputs), targets: larger.subarray(1, 3) };
  expect(datasetSha256({ train: elsewhere, test: { ...BASE, targets: toShared(targets) } })).toBe(
    datasetSha256({ train: BASE, test: BASE }),
  );
});

test('what classes are called does not matter', () => {
  const named = { ...BASE, classNames: ['a', 'b'] };
  expect(datasetSha256({ train: named, test: BASE })).toBe(
    datasetSha256({ train: BASE, test: BASE }),
  );
});

test('every other property changes the hash, and so does the order of the two parts', () => {
  const changes: Partial<Dataset>[] = [
    { name: 'other' },
    { inputShape: [1, 3] },
    { inputs: new Uint8Array([1, 2, 3, 4, 5, 7]) },
    { inputs: new Float32Array([1, 2, 3, 4, 5, 6]) },
    { inputDivisor: 1 },
    { targets: new Int32Array([1, 0]) },
    { targets: new Float32Array([0, 1]), classes: undefined },
    { classes: 3 },
  ];
  const hashes = changes.map((change) =>
    datasetSha256({ train: { ...BASE, ...change }, test: BASE }),
  );
  const swapped = datasetSha256({ train: BASE, test: { ...BASE, name: 'other' } });
  expect(new Set([...hashes, swapped, datasetSha256({ train: BASE, test: BASE })]).size).toBe(
    changes.length + 2,
  );
});

test('a big-endian machine hashes the same bytes', () => {
  const values = new Float32Array(300_000).map((_, i) => i / 7);
  const swapped = new Float32Array(Buffer.from(values.slice().buffer).swap32().buffer);
  const here = createHash('sha256');
  updateLittleEndian(here, values, true);
  const there = createHash('sha256');
  updateLittleEndian(there, swapped, false);
  expect(there.digest('hex')).toBe(here.digest('hex'));
});

test('further datasets count by their names, whatever the order in which they were given', () => {
  const other = { ...BASE, name: 'other' };
  const all = { train: BASE, test: BASE, validation: other, holdout: BASE };
  const hash = datasetSha256(all);
  const { validation, holdout, ...pair } = all;
  expect(datasetSha256({ ...pair, holdout, validation })).toBe(hash);
  const changed = [
    pair,
    { ...pair, validation },
    { ...pair, holdout: validation, validation: holdout },
    { train: BASE, validation: BASE },
    { train: BASE, test: BASE },
    { train: BASE, holdout: BASE },
  ].map((data) => datasetSha256(data));
  expect(new Set([hash, ...changed]).size).toBe(6);
  expect(datasetSha256(BASE)).toBe(datasetSha256({ train: BASE }));
});
