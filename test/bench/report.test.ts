// The report's text: tables that line up, numbers with as many digits as they are worth, and a file of which
// only the part between the markers changes.
import { describe, expect, it } from 'vitest';
import { replaceBetweenMarkers } from '../../bench/src/report/markdown-file.js';
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
