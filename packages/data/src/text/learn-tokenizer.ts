// A tokenizer is learnt from a text: which characters there are, or which pairs of tokens stand side by side most often.
// Invariant: a function of the text's bytes, the same on every machine.
import { ConfigError, DataError, type Tokenizer, validateTokenizer } from '@lockstep/core';
import { MAX_VOCABULARY, textBytes, textString, UNKNOWN } from '@lockstep/core/internal';
import { describeValue } from '@lockstep/errors';
import { learnMerges } from './learn-merges.js';

/** `bytes`, `characters`, byte-pair encoding with so many tokens at most, or one that is there already. */
export type TokenizerChoice = 'bytes' | 'characters' | { readonly bpe: number } | Tokenizer;

const EXPECTED = `expected 'bytes', 'characters', { bpe: 512 } (the number of tokens, from 257 to ${MAX_VOCABULARY}), or a tokenizer`;

/**
 * @param text that is learnt from, or its bytes
 * @returns of `{ bpe }` perhaps fewer tokens: pairs that occur once are not merged
 * @throws ConfigError if the choice is none; DataError if the text has too many different characters, or none
 */
export function learnTokenizer(text: string | Uint8Array, choice: TokenizerChoice): Tokenizer {
  const operation = 'learnTokenizer';
  if (choice === 'bytes') return { kind: 'bytes' };
  if (choice === 'characters') return { kind: 'characters', characters: charactersOf(text) };
  if (typeof choice !== 'object' || choice === null) {
    throw new ConfigError(`${operation}: the tokenizer is ${describeValue(choice)}; ${EXPECTED}`);
  }
  if ('kind' in choice) return validateTokenizer(choice, operation);
  const { bpe } = choice;
  if (!Number.isInteger(bpe) || bpe < 257 || bpe > MAX_VOCABULARY) {
    throw new ConfigError(`${operation}: bpe is ${describeValue(bpe)}; ${EXPECTED}`);
  }
  return { kind: 'bpe', merges: learnMerges(textBytes(operation, text), bpe) };
}

/** In the order of their code points. Halves of surrogate pairs are no characters. */
function charactersOf(text: string | Uint8Array): string {
  const points = new Set<number>();
  const instead = ", or take the tokenizer 'bytes'";
  for (const character of textString('learnTokenizer', text, instead)) {
    const point = character.codePointAt(0)!;
    if (point < 0xd800 || point > 0xdfff) points.add(point);
  }
  points.delete(UNKNOWN.codePointAt(0)!);
  if (points.size >= MAX_VOCABULARY) {
    throw new DataError(
      `learnTokenizer: the text has ${points.size} different characters, at most ${MAX_VOCABULARY - 1} are tokens; take { bpe: 4096 }`,
    );
  }
  return [...points]
    .sort((a, b) => a - b)
    .map((point) => String.fromCodePoint(point))
    .join('');
}
