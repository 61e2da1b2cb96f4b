// Metrics of labels by position, where −100 does not count: as the same metric has it of the positions as samples.
import { expect, test } from 'vitest';
import { evaluate } from '../evaluate.js';
import { crossEntropy } from '../losses/cross-entropy.js';
import { Random } from '../testing/random.js';

const [SAMPLES, T, C] = [40, 3, 5];
const random = new Random(4);
const scores = Array.from({ length: SAMPLES * T * C }, () => random.integer(-3, 3));
const labels = Array.from({ length: SAMPLES * T }, () =>
  random.next() < 0.3 ? -100 : random.integer(0, C - 1),
);
const METRICS = ['accuracy', 'top-1-accuracy', 'top-2-accuracy', 'log-loss', 'perplexity'];

function told(inputs: number[], targets: number[], positions: number[], metrics = METRICS) {
  return evaluate({
    ...{ model: (x) => x, parameters: new Map(), loss: crossEntropy(), metrics },
    data: {
      ...{ name: 'scores', samples: targets.length / (positions[0] ?? 1), inputs, targets },
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
    ['top-2-accuracy', 'log-loss'],
  );
  expect(none).toMatchObject({ 'top-2-accuracy': 0, 'log-loss': 0 });
});

test('what counts samples refuses positions', () => {
  for (const name of ['f1', 'precision-per-class', 'confusion-matrix']) {
    expect(() => told(scores, labels, [T], [name])).toThrow(
      `${name}: the labels are [N, 3], one for each position; accuracy`,
    );
  }
});
