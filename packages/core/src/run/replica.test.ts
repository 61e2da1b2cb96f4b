// However a batch's shards are cut into buckets, the blocks they come to add up to the bytes of the uncut batch.
import { wasm } from '@lockstep/kernels';
import type { Range } from '@lockstep/tree';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Dataset } from '../dataset.js';
import { linear } from '../layers/linear.js';
import { crossEntropy } from '../losses/cross-entropy.js';
import { sgd } from '../optimizers/sgd.js';
import { runConfig } from '../run-options.js';
import { Replica } from './replica.js';
import { planRun } from './run-plan.js';
import { initialState, writeState } from './state.js';

const WIDTH = 21;
const CLASSES = 3;

/** Every other run of samples is mostly zeros, so that shards are computed in both ways. */
function mixed(samples: number): Dataset {
  const inputs = Float32Array.from({ length: samples * WIDTH }, (_, i) => {
    const random = Math.imul(i + 7, 2654435761) >>> 8;
    const isSparse = Math.floor(i / WIDTH) % 16 < 10;
    return isSparse && random % 100 < 90 ? 0 : ((random % 255) - 127) / 64;
  });
  return {
    name: 'mixed',
    samples,
    inputShape: [WIDTH],
    inputs,
    inputDivisor: 1,
    targetShape: [],
    targets: Int32Array.from({ length: samples }, (_, i) => i % CLASSES),
    classes: CLASSES,
  };
}

/** The gradient and the sums of a whole batch whose shards one thread computes bucket by bucket. */
function batchSum(data: Dataset, shards: number, buckets: readonly Range[]) {
  const config = runConfig({
    model: linear(WIDTH, CLASSES),
    data,
    loss: crossEntropy(),
    optimizer: sgd(),
    batchSize: data.samples,
    shards,
  });
  const plan = planRun(config, { train: data }, ...buckets.map((bucket) => [bucket]));
  const memory = wasm.createMemory(plan.memory.bytes);
  writeState(plan, memory, 0, initialState(config.graph, 1));
  const replica = new Replica(plan, memory, 0, { train: data }, wasm.kernels(memory));
  for (const bucket of buckets.keys()) replica.shards.compute(0, undefined, bucket);
  const { partials } = plan.memory.threads[0]!;
  const length = plan.training.sums.floats;
  const held = new Map(
    plan.schedules[0]!.blocks.map(({ first, size, partial }) => [
      `${first}+${size}`,
      new Float32Array(memory.buffer, partials[partial]!, length),
    ]),
  );
  const sumOf = (first: number, size: number): Float32Array => {
    const block = held.get(`${first}+${size}`);
    if (block) return block;
    const right = sumOf(first + size / 2, size / 2);
    return sumOf(first, size / 2).map((x, i) => x + right[i]!);
  };
  return { bytes: Buffer.from(sumOf(0, shards).slice().buffer), partials: partials.length };
}

/** [0, shards) cut at so many of the places. */
function bucketsOf(shards: number, cuts: readonly number[]): Range[] {
  const inner = cuts.map((cut) => cut % shards).filter((cut) => cut > 0);
  const edges = [...new Set([0, ...inner, shards])].sort((a, b) => a - b);
  return edges.slice(1).map((end, i) => ({ first: edges[i]!, end }));
}

test('shards that are cut into buckets anywhere add up to the bytes of the uncut batch', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 10 }),
      fc.array(fc.integer({ min: 1, max: 1023 }), { maxLength: 24 }),
      fc.integer({ min: 0, max: 1500 }),
      (level, cuts, more) => {
        const shards = 2 ** level;
        const data = mixed(shards + more);
        const whole = batchSum(data, shards, [{ first: 0, end: shards }]);
        const cut = batchSum(data, shards, bucketsOf(shards, cuts));
        expect(cut.bytes.equals(whole.bytes)).toBe(true);
      },
    ),
    { numRuns: 30 },
  );
});

test.each([512, 1024])('so do %i shards that take more than 64 partials', (shards) => {
  // Buckets that begin and end a shard beside a power of two leave the most blocks.
  const cuts = Array.from({ length: 15 }, (_, i) => ((i + 1) * shards) / 16 - 1);
  const buckets = bucketsOf(shards, cuts);
  const data = mixed(2 * shards + shards / 2);
  const cut = batchSum(data, shards, buckets);
  expect(cut.partials).toBeGreaterThan(64);
  const whole = batchSum(data, shards, [{ first: 0, end: shards }]);
  expect(cut.bytes.equals(whole.bytes)).toBe(true);
});
