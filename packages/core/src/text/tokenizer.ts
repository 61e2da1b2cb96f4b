// How text becomes whole numbers, and these text again. Plain data: it is learnt from a text (@lockstep/data), kept with the
// trained model and applied wherever that is asked. What it does is in encode.ts and decode.ts.
// Invariant: a function of the text's UTF-8 bytes alone, the same on every engine: nothing asks Unicode tables, which differ by
// version. Not here: where a tokenizer comes from.

/** Token = byte of the text as UTF-8; 256 of them. */
export interface ByteTokenizer {
  readonly kind: 'bytes';
}

/**
 * Token = character (a code point). Token 0 is U+FFFD, the replacement character, which stands for every character that is
 * none of these.
 */
export interface CharacterTokenizer {
  readonly kind: 'characters';
  /** Tokens 1, 2, …: different characters, in the order of their code points. */
  readonly characters: string;
}

/**
 * Byte-pair encoding over the bytes of UTF-8: tokens 0 to 255 are bytes, token 256 + i is the two tokens `merges[i]` one behind the
 * other. Text is cut into pieces (pieces.ts) first, and no token goes beyond one.
 *
 * Source: Sennrich, Haddow, Birch, "Neural machine translation of rare words with subword units" (2016); over bytes as in
 * Radford et al., "Language models are unsupervised multitask learners" (2019).
 */
export interface BytePairTokenizer {
  readonly kind: 'bpe';
  /** In the order in which they were learnt, which is the order in which they are applied. */
  readonly merges: readonly (readonly [left: number, right: number])[];
}

/** How a text is cut into tokens: data. */
export type Tokenizer = ByteTokenizer | CharacterTokenizer | BytePairTokenizer;

/** What stands for characters that a tokenizer of characters does not know. */
export const UNKNOWN = '\ufffd';
export const BYTES = 256;

/** How many different tokens there are. */
export function vocabularyOf(tokenizer: Tokenizer): number {
  switch (tokenizer.kind) {
    case 'bytes':
      return BYTES;
    case 'characters':
      return 1 + [...tokenizer.characters].length;
    case 'bpe':
      return BYTES + tokenizer.merges.length;
  }
}

/** A pair of tokens as one number. */
export function pairKey(left: number, right: number): number {
  return left * 0x1_0000 + right;
}

/** The bytes of each token of a byte-pair encoding. */
export function tokenBytes({ merges }: BytePairTokenizer): Uint8Array[] {
  const all = Array.from({ length: BYTES }, (_, byte) => Uint8Array.of(byte));
  for (const [left, right] of merges) {
    all.push(Uint8Array.from([...all[left]!, ...all[right]!]));
  }
  return all;
}
