import { describe, expect, it } from 'vitest';
import { bytesOf, groupOf, run } from './ranks.fixture.js';

describe('the cost of swapping', () => {
  it('is one message with the whole block for each of two ranks and a step, and one round', () => {
    const floats = 8 * 16 * 13;
    const { messages } = run(groupOf('mesh', [8, 16], floats), 3);
    for (const rank of [0, 1]) {
      const own = messages.filter(({ from }) => from === rank);
      expect(own.map(({ kind }) => kind)).toEqual(['partial', 'partial', 'partial']);
      expect(bytesOf(own)).toBe(3 * 4 * floats);
    }
  });
});
