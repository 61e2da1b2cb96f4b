// The page about attention, as a reader runs it: each program prints what the page says that it prints.
import { describe, expect, it } from 'vitest';
import { run, sectionsOf } from './page.js';

const programs = sectionsOf('docs/attention.md').filter(({ blocks }) => blocks.length > 0);

describe.each(programs)('$title', ({ blocks }) => {
  it('is a program that prints what the page says', async () => {
    expect(blocks.map(({ kind }) => kind)).toEqual(['js', 'text']);
    expect(await run(blocks[0]!.code)).toBe(blocks[1]!.code);
  });
});

it('the page has its programs', () => {
  expect(programs).toHaveLength(3);
});
