import pc from 'picocolors';
import { expect, test } from 'vitest';
import { cut, progressLine } from './progress-line.js';

const plain = { errColors: pc.createColors(false), hasUnicode: true };
const progress = {
  epoch: 2,
  epochs: 5,
  step: 1290,
  steps: 4690,
  loss: 0.12345,
  trainingSeconds: 1.6,
  samplesPerSecond: 52310.4,
  secondsLeft: 65,
};

test('a wide line tells all there is to tell', () => {
  expect(progressLine(progress, 200, plain)).toBe(
    'epoch 2/5  ━━━━────────────  step 1,290/4,690  loss 0.1235  52,310 samples/s  1:05 left',
  );
});

test('on 80 columns the bar shrinks, and the time left stays', () => {
  const line = progressLine(progress, 79, plain);
  expect(line).toContain('1:05 left');
  expect(line).toContain('━');
});

test('at no width is the line wider than it may be', () => {
  const colored = { ...plain, errColors: pc.createColors(true) };
  for (let columns = 0; columns <= 120; columns++) {
    expect(progressLine(progress, columns, plain).length).toBeLessThanOrEqual(columns);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control characters
    const visible = progressLine(progress, columns, colored).replace(/\u001b\[\d+m/g, '');
    expect(visible).toBe(progressLine(progress, columns, plain));
  }
});

test('before the first step there is no loss, no rate and no time left', () => {
  const first = { ...progress, epoch: 1, step: 0, loss: undefined, samplesPerSecond: 0 };
  expect(progressLine({ ...first, secondsLeft: undefined }, 200, plain)).toBe(
    'epoch 1/5  ────────────────  step 0/4,690',
  );
});

test('a terminal without Unicode has a bar of ASCII, as wide', () => {
  const line = progressLine(progress, 200, { ...plain, hasUnicode: false });
  expect(line).toContain('epoch 2/5  ====------------  step 1,290/4,690');
  expect(line).toHaveLength(progressLine(progress, 200, plain).length);
});

test('text is cut with an ellipsis, and only where it must be', () => {
  expect(cut('abcdef', 6)).toBe('abcdef');
  expect(cut('abcdef', 5)).toBe('abcd…');
});
