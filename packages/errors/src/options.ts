// Options of public functions: names that nobody knows are refused, so that a misspelt one is not ignored.
// Invariant: the list of names is complete by its type; an option that is added to an interface and not to its list does not
// compile.
import { ConfigError } from './errors.js';
import { nearestName } from './nearest-name.js';

/** Every option of an interface, by name. */
export type OptionNames<Options> = Readonly<Record<keyof Options, true>>;

/**
 * @param operation whose options these are, for the error
 * @param options what somebody gave
 * @param names the options there are
 * @throws ConfigError if it is no object, or has a name that is not in the list; it suggests the nearest
 */
export function checkOptions(
  operation: string,
  options: unknown,
  names: Readonly<Record<string, true>>,
): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    const got = Array.isArray(options) ? 'an array' : options === null ? 'null' : typeof options;
    throw new ConfigError(`${operation}: expected an object of options, got ${got}`);
  }
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(names, name)) continue;
    const allowed = Object.keys(names);
    const near = nearestName(name, allowed);
    throw new ConfigError(
      near === undefined
        ? `${operation}: unknown option "${name}"; the options are ${allowed.join(', ')}`
        : `${operation}: unknown option "${name}"; did you mean ${near}?`,
    );
  }
}
