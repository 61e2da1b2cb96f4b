// Puts a rendered report into a Markdown file, between the markers of this Node's major version, so that the
// text around and the tables of another version stay as they are.
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';

/**
 * @returns the text with the report in place of what stood between the markers; at its end, under a heading of
 * its own, if there were none
 */
export function replaceBetweenMarkers(text: string, major: string, report: string): string {
  const begin = `<!-- bench node ${major}: begin -->`;
  const end = `<!-- bench node ${major}: end -->`;
  const block = `${begin}\n\n${report}\n\n${end}`;
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from >= 0 && to > from) return text.slice(0, from) + block + text.slice(to + end.length);
  const before = text.trimEnd();
  return `${before}${before ? '\n\n' : ''}## Node ${major}\n\n${block}\n`;
}

export async function writeMarkdown(file: string, node: string, report: string): Promise<void> {
  const text = existsSync(file) ? await readFile(file, 'utf8') : '';
  await writeFile(file, replaceBetweenMarkers(text, node.split('.')[0]!, report));
}
