import {
  ConfigError,
  DataError,
  decodeTokens,
  encodeText,
  type Tokenizer,
  tokenDecoder,
  validateTokenizer,
  vocabularyOf,
} from '@lockstep/core';
import { mergePair } from '@lockstep/core/internal';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { learnMerges } from './learn-merges.js';
import { learnTokenizer } from './learn-tokenizer.js';

const BOOK =
  `The cat sat on the mat; the hat that the cat had sat on the mat, too. It cost 1234 £ and 56 €.
Ünïcode näïve — 日本語のテキスト 🙂🙂 the end.\n\n   indented  text\ttabs
`.repeat(4);
const KINDS: Readonly<Record<string, Tokenizer>> = {
  bytes: learnTokenizer(BOOK, 'bytes'),
  characters: learnTokenizer(BOOK, 'characters'),
  bpe: learnTokenizer(BOOK, { bpe: 320 }),
};
const ANY_TEXT = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string(),
  fc.constantFrom(...BOOK.split(' ')),
);

describe.each(Object.keys(KINDS))('%s', (kind) => {
  const tokenizer = KINDS[kind]!;

  test('a text it has learnt comes back, in whole and as it comes, and every token is in the vocabulary', () => {
    const tokens = encodeText(tokenizer, BOOK);
    expect(decodeTokens(tokenizer, tokens)).toBe(BOOK);
    expect(tokens.every((token) => token < vocabularyOf(tokenizer))).toBe(true);
    const decoder = tokenDecoder(tokenizer);
    const pieces = Array.from(tokens, (token) => decoder.push(token));
    expect(pieces.every((piece) => !piece.includes('\ufffd'))).toBe(true);
    expect(pieces.join('') + decoder.end()).toBe(BOOK);
  });

  test('it is JSON that is checked, and the same again', () => {
    const copy = validateTokenizer(JSON.parse(JSON.stringify(tokenizer)));
    expect(copy).toEqual(tokenizer);
    expect(encodeText(copy, BOOK)).toEqual(encodeText(tokenizer, BOOK));
  });

  test('what is no token is refused', () => {
    const vocabulary = vocabularyOf(tokenizer);
    for (const token of [-1, vocabulary, 0.5]) {
      expect(() => decodeTokens(tokenizer, [token])).toThrow(
        `${token} is no token; expected a whole number from 0 to ${vocabulary - 1}`,
      );
    }
  });
});

/** As its UTF-8 reads: no halves of surrogate pairs. */
function wellFormed(text: string): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(new TextEncoder().encode(text));
}

test('bytes and pairs give any well-formed text back, characters all that they know', () => {
  fc.assert(
    fc.property(ANY_TEXT, (given) => {
      const text = wellFormed(given);
      for (const kind of ['bytes', 'bpe']) {
        const tokenizer = KINDS[kind]!;
        expect(decodeTokens(tokenizer, encodeText(tokenizer, text))).toBe(text);
      }
      const own = learnTokenizer(text, 'characters');
      expect(decodeTokens(own, encodeText(own, text))).toBe(text);
    }),
    { seed: 5, numRuns: 200 },
  );
});

test('a character that is none of those learnt is token 0, and reads as �; so does half a surrogate pair', () => {
  const tokenizer = learnTokenizer('abba', 'characters');
  expect(tokenizer).toEqual({ kind: 'characters', characters: 'ab' });
  expect([...encodeText(tokenizer, 'abc🙂\ud800a')]).toEqual([1, 2, 0, 0, 0, 1]);
  expect(decodeTokens(tokenizer, [1, 0, 2])).toBe('a�b');
});

test('bytes need not be UTF-8 unless characters are asked for', () => {
  const bytes = Uint8Array.of(0xff, 0x41, 0xc3);
  expect(encodeText(KINDS.bytes!, bytes)).toBe(bytes);
  expect(decodeTokens(KINDS.bytes!, bytes)).toBe('�A�');
  expect([...encodeText({ kind: 'bpe', merges: [[0x41, 0xc3]] }, bytes)]).toEqual([255, 256]);
  expect(() => learnTokenizer(bytes, 'characters')).toThrow(DataError);
});

/** Straight from the rule: every pair counted anew for every merge. */
function merges(words: readonly string[], vocabulary: number): [number, number][] {
  let pieces = words.map((word) => [...new TextEncoder().encode(word)] as readonly number[]);
  const learnt: [number, number][] = [];
  while (256 + learnt.length < vocabulary) {
    const counts = new Map<string, number>();
    for (const piece of pieces) {
      for (let i = 1; i < piece.length; i++) {
        const key = `${piece[i - 1]},${piece[i]}`;
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
    }
    const [best] = [...counts]
      .map(([key, times]) => ({ pair: key.split(',').map(Number) as [number, number], times }))
      .sort((a, b) => b.times - a.times || a.pair[0] - b.pair[0] || a.pair[1] - b.pair[1]);
    if (!best || best.times < 2) break;
    const token = 256 + learnt.length;
    learnt.push(best.pair);
    const [left, right] = best.pair;
    pieces = pieces.map((piece) => mergePair(piece, (a, b) => a === left && b === right, token));
  }
  return learnt;
}

test('merges are those of the rule, counted anew each time', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 9 });
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 30 }), (words) => {
      const pieces = words.map((one, i) => (i === 0 ? one : ` ${one}`));
      const text = new TextEncoder().encode(pieces.join(''));
      expect(learnMerges(text, 290)).toEqual(merges(pieces, 290));
    }),
    { seed: 7, numRuns: 100 },
  );
});

test('tokens do not go beyond words, numbers and marks, and take the space before them along', () => {
  const tokenizer = learnTokenizer('one one, one 12 12 12\n\n'.repeat(9), { bpe: 400 });
  const tokens = Array.from(encodeText(tokenizer, 'one one, 12 one\n\n12'), (token) =>
    decodeTokens(tokenizer, [token]),
  );
  expect(tokens).toEqual(['one', ' one', ',', ' 12', ' one', '\n\n', '1', '2']);
});

test('a text of one piece without end is cut: no token is longer than 64 bytes', () => {
  const tokenizer = learnTokenizer('x'.repeat(10_000), { bpe: 300 });
  expect(decodeTokens(tokenizer, [vocabularyOf(tokenizer) - 1])).toBe('x'.repeat(64));
  expect(learnTokenizer('abc', { bpe: 300 })).toEqual({ kind: 'bpe', merges: [] });
});

test('what is no tokenizer is refused by the field', () => {
  const wrong: readonly (readonly [unknown, string])[] = [
    [null, 'expected an object with a kind, got null'],
    [{ kind: 'words' }, 'kind is "words"'],
    [{ kind: 'bytes', merges: [] }, 'unknown field "merges"'],
    [{ kind: 'characters', characters: ['a'] }, 'characters is ["a"]'],
    [{ kind: 'characters', characters: 'ba' }, 'the order of their code points'],
    [{ kind: 'characters', characters: 'aa' }, 'the order of their code points'],
    [{ kind: 'characters', characters: 'a\ud800' }, 'the order of their code points'],
    [{ kind: 'characters', characters: 'a\ufffd' }, 'the order of their code points'],
    [{ kind: 'bpe', merges: [[0, 256]] }, 'merges[0] is [0,256]'],
    [
      {
        kind: 'bpe',
        merges: [
          [0, 1],
          [0, 1],
        ],
      },
      'merges[1] is [0,1]',
    ],
    [{ kind: 'bpe', merges: [[0]] }, 'merges[0] is [0]'],
    // Each doubles the last: the seventh would have 128 bytes.
    [{ kind: 'bpe', merges: [0, 256, 257, 258, 259, 260, 261].map((t) => [t, t]) }, 'merges[6]'],
  ];
  for (const [value, message] of wrong) {
    expect(() => validateTokenizer(value)).toThrow(message);
    expect(() => encodeText(value as Tokenizer, 'a')).toThrow(message);
    expect(() => decodeTokens(value as Tokenizer, [97])).toThrow(message);
  }
  for (const choice of ['words', { bpe: 256 }, { bpe: 1e9 }, null, { kind: 'none' }]) {
    expect(() => learnTokenizer('a', choice as never)).toThrow(ConfigError);
  }
});
