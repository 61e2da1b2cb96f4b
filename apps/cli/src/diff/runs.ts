// Two runs, beside each other: first by what they are, then by what both recorded, then by computing both.
import { resolve } from 'node:path';
import {
  allStepRecords,
  findParting,
  haveSameStates,
  type KnownParting,
  knownParting,
  type Parting,
  readRun,
  settingDifferences,
} from '@lockstep/trainer';
import { isInputError } from '../errors.js';
import { computing } from '../replay/command.js';
import { journalOf, openRun, type ReplayFlags } from '../replay/open-run.js';
import type { Session } from '../session.js';

interface Paths {
  readonly left: string;
  readonly right: string;
}

interface DiffFlags extends ReplayFlags {
  readonly exact: boolean;
}

/** @throws what reading and computing them throw */
export async function diffRuns(paths: Paths, flags: DiffFlags, session: Session): Promise<void> {
  const { reporter, now, screen, markFailed } = session;
  const [left, right] = [await readRun(paths.left), await readRun(paths.right)];
  const settings = settingDifferences(left, right);
  const isOneRun = settings.length === 0;
  const [ours, theirs] = [
    await allStepRecords(paths.left, left, await journalOf(paths.left, screen)),
    await allStepRecords(paths.right, right, await journalOf(paths.right, screen)),
  ];
  const isWhole = haveSameStates(left.config, right.config);
  const known = knownParting(ours, theirs, isWhole ? ['weights', 'state'] : ['weights']);
  const until = flags.exact || isOneRun ? searchedUntil(known, flags.exact) : undefined;
  const { computed = null, notComputed = null } =
    until === undefined
      ? { notComputed: whyNot(known) }
      : await computedParting(paths, { known, until, isOneRun }, flags, session);
  const isSame = isOneRun && known.parting === null && (computed?.step ?? null) === null;
  reporter.report({
    ...{ event: 'compared', time: now().toISOString(), kind: 'runs' },
    ...{ left: resolve(paths.left), right: resolve(paths.right), isSame, settings },
    known: {
      same: known.same.at(-1) ?? null,
      parting: known.parting,
      reached: known.reached,
    },
    ...{ computed, notComputed },
  });
  if (!isSame) markFailed();
}

/** The step up to which it is worth computing; undefined where that would say nothing more. */
function searchedUntil({ parting, reached }: KnownParting, exact: boolean): number | undefined {
  if (parting) return parting.step;
  const both = Math.min(reached.left ?? 0, reached.right ?? 0);
  return exact && both > 0 ? both : undefined;
}

/** Of runs whose settings differ, which nobody asked to compute; null where computing would say nothing more. */
function whyNot({ parting }: KnownParting): string | null {
  if (!parting || parting.step === 0) return null;
  return 'their settings differ; --exact finds the step at which they part';
}

interface Search {
  readonly known: KnownParting;
  readonly until: number;
  readonly isOneRun: boolean;
}

/** What has not been asked for may fail: the data of a run may be gone, and what is known without it stands. */
async function computedParting(
  paths: Paths,
  search: Search,
  flags: DiffFlags,
  session: Session,
): Promise<{ computed?: Parting; notComputed?: string }> {
  try {
    return { computed: await compute(paths, search, flags, session) };
  } catch (error) {
    if (flags.exact || !isInputError(error)) throw error;
    return { notComputed: (error as Error).message };
  }
}

async function compute(
  paths: Paths,
  { known, until, isOneRun }: Search,
  flags: DiffFlags,
  session: Session,
): Promise<Parting> {
  const left = await openRun('diff', paths.left, flags, session);
  try {
    const right = await openRun('diff', paths.right, flags, session);
    try {
      const { same, parting } = known;
      return await computing(left, until, session, () =>
        findParting(left, right, { same, differs: until, recorded: parting, isOneRun }),
      );
    } finally {
      await right.close();
    }
  } finally {
    await left.close();
  }
}
