// Cuts bytes of text into the pieces within which pairs are merged: words and numbers with the space before them, marks, white
// space. So a token is part of a word, and a text is learnt from by its different words.
// Invariant: pieces one behind the other are the bytes; where one ends is a matter of bytes, so no Unicode table is asked: every
// byte of a character beyond ASCII counts as a letter.

/** Bytes that a piece may have, and a token with it: text without spaces is cut, too. */
export const MAX_PIECE = 64;

const SPACE = 0x20;
const LETTER = 1;
const DIGIT = 2;
const WHITE = 3;
const MARK = 4;

const CLASS_OF = Uint8Array.from({ length: 256 }, (_, byte) => {
  const isLetter = (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a) || byte >= 0x80;
  if (isLetter) return LETTER;
  if (byte >= 0x30 && byte <= 0x39) return DIGIT;
  return byte === SPACE || (byte >= 0x09 && byte <= 0x0d) ? WHITE : MARK;
});

/**
 * Where the piece ends that begins at `start`: one of letters, digits, or marks, with one space before it; or white space, which
 * leaves a last space to the piece behind it.
 */
export function pieceEnd(bytes: Uint8Array, start: number): number {
  const limit = Math.min(bytes.length, start + MAX_PIECE);
  const hasSpace = bytes[start] === SPACE && start + 1 < limit;
  const from = hasSpace && CLASS_OF[bytes[start + 1]!] !== WHITE ? start + 1 : start;
  const kind = CLASS_OF[bytes[from]!];
  let end = from + 1;
  while (end < limit && CLASS_OF[bytes[end]!] === kind) end++;
  const leavesSpace =
    kind === WHITE && end - start > 1 && end < bytes.length && bytes[end - 1] === SPACE;
  return leavesSpace && CLASS_OF[bytes[end]!] !== WHITE ? end - 1 : end;
}
