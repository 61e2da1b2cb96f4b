// The limits that a shell or a service lays on a process (ulimit): addresses, open files, the size of a file.
import { readFileSync } from 'node:fs';
import { formatBinary, formatCount } from '../../wording.js';
import { type Check, type Judgement, note, ok, problem, together } from '../check.js';

/** Of the process; undefined where there is none, or nobody says. */
export interface Limits {
  readonly addressBytes: number | undefined;
  readonly files: number | undefined;
  readonly fileBytes: number | undefined;
}

/** A run on a few threads opens fewer than half of them. */
const FEW_FILES = 64;
/** A coordinator has a file open for each worker, and so has a worker in a mesh. */
const ENOUGH_FILES = 512;

export const limits: Check = {
  id: 'limits',
  title: 'Limits',
  look: () => judgeLimits(readLimits()),
};

function readLimits(): Limits | undefined {
  try {
    return parseLimits(readFileSync('/proc/self/limits', 'utf8'));
  } catch {
    return undefined;
  }
}

/** Source: proc(5). @param text one a line: its name, the soft limit, the hard one, the unit */
export function parseLimits(text: string): Limits {
  const limit = (name: string): number | undefined => {
    const soft = new RegExp(`^${name}\\s+(\\d+)`, 'm').exec(text)?.[1];
    return soft === undefined ? undefined : Number(soft);
  };
  return {
    addressBytes: limit('Max address space'),
    files: limit('Max open files'),
    fileBytes: limit('Max file size'),
  };
}

/** @param limits undefined where the system does not tell them */
export function judgeLimits(limits: Limits | undefined): Judgement {
  if (limits === undefined) return ok('not told by this system; ulimit -a in the shell shows them');
  const { addressBytes, files, fileBytes } = limits;
  const count = files === undefined ? 'any number of' : formatCount(files);
  return together(
    judgeFiles(files, `${count} open files`),
    addressBytes === undefined
      ? ok('all addresses')
      : note(
          `${formatBinary(addressBytes)} of addresses (ulimit -v)`,
          'V8 reserves 8 to 10 GiB of addresses for each memory: ulimit -v unlimited, or start Node with --disable-wasm-trap-handler',
        ),
    ...(fileBytes === undefined
      ? []
      : [
          note(
            `files of ${formatBinary(fileBytes)} at most (ulimit -f)`,
            'a checkpoint that is larger cannot be written: ulimit -f unlimited',
          ),
        ]),
  );
}

function judgeFiles(files: number | undefined, found: string): Judgement {
  const raise = (number: number): string => `raise the limit: ulimit -n ${number}, or more`;
  if (files === undefined || files >= ENOUGH_FILES) return ok(found);
  return files < FEW_FILES
    ? problem(`${found} (ulimit -n): too few for a run`, raise(ENOUGH_FILES))
    : note(`${found} (ulimit -n): few for many workers`, raise(ENOUGH_FILES));
}
