// What is drawn of given scores, and which tokens are seen. Networks are asked in trained/ and in test/cli.
import { describe, expect, test } from 'vitest';
import { ConfigError, DataError } from '../errors.js';
import type { Tokenizer } from '../text/tokenizer.js';
import { chooseToken } from './choose-token.js';
import { firstSeen, generateText, generateTokens } from './generate.js';
import type { NextScores } from './next-scores.js';

const MODEL = { context: 4, vocabulary: 3 };

/** The same scores whatever is seen, and what was seen. */
function always(...scores: readonly number[]): NextScores & { readonly seen: string[] } {
  const seen: string[] = [];
  return {
    seen,
    after(tokens, first) {
      seen.push(tokens.slice(first).join(''));
      return Float32Array.from(scores);
    },
  };
}

describe('the next token', () => {
  const scores = Float32Array.of(1, 3, 3, 0, -1);

  test('at temperature 0, or of one, it is the best; of equals the first', () => {
    expect(chooseToken(scores, { temperature: 0, topK: 5 }, 0.999)).toBe(1);
    expect(chooseToken(scores, { temperature: 1, topK: 1 }, 0.999)).toBe(1);
  });

  test('it is drawn in proportion to its probability, in the order of the tokens', () => {
    // Shares are 0.061, 0.454, 0.454, 0.023 and 0.008: added up, 0.061, 0.515, 0.969 and 0.992.
    const draw = (at: number): number => chooseToken(scores, { temperature: 1, topK: 5 }, at);
    const at = [0, 0.06, 0.063, 0.51, 0.52, 0.96, 0.97, 0.99, 0.993, 0.9999];
    expect(at.map(draw)).toEqual([0, 0, 1, 1, 2, 2, 3, 3, 4, 4]);
    // Half the temperature squares the ratios.
    expect(chooseToken(scores, { temperature: 0.5, topK: 5 }, 0.02)).toBe(1);
  });

  test('of the best alone: the others are never drawn, and of equals the first ones count', () => {
    const draw = (at: number): number => chooseToken(scores, { temperature: 1, topK: 3 }, at);
    expect([0, 0.06, 0.07, 0.52, 0.54, 0.9999].map(draw)).toEqual([0, 0, 1, 1, 2, 2]);
    const alike = Float32Array.of(2, 2, 2, 2);
    expect(chooseToken(alike, { temperature: 1, topK: 2 }, 0.9999)).toBe(1);
  });
});

test('a sequence is seen whole up to the context; then its last tokens, or what is left of a stretch', () => {
  const seen = (slide: number): number[] =>
    [1, 3, 4, 5, 6, 7, 8, 9].map((length) => firstSeen(length, 4, slide));
  expect(seen(1)).toEqual([0, 0, 0, 1, 2, 3, 4, 5]);
  expect(seen(2)).toEqual([0, 0, 0, 2, 2, 4, 4, 6]);
  expect(seen(4)).toEqual([0, 0, 0, 4, 4, 4, 4, 8]);
});

const SEVEN = [0, 1, 0, 2, 0, 1, 0, 0, 0, 0, 1, 0];

test('what comes depends on the seed and the place in the sequence alone', () => {
  const from = (prompt: number[], length: number, seed = 7): number[] => [
    ...generateTokens('test', MODEL, () => always(0, 0, 0), { prompt, length, seed }),
  ];
  // Part of what a seed means: a change here changes every text.
  expect(from([0], 12)).toEqual(SEVEN);
  expect(from([0, ...SEVEN.slice(0, 5)], 7)).toEqual(SEVEN.slice(5));
  expect(from([0], 12, 8)).not.toEqual(SEVEN);
  const scores = always(0, 5, 0);
  const options = { prompt: [0, 1], length: 4, temperature: 0, slide: 2 };
  expect([...generateTokens('test', MODEL, () => scores, options)]).toEqual([1, 1, 1, 1]);
  expect(scores.seen).toEqual(['01', '011', '0111', '111']);
});

test('text comes character by character, whatever its tokens are, and ends with what is left', () => {
  const merges = [[0xc3, 0xa9]] as const;
  const bpe: Tokenizer = { kind: 'bpe', merges };
  const scripted = (...tokens: readonly number[]): NextScores => {
    const rest = [...tokens];
    return {
      after() {
        const next = rest.shift();
        return Float32Array.from({ length: 257 }, (_, token) => (token === next ? 1 : 0));
      },
    };
  };
  const options = { prompt: 'x', length: 5, temperature: 0 };
  const model = { context: 4, vocabulary: 257 };
  const text = generateText(
    'test',
    model,
    bpe,
    () => scripted(0x61, 0xc3, 0xa9, 256, 0xe2),
    options,
  );
  expect([...text]).toEqual(['a', 'é', 'é', '\ufffd']);
});

test('options out of range, an empty prompt, tokens that are none and scores without end are refused', () => {
  const start = (options: object) => () =>
    generateTokens('generate', MODEL, () => always(0, 0, 0), { prompt: [0], ...options });
  expect(start({ length: -1 })).toThrow(ConfigError);
  expect(start({ temperature: -1 })).toThrow(ConfigError);
  expect(start({ topK: 0 })).toThrow(ConfigError);
  expect(start({ slide: 5 })).toThrow(ConfigError);
  expect(start({ seed: 0.5 })).toThrow(ConfigError);
  expect(start({ lenght: 5 })).toThrow('did you mean length?');
  expect(start({ prompt: [] })).toThrow('the prompt is empty; expected at least one token');
  expect(start({ prompt: [0, 3] })).toThrow(
    'token 1 of the prompt is 3; expected a whole number from 0 to 2',
  );
  expect(start({ prompt: 'ab' })).toThrow(ConfigError);
  const broken = generateTokens('generate', MODEL, () => always(0, Number.NaN, 0), { prompt: [0] });
  expect(() => broken.next()).toThrow(DataError);
});
