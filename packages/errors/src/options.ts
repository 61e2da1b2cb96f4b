// Options of public functions: names that nobody knows are refused, so that a misspelt one is not ignored.
// Invariant: the list of names is complete by its type; an option that is added to an interface and not to its list does not
// compile.
import { ConfigError } from './errors.js';
import { nearestName } from './nearest-name.js';
import { describeValue } from './values.js';

/** Every option of an interface, by name. */
export type OptionNames<Options> = Readonly<Record<keyof Options, true>>;

/** The parameter of a function that has no options yet, so that it can refuse those that other software has. */
export type NoOptions = Readonly<Record<string, never>>;

/**
 * @param operation whose options these are, for the error
 * @param options what somebody gave
 * @param names the options there are
 * @throws ConfigError if it is no object, or has a name that is not in the list; it suggests the nearest
 */
export function checkOptions<Options>(
  operation: string,
  options: Options,
  names: OptionNames<NoInfer<Options>>,
): void {
  const allowed = Object.keys(names);
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    const some = allowed.length > 4 ? [...allowed.slice(0, 4), '…'] : allowed;
    throw new ConfigError(
      `${operation}: expected one object with options${some.length > 0 ? ` (${some.join(', ')})` : ''}, got ${describeValue(options)}`,
    );
  }
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(names, name)) continue;
    throw new ConfigError(`${operation}: unknown option "${name}"; ${instead(name, allowed)}`);
  }
}

function instead(name: string, allowed: readonly string[]): string {
  const near = nearestName(name, allowed);
  if (near !== undefined) return `did you mean ${near}?`;
  return allowed.length > 0 ? `the options are ${allowed.join(', ')}` : 'it takes none';
}
