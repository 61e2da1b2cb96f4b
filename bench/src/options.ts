// The benchmark's own command line.
import { parseArgs } from 'node:util';
import { KERNELS_CHOICES } from './kernels.js';
import { FULL, type Settings, SMOKE } from './settings.js';
import { UsageError } from './usage-error.js';

export interface Options {
  readonly settings: Settings;
  /** Names of cases; undefined: all. */
  readonly only: readonly string[] | undefined;
  /** Interpreters with PyTorch; undefined: the first that is found. */
  readonly pythons: readonly string[] | undefined;
  /** Undefined: both, as far as they are here. */
  readonly kernels: (typeof KERNELS_CHOICES)[number] | undefined;
  readonly json: string | undefined;
  readonly markdown: string | undefined;
  readonly help: boolean;
}

export const USAGE = `bench [options]: Lockstep against its peers and the machine, interleaved, as ratios

  --only CASE       only this case; may be given again
  --python FILE     an interpreter with PyTorch; may be given again, and the peer is the best of all. Default: the first of
                    python3 and /usr/bin/python3 that has it
  --kernels WHICH   which of ours: wasm, native or both. Default: both where native kernels are
  --rounds N        slices of each contender (default ${FULL.rounds}, at least 5 for numbers to keep)
  --smoke, --quick  tiny cases of everything, in seconds: shows that it works, measures nothing
  --json FILE       write everything that was measured, after each case
  --markdown FILE   put the tables into FILE, between the markers of this Node's version, after each case
  --help            this text

Example: npx -y pnpm@10.34.9 bench --only tutorial-64 --only product --json bench.json`;

/** @throws UsageError if an option is unknown or its value makes no sense */
export function readOptions(words: readonly string[], cases: readonly string[]): Options {
  let values: ReturnType<typeof parse>;
  try {
    values = parse(words);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  for (const name of values.only ?? []) {
    if (!cases.includes(name)) {
      throw new UsageError(`--only ${name}: there is no such case; expected ${cases.join(', ')}`);
    }
  }
  const kernels = KERNELS_CHOICES.find((choice) => choice === values.kernels);
  if (values.kernels !== undefined && kernels === undefined) {
    throw new UsageError(
      `--kernels ${values.kernels}: expected one of ${KERNELS_CHOICES.join(', ')}`,
    );
  }
  const base = values.smoke || values.quick ? SMOKE : FULL;
  const rounds = values.rounds === undefined ? base.rounds : Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) {
    throw new UsageError(`--rounds ${values.rounds}: expected a whole number of at least 1`);
  }
  return {
    settings: { ...base, rounds },
    only: values.only,
    pythons: values.python,
    kernels,
    json: values.json,
    markdown: values.markdown,
    help: values.help ?? false,
  };
}

function parse(words: readonly string[]) {
  return parseArgs({
    args: [...words],
    options: {
      only: { type: 'string', multiple: true },
      python: { type: 'string', multiple: true },
      kernels: { type: 'string' },
      rounds: { type: 'string' },
      smoke: { type: 'boolean' },
      quick: { type: 'boolean' },
      json: { type: 'string' },
      markdown: { type: 'string' },
      help: { type: 'boolean' },
    },
  }).values;
}
