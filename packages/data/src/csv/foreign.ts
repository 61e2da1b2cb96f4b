// Files that people take for CSV and that are something else, by their first bytes.
// Invariant: no text that could be a table begins like any of these. Not a check of those formats.

const BY_BYTES: readonly (readonly [readonly number[], string])[] = [
  [
    [0x50, 0x4b, 0x03, 0x04],
    'an Excel workbook or another zip file; save the sheet as CSV, or unpack it',
  ],
  [[0xd0, 0xcf, 0x11, 0xe0], 'an old Excel workbook; save the sheet as CSV'],
  [
    [0x1f, 0x8b],
    'gzip inside gzip, or gzip where text is expected; unpack it (readTable and readCsv do that for a file)',
  ],
  [[0x28, 0xb5, 0x2f, 0xfd], 'compressed by zstd; unpack it (gzip is read as it is)'],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a], 'compressed by xz; unpack it (gzip is read as it is)'],
  [[0x42, 0x5a, 0x68], 'compressed by bzip2; unpack it (gzip is read as it is)'],
  [[0x50, 0x41, 0x52, 0x31], 'a Parquet file; write the table as CSV'],
  [[0xff, 0xfe, 0, 0], 'UTF-32; save it as UTF-8'],
  [[0, 0, 0xfe, 0xff], 'UTF-32; save it as UTF-8'],
];

const BY_WORDS: readonly (readonly [RegExp, string])[] = [
  [
    /^\s*<(!doctype|html|\?xml)/i,
    'a web page or XML: was it downloaded without being signed in, or from the wrong link?',
  ],
  [/^\s*(\[\s*)?\{\s*"/, 'JSON; write the table as CSV'],
  [/^version https:\/\/git-lfs/, 'a pointer of git-lfs; fetch the file itself with `git lfs pull`'],
];

/** @returns what the bytes are, if they are known to be no table of text, and what to do about it */
export function foreignFormat(head: Uint8Array): string | undefined {
  const starts = (magic: readonly number[]) => magic.every((byte, i) => head[i] === byte);
  const known = BY_BYTES.find(([magic]) => starts(magic));
  if (known !== undefined && !(known[0][0] === 0x42 && !isBzip2(head)))
    return `this is ${known[1]}`;
  const words = new TextDecoder().decode(head.subarray(0, 64));
  const named = BY_WORDS.find(([pattern]) => pattern.test(words));
  return named && `this is ${named[1]}`;
}

/** "BZh" could begin a column's name; bzip2 goes on with a digit and the digits of pi. */
function isBzip2(head: Uint8Array): boolean {
  return head[4] === 0x31 && head[5] === 0x41 && head[6] === 0x59;
}
