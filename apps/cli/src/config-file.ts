// `--config FILE`: flags in a JSON file. Each key is a flag's long name in camelCase (`batchSize` of --batch-size, `shuffle` of
// --no-shuffle), each value what would be typed after it, as text, number or list; paths are from the working folder, as
// flags' are. Flags beside it win. Any run's run.json is one, and repeats the run.
// Invariant: what a file may say is read off the command's own flags, so a new flag is a key at once.
import { readFile } from 'node:fs/promises';
import { nearestName } from '@lockstep/errors';
import { readRecord } from '@lockstep/trainer';
import { type Command, InvalidArgumentError, type Option } from 'commander';
import { z } from 'zod';
import { UsageError } from './errors.js';
import { recordedOptimizer } from './optimizer-options.js';
import { nonEmpty } from './option-values.js';
import { readOrigin } from './origin.js';
import { REPEATED } from './parameter-options.js';
import { recordedStop } from './stop-options.js';

/** What a file cannot say: it is read before, or says which run goes on in place of what a new one is. */
const NOT_IN_FILES: readonly string[] = ['config', 'json', 'resume'];

const MAX_BYTES = 64 * 1024 * 1024;

export function addConfigOption(command: Command): void {
  command
    .option(
      '--config <file>',
      'take flags from this JSON file, as {"batchSize": 64}, or of a run from its run.json; flags given beside it win',
      nonEmpty,
    )
    .hook('preAction', takeFile);
}

/** @throws UsageError naming the key that is none, or whose value is none of its flag's */
async function takeFile(command: Command): Promise<void> {
  const { config: path, resume } = command.opts<{ config?: string; resume?: string }>();
  if (path === undefined) return;
  if (resume !== undefined) {
    throw new UsageError(
      '--config and --resume: a run that goes on is what its folder says; leave --config out',
    );
  }
  const options = new Map(
    command.options
      .filter((option) => !NOT_IN_FILES.includes(option.attributeName()))
      .map((option) => [option.attributeName(), option] as const),
  );
  const given = flagsIn(await readJson(path), path);
  for (const [name, value] of Object.entries(checked(path, given, options))) {
    if (command.getOptionValueSource(name) === 'cli') continue;
    command.setOptionValueWithSource(name, value, 'config');
  }
}

async function readJson(path: string): Promise<object> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const why =
      code === 'EISDIR' ? 'is a folder; of a run give its run.json' : `cannot be read: ${message}`;
    throw new UsageError(`--config ${path}: ${why}`, { cause });
  }
  if (text.length > MAX_BYTES) {
    throw new UsageError(`--config ${path}: it has more than ${MAX_BYTES} bytes`);
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new UsageError(`--config ${path}: not JSON: ${(cause as Error).message}`, { cause });
  }
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json;
  throw new UsageError(
    `--config ${path}: expected an object of flags, such as {"epochs": 5, "batchSize": 64}`,
  );
}

/** The flags in a file of them, or those that began a run. */
function flagsIn(json: object, path: string): object {
  if (!('format' in json)) return json;
  const { config, origin: from } = readRecord(json, `--config ${path}`);
  if (from === null || from === undefined) {
    throw new UsageError(
      `--config ${path}: this run was begun by a program, which alone knows its model and its data; what the commands began can be repeated`,
    );
  }
  const origin = readOrigin(from, path);
  const { dataset, isNamed = true, source, model, hidden, activation, loss, positive } = origin;
  if (origin.flags === undefined && (config.groups || config.optimizer.schedule)) {
    throw new UsageError(`--config ${path}: the run was not begun by flags alone`);
  }
  const { source: _, ...ofSource } = source ?? { source: '' };
  const metrics = (config.graph.metrics ?? []).filter((name) => name !== 'accuracy');
  const { dataDir, limitTrain, limitTest, init } = origin;
  const { epochs, batchSize, seed, shards, shuffle, dropLast } = config;
  const all = {
    ...{ ...(isNamed && { dataset }), ...ofSource, dataDir, limitTrain, limitTest },
    ...{ model, hidden, activation, loss, positive, init },
    ...{ epochs, batchSize, seed, shards, shuffle, dropLast },
    ...(metrics.length > 0 && { metrics }),
    ...Object.fromEntries(recordedOptimizer(config.optimizer)),
    ...recordedStop(config),
    ...origin.flags,
    // As they came out, whatever stands for them by default.
    ...{ loss, shards },
  };
  return Object.fromEntries(
    Object.entries(all).filter(([, value]) => value !== null && value !== undefined),
  );
}

const TYPED = z.union([z.string(), z.number()]);

/** @returns the values as the flags' own parsers give them */
function checked(
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
  if (NOT_IN_FILES.includes(key)) return `"${key}" is for the command line alone`;
  const camel = key
    .replace(/^--/, '')
    .replace(/-+(\w)/g, (_, letter: string) => letter.toUpperCase());
  const near = names.includes(camel) ? camel : nearestName(camel, names);
  return `there is no flag "${key}"${near === undefined ? `; there are ${names.join(', ')}` : ` (did you mean "${near}"?)`}`;
}

/** What may stand for a flag, made what the flag's parser makes of it. */
function jsonOf(option: Option): z.ZodType {
  if (option.isBoolean() || option.negate) return z.boolean('Expected true or false.');
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
