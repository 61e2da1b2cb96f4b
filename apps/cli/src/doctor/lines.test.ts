import pc from 'picocolors';
import { expect, it } from 'vitest';
import { findingLines, summaryLine } from './lines.js';

const plain = pc.createColors(false);

it('a finding is a line, and what to do is below it', () => {
  const finding = { status: 'ok', title: 'Node', found: '20.19.0' } as const;
  expect(findingLines(finding, plain)).toEqual(['ok       Node            20.19.0']);
  const advice = 'raise it';
  expect(findingLines({ ...finding, status: 'problem', advice }, plain)).toEqual([
    'problem  Node            20.19.0',
    '                         → raise it',
  ]);
});

it('colours change no column', () => {
  const [line] = findingLines({ status: 'note', title: 'Disk', found: 'x' }, pc.createColors(true));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what colours are made of
  expect(line!.replace(/\u001b\[\d+m/g, '')).toBe('note     Disk            x');
});

it.each([
  [0, 0, 'no problem'],
  [0, 1, 'no problem, 1 note'],
  [1, 0, '1 problem'],
  [2, 3, '2 problems, 3 notes'],
])('%i problems and %i notes are %j', (problems, notes, line) => {
  expect(summaryLine({ problems, notes })).toBe(line);
});
