// The report's text: tables that line up, numbers with as many digits as they are worth, and a file of which
// only the part between the markers changes.
import { describe, expect, it } from 'vitest';
import type { ComparisonResult, TrainingResult } from '../../bench/src/measure.js';
import { goals } from '../../bench/src/report/goals.js';
import { replaceBetweenMarkers } from '../../bench/src/report/markdown-file.js';
import type { Report } from '../../bench/src/report/report.js';
import { count, percent, ratio, table } from '../../bench/src/report/table.js';

describe('a table', () => {
  it('is Markdown whose columns line up, numbers to the right', () => {
    expect(
      table(
        ['case', 'ratio:'],
        [
          ['tutorial', '4.50'],
          ['xor', '12.0'],
        ],
      ),
    ).toBe(
      [
        '| case     | ratio |',
        '| -------- | ----: |',
        '| tutorial |  4.50 |',
        '| xor      |  12.0 |',
      ].join('\n'),
    );
  });
});

describe('numbers', () => {
  it('have three digits', () => {
    expect([133_691, 999.4, 12].map(count)).toEqual(['134,000', '999', '12']);
    expect([4.567, 45.67, 456.7, 0.456].map(ratio)).toEqual(['4.57', '45.7', '457', '0.46']);
    expect(percent(0.294)).toBe('29%');
  });
});

describe('the table of what is promised', () => {
  const over = (kernels: 'wasm' | 'native', ratio: number, atLeast?: number) =>
    ({
      ...{ ours: `lockstep-${kernels}@2`, kernels, threads: 2, label: 'the best of PyTorch' },
      ...{ against: 'torch-2.6-fused@1', computedBy: kernels === 'wasm' ? 'wasm' : 'native-16' },
      ratio: { median: ratio, min: ratio, max: ratio, count: 1 },
      ...(atLeast !== undefined && { atLeast }),
    }) as ComparisonResult;
  const report = (...comparisons: ComparisonResult[]) =>
    ({
      training: [{ name: 'tutorial-64', comparisons } as unknown as TrainingResult],
    }) as unknown as Report;

  it('has both kinds of kernels in one line, which peer was the best, and what was missed', () => {
    expect(goals(report(over('wasm', 1.9, 1.8), over('native', 3.2, 3.5)))[1]).toBe(
      table(
        ['what', 'over', 'WebAssembly:', 'goal:', 'native:', 'goal:', 'native kernels'],
        [
          [
            ...['tutorial-64, 2 threads', 'the best of PyTorch (2.6-fused@1)'],
            ...['1.90', '1.8', '3.20 (missed)', '3.5', 'native-16'],
          ],
        ],
      ),
    );
  });

  it('leaves a cell empty that was not measured, and out what nothing is promised of', () => {
    const [, text] = goals(report(over('native', 3.6, 3.5)));
    expect(text!.split('\n').at(-1)).toMatch(/@1\) \| +\| +\| +3.60 \| +3.5 \| native-16/);
    expect(goals(report(over('wasm', 2)))).toEqual([]);
  });
});

describe('the file with the tables', () => {
  const text =
    'Before.\n\n## Node 20\n\n<!-- bench node 20: begin -->\n\nold\n\n<!-- bench node 20: end -->\n\nAfter.\n';

  it('changes between the markers alone', () => {
    expect(replaceBetweenMarkers(text, '20', 'new')).toBe(text.replace('old', 'new'));
  });

  it('gets a heading and markers at its end for a Node that it does not have yet', () => {
    const both = replaceBetweenMarkers(text, '24', 'new');
    expect(both.startsWith(text.trimEnd())).toBe(true);
    expect(both).toContain('## Node 24\n\n<!-- bench node 24: begin -->\n\nnew');
    expect(replaceBetweenMarkers(both, '24', 'newer')).toBe(both.replace('new', 'newer'));
  });
});
