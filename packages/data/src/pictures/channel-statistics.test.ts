import { expect, test } from 'vitest';
import { fromArrays } from '../arrays.js';
import { channelStatistics } from './channel-statistics.js';

test('of each channel, as the network sees values', () => {
  const inputs = Uint8Array.of(0, 10, 7, 7, 20, 30, 7, 7);
  const labels = { targets: [0, 1] };
  const data = fromArrays({ inputs, inputShape: [2, 1, 2], inputDivisor: 10, ...labels });
  // 0, 1, 2, 3: mean 1.5, variance 1.25; the other never changes.
  expect(channelStatistics(data)).toEqual({ mean: [1.5, 0.7], std: [Math.sqrt(125) / 10, 1] });
  const rows = fromArrays({ inputs, inputShape: [4], inputDivisor: 1, ...labels });
  expect(channelStatistics(rows).mean).toEqual([88 / 8]);
});

test('what has no channels is refused', () => {
  const labels = [0, 1];
  const tokens = fromArrays({ inputs: [[1], [2]], vocabulary: 3, labels });
  expect(() => channelStatistics(tokens)).toThrow('channelStatistics: samples are tokens');
  const named = fromArrays({ inputs: { a: [[1], [2]], b: [[3], [4]] }, labels });
  expect(() => channelStatistics(named)).toThrow('several inputs by name (a, b)');
  for (const none of [{ train: tokens }, undefined]) {
    expect(() => channelStatistics(none as never)).toThrow(
      'expected one dataset, such as data.train',
    );
  }
});
