// Tokens → text, all at once or as they come.
// Invariant: the pieces that a decoder gives, one behind the other, are the text that all tokens at once give: of a character
// whose bytes are still on their way nothing is told. Bytes that are no UTF-8 become U+FFFD.
import { DataError } from '../errors.js';
import { type Tokenizer, tokenBytes, UNKNOWN, vocabularyOf } from './tokenizer.js';
import { validateTokenizer } from './validate.js';

/** For text that comes token by token. */
export interface TokenDecoder {
  /** @returns what is certain of the text now; '' while a character is incomplete. @throws DataError if it is no token */
  push(token: number): string;
  /** What is left at the end: U+FFFD for a character that has stayed incomplete. */
  end(): string;
}

/** @throws ConfigError if it is no tokenizer */
export function tokenDecoder(given: Tokenizer): TokenDecoder {
  const tokenizer = validateTokenizer(given, 'tokenDecoder');
  const vocabulary = vocabularyOf(tokenizer);
  const check = (token: number): void => {
    if (Number.isInteger(token) && token >= 0 && token < vocabulary) return;
    throw new DataError(
      `decoding text: ${token} is no token; expected a whole number from 0 to ${vocabulary - 1}`,
    );
  };
  if (tokenizer.kind === 'characters') {
    const characters = [UNKNOWN, ...tokenizer.characters];
    const push = (token: number): string => {
      check(token);
      return characters[token]!;
    };
    return { push, end: () => '' };
  }
  const bytes = tokenizer.kind === 'bpe' ? tokenBytes(tokenizer) : undefined;
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  return {
    push(token) {
      check(token);
      return decoder.decode(bytes?.[token] ?? Uint8Array.of(token), { stream: true });
    },
    end: () => decoder.decode(),
  };
}

/** @throws DataError if one of them is no token */
export function decodeTokens(tokenizer: Tokenizer, tokens: ArrayLike<number>): string {
  const decoder = tokenDecoder(tokenizer);
  const pieces = Array.from(tokens, (token) => decoder.push(token));
  return pieces.join('') + decoder.end();
}
