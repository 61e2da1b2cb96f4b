// Numbers that nobody can mean are refused by name with their range, before a dataset is looked at or memory is taken.
import { coordinate } from '@lockstep/coordinator';
import { fit, LockstepError, linear, meanSquaredError, sgd } from '@lockstep/core';
import { evaluate, train } from '@lockstep/trainer';
import { work } from '@lockstep/worker';
import { expect, it } from 'vitest';

/** Whoever looks at it fails. */
const UNTOUCHED = new Proxy({} as never, {
  get() {
    throw new Error('the dataset was looked at');
  },
});
const network = { model: linear(1, 1), loss: meanSquaredError() };
const base = { ...network, optimizer: sgd() };
const data = { train: UNTOUCHED };
const token = 'a token of more than 16 characters';

const NEVER = [Number.NaN, Number.POSITIVE_INFINITY, -1, 1.5, 1e300, '5', null] as never[];

const ENTRIES: readonly [
  string,
  (options: object) => unknown,
  Record<string, readonly unknown[]>,
][] = [
  [
    'fit',
    (options) => fit({ ...base, data: UNTOUCHED, ...options }),
    {
      batchSize: [...NEVER, 0, 1e18],
      epochs: NEVER,
      seed: NEVER,
      shards: [...NEVER, 0, 3, 2 ** 40],
    },
  ],
  [
    'train',
    (options) => train({ ...base, data, ...options }),
    {
      ...{ batchSize: [...NEVER, 0, 1e18], epochs: NEVER, seed: NEVER, shards: [...NEVER, 0, 3] },
      ...{ threads: [...NEVER, 0, 1e9], checkpointEvery: [...NEVER, 0] },
    },
  ],
  [
    'evaluate',
    (options) => evaluate({ ...network, parameters: new Map(), data: UNTOUCHED, ...options }),
    { threads: [...NEVER, 0, 1e9] },
  ],
  [
    'coordinate',
    (options) => coordinate({ ...base, data, token, ...options }),
    {
      ...{ port: [...NEVER, 99_999], minWorkers: [...NEVER, 0, 1e9] },
      ...{ maxWorkers: [...NEVER, 0, 1e9], heartbeatTimeoutMs: [...NEVER, 0, 1e15] },
      ...{ auditShare: [Number.NaN, -1, 1.5, '0.5', null], epochs: NEVER },
    },
  ],
  [
    'work',
    (options) => work('ws://127.0.0.1:1', { token, ...options }),
    { threads: [...NEVER, 0, 1e9], maxDatasetBytes: NEVER },
  ],
  [
    'linear',
    ({ outFeatures }: { outFeatures?: never }) => linear(1, outFeatures!),
    { outFeatures: [...NEVER, 0, 1e9] },
  ],
];

const CASES = ENTRIES.flatMap(([operation, call, names]) =>
  Object.entries(names).flatMap(([name, values]) =>
    values.map((value) => [operation, name, value, call] as const),
  ),
);

it.each(CASES)('%s refuses %s: %o', async (operation, name, value, call) => {
  const error = await (async () => call({ [name]: value }))().catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(LockstepError);
  const { message } = error as Error;
  expect(message).toMatch(new RegExp(`^${operation}: ${name} `));
  expect(message).toMatch(
    /must be (an integer in \[\d+, \d+\]|a finite float32 >= 0)|from 1 to 1024/,
  );
});
