// Whether a folder that holds no run can become a run's: it is empty, or what lies there is known to do no harm.
// Invariant: a folder that holds something else is refused before anything is written to it, also for a moment.
import { readdir } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { UsageError } from './errors.js';
import { CHECKPOINT, CHECKPOINTS, FETCHED, isRunFile, RUN, WEIGHTS } from './run-names.js';
import { checkFolderPlace } from './writable-place.js';

/** What systems leave, and where schedulers write what a job says. */
const HARMLESS =
  /^(?:lost\+found|\.(?:DS_Store|gitignore|gitkeep|nfs[0-9a-f]+|snapshot)|.+\.(?:log|out|err))$/;

/** What is there before a run is, made for it or by it. */
const BEFORE =
  /^(?:claim-[0-9a-f]{16}\.json|journal|token|tls|tensorboard|\.lockstep-\w+|.+\.tmp(?:-[0-9a-f]{16})?)$/;

const FIRST_CHECKPOINT = /^step-0+\.safetensors(?:\.tmp-[0-9a-f]{16})?$/;

/** Of what is there, so many are named. */
const SHOWN = 4;

/** How a folder is to become a run's. */
export interface RoomUse {
  /** For errors. */
  readonly flag: string;
  /** Whether what was cut short while it began may begin again. */
  readonly mayBeginAgain?: boolean | undefined;
  /** Whether what was cut short while it was fetched is fetched again. */
  readonly isFetched?: boolean | undefined;
  /** What flags say: paths among it may lie there. */
  readonly flags?: object | undefined;
}

/** @throws UsageError if no folder can be made there, or it holds something else */
export async function checkRoom(out: string, use: RoomUse): Promise<void> {
  const { flag, mayBeginAgain = false, isFetched = false } = use;
  const names = await namesIn(out);
  const isCutShort = names.includes(`${RUN}${FETCHED}`);
  const others = await strangers(out, names, isCutShort && isFetched, use.flags ?? {});
  const refuse = (words: string): never => {
    throw new UsageError(`${flag} ${out}: ${words}`);
  };
  if (isCutShort && !isFetched) {
    refuse(
      'a run was to be fetched into it, which was cut short. Fetch it again (lockstep pull, or --mirror), or name another folder',
    );
  }
  const weights = await weightsIn(out);
  if (weights !== undefined && !isCutShort) {
    refuse(`it holds no run that could go on (no ${RUN}), and ${weights}`);
  }
  if (others.length > 0) {
    const more = others.length > SHOWN ? ` and ${others.length - SHOWN} more` : '';
    refuse(
      `it holds no run, and other files (${others.slice(0, SHOWN).join(', ')}${more}), among which a run's would lie. Name a new folder, or an empty one`,
    );
  }
  if (names.includes(CHECKPOINTS) && !mayBeginAgain && !isCutShort) {
    refuse(
      `it holds a run already, which was cut short before its first step (no ${RUN}). Use --continue to begin it again, or another folder`,
    );
  }
  await checkFolderPlace(flag, out);
}

/**
 * @param elsewhere where a run was looked for, too
 * @throws UsageError unless the folder holds a run to go on with
 */
export async function checkHoldsRun(out: string, elsewhere: string | undefined): Promise<void> {
  if ((await namesIn(out)).includes(RUN)) return;
  const weights = await weightsIn(out);
  const more =
    (elsewhere === undefined ? '' : `; neither does ${elsewhere}`) +
    (weights === undefined ? '' : `, and ${weights}`);
  throw new UsageError(`--resume ${out}: it holds no run (no ${RUN})${more}`);
}

/** What a folder holds of what was learnt, and what can be done with it, in words; undefined if it holds nothing. */
async function weightsIn(out: string): Promise<string | undefined> {
  const isLast = (await namesIn(out)).includes(WEIGHTS);
  const name = isLast ? WEIGHTS : await newestCheckpoint(out);
  if (name === undefined) return undefined;
  return `weights (${name}). Begin a run from them in another folder: --init ${join(out, name)}`;
}

/** What is neither harmless, nor of a beginning or a fetch that was cut short, nor named by a flag. */
async function strangers(
  out: string,
  names: readonly string[],
  isFetched: boolean,
  flags: object,
): Promise<string[]> {
  const paths = Object.values(flags)
    .flat()
    .filter((value) => typeof value === 'string');
  const named = paths.map((path) => relative(resolve(out), resolve(path)).split(sep)[0]);
  const isOfRun = (name: string): boolean => isFetched && isRunFile(name.replace(FETCHED, ''));
  const isKnown = async (name: string): Promise<boolean> => {
    if (HARMLESS.test(name) || BEFORE.test(name) || named.includes(name)) return true;
    if (name !== CHECKPOINTS) return isOfRun(name);
    const saved = await namesIn(join(out, name));
    return saved.every((one) => FIRST_CHECKPOINT.test(one) || isOfRun(`${name}/${one}`));
  };
  const found: string[] = [];
  for (const name of [...names].sort()) if (!(await isKnown(name))) found.push(name);
  return found;
}

/** Of one that took a step. */
async function newestCheckpoint(out: string): Promise<string | undefined> {
  return (await namesIn(join(out, CHECKPOINTS)))
    .filter((name) => CHECKPOINT.test(`${CHECKPOINTS}/${name}`) && !FIRST_CHECKPOINT.test(name))
    .map((name) => join(CHECKPOINTS, name))
    .sort()
    .at(-1);
}

/** None where there is no folder. */
function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}
