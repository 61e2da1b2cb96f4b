// `--config FILE`: flags in a JSON file. Each key is a flag's long name in camelCase (`batchSize` of --batch-size, `shuffle` of
// --no-shuffle), each value what would be typed after it, as text, number or list; paths are from the working folder, as
// flags' are. Flags beside it win. Any run's run.json is one, and repeats the run.
// Invariant: what a file may say is read off the command's own flags, so a new flag is a key at once.
import { readFile } from 'node:fs/promises';
import { readRecord } from '@lockstep/trainer';
import type { Command } from 'commander';
import { UsageError } from './errors.js';
import { nonEmpty } from './option-values.js';
import { readOrigin } from './origin.js';
import { recordedFlags } from './recorded-flags.js';

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

/**
 * Whether a file of flags among the arguments asks for JSON, also where it, or a flag beside it, is wrong otherwise: whoever asks
 * for it is told the error so, too.
 */
export async function fileSaysJson(args: readonly string[]): Promise<boolean> {
  const at = args.findLastIndex((arg) => arg === '--config' || arg.startsWith('--config='));
  const path = args[at] === '--config' ? args[at + 1] : args[at]?.slice('--config='.length);
  if (!path) return false;
  const json = await readJson(path).catch(() => undefined);
  return json !== undefined && 'json' in json && json.json === true;
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
  // Loaded by those who have a file: what checks values is larger than all that a command loads otherwise.
  const { checked, NOT_IN_FILES } = await import('./config-values.js');
  const options = new Map(
    command.options
      .filter((option) => !Object.hasOwn(NOT_IN_FILES, option.attributeName()))
      .map((option) => [option.attributeName(), option] as const),
  );
  const given = flagsIn(await readJson(path), path);
  for (const [name, value] of Object.entries(checked(path, given, options))) {
    if (value === undefined || command.getOptionValueSource(name) === 'cli') continue;
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
  if (origin.flags === undefined && (config.groups || config.optimizer.schedule)) {
    throw new UsageError(`--config ${path}: the run was not begun by flags alone`);
  }
  return Object.fromEntries(
    Object.entries(recordedFlags(config, origin)).filter(
      ([, value]) => value !== null && value !== undefined,
    ),
  );
}
