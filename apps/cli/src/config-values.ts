// What a file of flags may hold, read off the command's own flags: a value that a flag's parser takes, and no other key.
import { nearestName } from '@lockstep/errors';
import { InvalidArgumentError, type Option } from 'commander';
import { z } from 'zod';
import { UsageError } from './errors.js';
import { REPEATED } from './parameter-options.js';

/** What a file cannot say, and why. */
export const NOT_IN_FILES: Readonly<Record<string, string>> = {
  config: 'a file of flags names no other',
  resume: 'a run that goes on is what its folder says; give --resume DIR in place of a file',
  continue: 'a file says what a run is, and not whether it has begun',
  dryRun: 'a file says what a run is',
};

const TYPED = z.union([z.string(), z.number()]);

/**
 * @returns the values as the flags' own parsers give them
 * @throws UsageError naming the key that is none, or whose value is none of its flag's
 */
export function checked(
  path: string,
  given: object,
  options: ReadonlyMap<string, Option>,
): Readonly<Record<string, unknown>> {
  const shape = Object.fromEntries(
    [...options].map(([name, option]) => [name, jsonOf(option).optional()]),
  );
  const result = z.strictObject(shape).safeParse(given);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  if (issue?.code === 'unrecognized_keys') {
    throw new UsageError(`--config ${path}: ${unknownKey(issue.keys[0]!, [...options.keys()])}`);
  }
  const name = String(issue?.path[0]);
  throw new UsageError(`--config ${path}: ${name}: ${issue?.message}`);
}

function unknownKey(key: string, names: readonly string[]): string {
  const reason = Object.hasOwn(NOT_IN_FILES, key) ? NOT_IN_FILES[key] : undefined;
  if (reason !== undefined) return `"${key}" is for the command line alone: ${reason}`;
  const camel = key
    .replace(/^--/, '')
    .replace(/-+(\w)/g, (_, letter: string) => letter.toUpperCase());
  const near = names.includes(camel) ? camel : nearestName(camel, names);
  return `there is no flag "${key}"${near === undefined ? `; there are ${names.join(', ')}` : ` (did you mean "${near}"?)`}`;
}

/** What may stand for a flag, made what the flag's parser makes of it. */
function jsonOf(option: Option): z.ZodType {
  if (option.isBoolean() || option.negate) return z.boolean('Expected true or false.');
  // `false` is as if nobody had given it.
  if (option.optional) {
    return z.union([z.boolean().transform((value) => value || undefined), typedValueOf(option)]);
  }
  return typedValueOf(option);
}

function typedValueOf(option: Option): z.ZodType {
  const typed = z.union(
    [TYPED, z.array(TYPED), z.record(z.string(), z.number())],
    'Expected a text, a number, or a list of them.',
  );
  return typed.transform((value, context) => {
    try {
      return parsed(option, value);
    } catch (error) {
      if (!(error instanceof InvalidArgumentError)) throw error;
      context.addIssue(`${JSON.stringify(value)}: ${error.message}`);
      return z.NEVER;
    }
  });
}

type Typed = string | number;

function parsed(option: Option, value: Typed | Typed[] | Record<string, number>): unknown {
  const parse = (text: string, before?: unknown): unknown =>
    option.parseArg ? option.parseArg(text, before) : text;
  if (Array.isArray(value)) {
    if (!REPEATED.includes(option.attributeName())) return parse(value.join(',') || 'none');
    return value.reduce<unknown>((before, one) => parse(String(one), before), undefined);
  }
  if (typeof value !== 'object') return parse(String(value));
  return parse(
    Object.entries(value)
      .map(([name, number]) => `${name}=${number}`)
      .join(','),
  );
}
