// Which parameters somebody means: by a rule, a pattern, or their names. It is asked at once and for each name, so that no
// function and no pattern has to travel.
import { ConfigError, describeValue, nearestName } from '@lockstep/errors';

/** A function that says yes or no to a name, a pattern that is found in it, one name, or several. */
export type NameMatch = ((name: string) => boolean) | RegExp | string | readonly string[];

/**
 * @param what the option is called, for errors
 * @param names of all that could be meant
 * @returns those that are, in the order of `names`
 * @throws ConfigError if it is no such rule, a function answers neither yes nor no, or a name is none of these
 */
export function matchNames(
  what: string,
  match: NameMatch,
  names: readonly string[],
): readonly string[] {
  if (typeof match === 'function') {
    return names.filter((name) => {
      const answer: unknown = match(name);
      if (typeof answer === 'boolean') return answer;
      throw new ConfigError(
        `${what}: it answers ${describeValue(answer)} to "${name}", expected true or false`,
      );
    });
  }
  // `search`, since `test` would go on from where a pattern with the flag g stood last.
  if (match instanceof RegExp) return names.filter((name) => name.search(match) >= 0);
  const given: readonly unknown[] | undefined =
    typeof match === 'string' ? [match] : Array.isArray(match) ? match : undefined;
  if (!given?.every((name) => typeof name === 'string')) {
    throw new ConfigError(
      `${what}: expected a function from a parameter's name to true or false, a RegExp, or names, got ${describeValue(match)}`,
    );
  }
  for (const name of given as string[]) {
    if (names.includes(name)) continue;
    const near = nearestName(name, names);
    throw new ConfigError(
      `${what}: there is no "${name}"${near === undefined ? '' : ` (did you mean "${near}"?)`}; there are ${names.join(', ')}`,
    );
  }
  return names.filter((name) => given.includes(name));
}
