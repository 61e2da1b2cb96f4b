// Networks whose samples take a lot of memory: how many of them are computed at once, and that nothing but memory shows it.
import { expect, test } from 'vitest';
import { evaluate } from '../evaluate.js';
import { adaptiveAvgPool2d } from '../layers/adaptive-avg-pool.js';
import { flatten } from '../layers/flatten.js';
import { linear } from '../layers/linear.js';
import { upsample } from '../layers/upsample.js';
import { meanSquaredError } from '../losses/mean-squared-error.js';
import { sequential } from '../model/model.js';
import { traceModel } from '../model/trace.js';
import { attachLoss } from '../network/attach-loss.js';
import { initialParameters } from '../run/parameter-values.js';
import { planEvaluation } from '../run/run-plan.js';
import { predict } from '../trained/predict.js';
import { planFitting } from './fitting.js';
import type { Program } from './program.js';

const MIB = 2 ** 20;
const ofSample = (bytes: number) => (rows: number) => ({ arenaBytes: rows * bytes }) as Program;

test('as many rows as are usual are computed at once, or as many as fit, and at least one', () => {
  expect(planFitting(128, ofSample(2 * MIB)).rows).toBe(128);
  expect(planFitting(128, ofSample(2 * MIB + 1)).rows).toBe(64);
  const { program, rows } = planFitting(128, ofSample(30 * MIB));
  expect([rows, program.arenaBytes]).toEqual([8, 240 * MIB]);
  expect(planFitting(128, ofSample(5000 * MIB)).rows).toBe(1);
});

test('what is evaluated and predicted does not show how many samples are computed at once', () => {
  const shape = [1, 2, 2];
  const model = sequential(
    ...[upsample({ size: 1800 }), adaptiveAvgPool2d(2), flatten(), linear(4, 1)],
  );
  const samples = 19;
  const inputs = Float32Array.from({ length: samples * 4 }, (_, i) => ((i * 37) % 101) / 50 - 1);
  const targets = Float32Array.from({ length: samples }, (_, i) => (i % 5) / 4);
  const data = {
    ...{ name: 'rows', samples, inputs, inputShape: shape, inputDivisor: 1 },
    ...{ targets, targetShape: [1], classes: undefined },
  };
  const loss = meanSquaredError();
  const graph = traceModel(model, shape);
  const { rows } = planEvaluation(attachLoss(graph, loss, data));
  expect(rows).toBeLessThan(samples);

  const parameters = initialParameters(graph, 0);
  const ask = { model, parameters, inputShape: shape };
  const outputs = predict({ ...ask, inputs });
  const alone = Array.from({ length: samples }, (_, i) =>
    predict({ ...ask, inputs: inputs.subarray(4 * i, 4 * (i + 1)) }),
  );
  expect([...outputs]).toEqual(alone.map(([output]) => output));
  const expected =
    outputs.reduce((sum, output, i) => sum + (output - targets[i]!) ** 2, 0) / samples;
  // A mean of 19 squares, summed in float32.
  expect(evaluate({ model, loss, parameters, data }).loss).toBeCloseTo(expected, 5);
});
