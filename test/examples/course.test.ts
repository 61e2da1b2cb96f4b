// The course, as a reader runs it: each chapter's program prints, character by character, what the page says that it prints,
// and none is longer than the same in PyTorch, which stands beside it. What torch prints is compared by check_course.py.
import { describe, expect, it } from 'vitest';
import { run, sectionsOf } from './page.js';

/** What a first course is about; the page has a chapter for each, and may have more. */
const TOPICS = [
  'neuron and the perceptron',
  'Activations',
  'Layers',
  'forward pass',
  'Three losses',
  'Backpropagation by hand',
  'Gradient descent and its variants',
  'Handwritten digits',
  'One layer in two places',
  'A hand between gradient and step',
  'Convolution',
  'Digits, with convolutions',
  'Sequences',
  'Attention',
  'Many machines',
];

const CHAPTERS = sectionsOf('docs/course.md');

function lines(code: string): number {
  return code.split('\n').filter((line) => line.trim() !== '').length;
}

it('has a chapter for each topic of a first course', () => {
  for (const [index, topic] of TOPICS.entries()) expect(CHAPTERS[index]!.title).toContain(topic);
});

describe.each(CHAPTERS)('$title', ({ blocks }) => {
  it('is a program, what it prints, and the same in PyTorch', () => {
    expect(blocks.map(({ kind }) => kind)).toEqual(['js', 'text', 'python']);
  });

  it('prints what the page says', async () => {
    expect(await run(blocks[0]!.code)).toBe(blocks[1]!.code);
  });

  it('is no longer than in PyTorch', () => {
    const [ours, , torchs] = blocks.map(({ code }) => code) as [string, string, string];
    expect(lines(ours)).toBeLessThanOrEqual(lines(torchs));
    const longest = Math.max(...ours.split('\n').map(({ length }) => length));
    // As wide as the house's lines, so that none is saved by making another long. (Biome leaves the page as it is: it would
    // put each option on a line of its own, and no formatter does that to the listing beside it.)
    expect(longest).toBeLessThanOrEqual(100);
  });
});

it('finds by hand what inspect finds', async () => {
  const { blocks } = CHAPTERS.find(({ title }) => title.includes('by hand'))!;
  const rows = blocks[1]!.code.trimEnd().split('\n');
  expect(rows.map((row) => row.slice(0, row.indexOf(':')))).toEqual(['loss', 'dW2', 'd1', 'dW1']);
  for (const row of rows) {
    const [byHand, found] = row.slice(row.indexOf(':') + 1).split('=');
    expect(found!.trim()).toBe(byHand!.trim());
  }
});
