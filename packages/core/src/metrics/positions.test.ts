// Metrics of labels by position, where −100 does not count: as the same metric has it of the positions as samples.
import { expect, test } from 'vitest';
import { evaluate } from '../evaluate.js';
import { crossEntropy } from '../losses/cross-entropy.js';
import type { Loss } from '../losses/loss.js';
import { product } from '../shape.js';
import { Random } from '../testing/random.js';

const [SAMPLES, T, C] = [40, 3, 5];
const random = new Random(4);
const scores = Array.from({ length: SAMPLES * T * C }, () => random.integer(-3, 3));
const labels = Array.from({ length: SAMPLES * T }, () =>
  random.next() < 0.3 ? -100 : random.integer(0, C - 1),
);
const METRICS = ['accuracy', 'top-1-accuracy', 'top-2-accuracy', 'log-loss', 'perplexity'];

function told(
  inputs: number[],
  targets: number[],
  positions: number[],
  metrics = METRICS,
  loss: Loss = crossEntropy(),
) {
  return evaluate({
    ...{ model: (x) => x, parameters: new Map(), loss, metrics },
    data: {
      ...{ name: 'scores', samples: targets.length / product(positions), inputs, targets },
      ...{ inputShape: [...positions, C], inputDivisor: 1, targetShape: positions, classes: C },
    },
    onWarning: () => {},
  }).metrics as Record<string, number>;
}

test('positions that count are as samples are', () => {
  const counting = labels.flatMap((label, i) => (label === -100 ? [] : [i]));
  const alone = told(
    counting.flatMap((i) => scores.slice(i * C, (i + 1) * C)),
    counting.map((i) => labels[i]!),
    [],
  );
  const byPosition = told(scores, labels, [T]);
  for (const name of METRICS) expect(byPosition[name], name).toBeCloseTo(alone[name]!, 5);
  expect(byPosition['top-1-accuracy']).toBe(byPosition.accuracy);
  expect(byPosition['top-2-accuracy']).toBeGreaterThan(byPosition.accuracy!);
});

test('where no position counts there is nothing to divide by', () => {
  const none = told(
    scores.slice(0, T * C),
    [-100, -100, -100],
    [T],
    ['top-2-accuracy', 'log-loss', 'perplexity', 'f1-per-class'],
  );
  expect(none).toMatchObject({ 'top-2-accuracy': 0, 'log-loss': 0, perplexity: 1 });
  expect(none['f1-per-class']).toEqual([0, 0, 0, 0, 0]);
});

test('counts of classes are of positions, whatever their axes', () => {
  const names = [
    ...['f1', 'f1-per-class', 'precision', 'precision-per-class', 'recall'],
    ...['recall-per-class', 'confusion-matrix'],
  ];
  const counting = labels.flatMap((label, i) => (label === -100 ? [] : [i]));
  const alone = told(
    counting.flatMap((i) => scores.slice(i * C, (i + 1) * C)),
    counting.map((i) => labels[i]!),
    [],
    names,
  );
  expect(told(scores, labels, [T], names)).toEqual({ ...alone, loss: expect.any(Number) });
  const deeper = told(scores, labels, [2, T], names);
  expect(deeper).toEqual({ ...alone, loss: expect.any(Number) });
});

test('a loss that does not say what is right leaves accuracy to the metric', () => {
  const { build, ...rest } = crossEntropy();
  const own: Loss = {
    ...rest,
    build: (output, target, data) => ({ loss: build(output, target, data).loss }),
  };
  const [byLoss, byMetric] = [crossEntropy(), own].map(
    (loss) => told(scores, labels, [T], ['accuracy'], loss).accuracy,
  );
  expect(byMetric).toBe(byLoss);
});
