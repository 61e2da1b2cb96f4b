// Text → tokens.
// Invariant: decodeTokens gives the text back, byte for byte, but for characters that a tokenizer of characters does not know.
// A string is its UTF-8; halves of surrogate pairs that stand alone are U+FFFD there.
import { describeValue } from '@lockstep/errors';
import { ConfigError, DataError } from '../errors.js';
import { pieceEnd } from './pieces.js';
import {
  BYTES,
  type BytePairTokenizer,
  pairKey,
  type Tokenizer,
  UNKNOWN,
  vocabularyOf,
} from './tokenizer.js';
import { validateTokenizer } from './validate.js';

/** Bytes where the vocabulary is small enough, which are a quarter of the memory. */
export type Tokens = Uint8Array | Int32Array;

/**
 * @param text or its bytes, which tokenizers of bytes take as they are, whatever they are
 * @throws DataError if characters are wanted of bytes that are not UTF-8; ConfigError if it is no tokenizer
 */
export function encodeText(given: Tokenizer, text: string | Uint8Array): Tokens {
  const tokenizer = validateTokenizer(given, 'encodeText');
  switch (tokenizer.kind) {
    case 'bytes':
      return textBytes('encodeText', text);
    case 'characters':
      return encodeCharacters(tokenizer.characters, textString('encodeText', text), tokenizer);
    case 'bpe':
      return encodePairs(tokenizer, textBytes('encodeText', text));
  }
}

/** @throws ConfigError if it is no text */
export function textBytes(operation: string, text: string | Uint8Array): Uint8Array {
  if (typeof text === 'string') return new TextEncoder().encode(text);
  if (text instanceof Uint8Array) return text;
  throw new ConfigError(
    `${operation}: the text is ${describeValue(text)}; expected a string, or its bytes as a Uint8Array`,
  );
}

/** @param instead what else to do, for the error. @throws DataError if bytes are not UTF-8 */
export function textString(operation: string, text: string | Uint8Array, instead = ''): string {
  if (typeof text === 'string') return text;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      textBytes(operation, text),
    );
  } catch (cause) {
    throw new DataError(
      `${operation}: the text is not UTF-8, so it has no characters; write it as UTF-8${instead}`,
      { cause },
    );
  }
}

function encodeCharacters(characters: string, text: string, tokenizer: Tokenizer): Tokens {
  const tokenOf = new Map([UNKNOWN, ...characters].map((one, token) => [one, token]));
  const tokens = newTokens(tokenizer, text.length);
  let length = 0;
  for (const character of text) tokens[length++] = tokenOf.get(character) ?? 0;
  return tokens.slice(0, length);
}

function newTokens(tokenizer: Tokenizer, length: number): Tokens {
  return vocabularyOf(tokenizer) <= BYTES ? new Uint8Array(length) : new Int32Array(length);
}

/** Pieces whose tokens are remembered; a book has some ten thousand different ones. */
const MAX_KNOWN = 1 << 18;

function encodePairs({ merges }: BytePairTokenizer, bytes: Uint8Array): Int32Array {
  const rankOf = new Map(merges.map(([left, right], rank) => [pairKey(left, right), rank]));
  const known = new Map<string, readonly number[]>();
  const tokens = new Int32Array(bytes.length);
  let length = 0;
  for (let start = 0; start < bytes.length; ) {
    const end = pieceEnd(bytes, start);
    const piece = bytes.subarray(start, end);
    const key = String.fromCharCode(...piece);
    let merged = known.get(key);
    if (!merged) {
      merged = mergePiece(Array.from(piece), rankOf);
      if (known.size < MAX_KNOWN) known.set(key, merged);
    }
    for (const token of merged) tokens[length++] = token;
    start = end;
  }
  return tokens.slice(0, length);
}

/** Merges the pair that was learnt first, everywhere from left to right, until none is left. */
function mergePiece(piece: number[], rankOf: ReadonlyMap<number, number>): number[] {
  let tokens = piece;
  while (tokens.length > 1) {
    let best = Number.POSITIVE_INFINITY;
    for (let i = 1; i < tokens.length; i++) {
      best = Math.min(best, rankOf.get(pairKey(tokens[i - 1]!, tokens[i]!)) ?? best);
    }
    if (best === Number.POSITIVE_INFINITY) break;
    tokens = mergePair(
      tokens,
      (left, right) => rankOf.get(pairKey(left, right)) === best,
      BYTES + best,
    );
  }
  return tokens;
}

/** From left to right: of three alike in a row the first two are merged. */
export function mergePair(
  tokens: readonly number[],
  isPair: (left: number, right: number) => boolean,
  token: number,
): number[] {
  const merged: number[] = [];
  for (let i = 0; i < tokens.length; i++) {
    const isHere = i + 1 < tokens.length && isPair(tokens[i]!, tokens[i + 1]!);
    merged.push(isHere ? token : tokens[i]!);
    if (isHere) i++;
  }
  return merged;
}
