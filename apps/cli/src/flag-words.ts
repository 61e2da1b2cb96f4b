// Flags as one would write them, for people to copy.
import { dashed } from './data-sources/list.js';

/** As `--momentum 0.9 --nesterov`; what is nothing or false is left out. */
export function flagWords(flags: Readonly<Record<string, unknown>>): string {
  const words = Object.entries(flags).flatMap(([flag, value]) => {
    if (value === undefined || value === null || value === false) return [];
    return value === true ? [dashed(flag)] : [`${dashed(flag)} ${value}`];
  });
  return words.join(' ');
}
