// A command as it can be typed into a shell.

/** What every shell takes as it is; a word that begins with a dash is a flag. */
const PLAIN = /^[\w@%+=:,./-]+$/;

/** @param words a command, and what it is given */
export function commandLine(...words: readonly string[]): string {
  return words
    .map((word) => (PLAIN.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(' ');
}
