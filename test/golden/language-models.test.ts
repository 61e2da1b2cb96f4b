// Small language models that are trained step by step, against PyTorch: see golden_language_model.py, gpt.py and lstm.py.
import { adam, crossEntropy, type Model, models, stepper } from '@lockstep/core';
import { fromArrays } from '@lockstep/data';
import { expect, test } from 'vitest';
import { type GoldenTensor, readJson } from './golden.js';

interface Golden<Run> {
  readonly vocabulary: number;
  readonly context: number;
  readonly samples: number;
  readonly learningRate: number;
  readonly runs: readonly (Run & {
    readonly name: string;
    readonly tokens: GoldenTensor<Int32Array>;
    readonly parameters: Readonly<Record<string, GoldenTensor>>;
    readonly losses: GoldenTensor<Float64Array>;
  })[];
}

const gpt = readJson('gpt.json') as Golden<{ readonly tied: number }>;
const lstm = readJson('lstm.json') as Golden<{
  readonly sizes: Readonly<Record<'embedding' | 'size' | 'layers', number>>;
}>;

const CASES: readonly [string, Golden<object>, number, Model][] = [
  ...gpt.runs.map(({ name, tied }, i): (typeof CASES)[number] => {
    const { vocabulary, context } = gpt;
    const sizes = { layers: 2, heads: 2, size: 8, tied: tied === 1 };
    return [`gpt with ${name}`, gpt, i, models.gpt({ vocabulary, context, ...sizes })];
  }),
  ...lstm.runs.map(({ name, sizes }, i): (typeof CASES)[number] => {
    const { vocabulary } = lstm;
    return [`lstm of ${name}`, lstm, i, models.lstm({ vocabulary, ...sizes })];
  }),
];

test.each(CASES)('%s loses in twenty steps what it loses in PyTorch', (_, golden, i, model) => {
  const { vocabulary, context, samples, learningRate, runs } = golden;
  const { tokens, parameters, losses } = runs[i]!;
  const rows = Array.from({ length: tokens.shape[0]! }, (_, i) =>
    tokens.values.subarray(i * (context + 1), (i + 1) * (context + 1)),
  );
  const run = stepper({
    model,
    data: fromArrays({
      inputs: Int32Array.from(rows.flatMap((row) => [...row.subarray(0, context)])),
      inputShape: [context],
      vocabulary,
      labels: Int32Array.from(rows.flatMap((row) => [...row.subarray(1)])),
      targetShape: [context],
      classes: vocabulary,
    }),
    loss: crossEntropy(),
    optimizer: adam({ learningRate }),
    batchSize: samples,
    shuffle: false,
    shards: 2,
    parameters: Object.fromEntries(
      Object.entries(parameters).map(([key, { shape, values }]) => [key, { shape, data: values }]),
    ),
  });
  let step = 0;
  for (const batch of run.epoch()) {
    const { loss } = run.backward(batch);
    // Adam divides by roots of gradients, some near 0: rounding grows from step to step. Measured below 1e-4.
    expect(
      Math.abs(loss - losses.values[step]!) / losses.values[step]!,
      `step ${step}`,
    ).toBeLessThan(1e-3);
    run.step();
    step++;
  }
  expect(step).toBe(losses.values.length);
  expect(losses.values.at(-1)! / losses.values[0]!).toBeLessThan(0.9);
});
