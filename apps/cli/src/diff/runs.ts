// Two runs, beside each other: first by what they are, then by what both recorded, then by computing both.
import { resolve } from 'node:path';
import { LockstepError } from '@lockstep/errors';
import {
  type Evidence,
  endsContradict,
  findParting,
  haveSameStates,
  heldDifferences,
  isHashed,
  type KnownParting,
  knownParting,
  type Parting,
  type RunRecord,
  readEvidence,
  readRun,
  type StepRecord,
  settingDifferences,
} from '@lockstep/trainer';
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

/** A run, and all that its folder says. */
interface Side {
  readonly out: string;
  readonly record: RunRecord;
  readonly evidence: Evidence;
}

/** @throws what reading and computing them throw */
export async function diffRuns(paths: Paths, flags: DiffFlags, session: Session): Promise<void> {
  const { reporter, now, markFailed } = session;
  const [left, right] = [await readSide(paths.left), await readSide(paths.right)];
  const settings = settingDifferences(left.record, right.record);
  const isOneRun = settings.length === 0;
  const known = knownParting(
    left.evidence.records,
    right.evidence.records,
    comparable(left.record, right.record),
  );
  const until = flags.exact || isOneRun ? searchedUntil(known, flags.exact) : undefined;
  const { computed = null, notComputed = null } =
    until === undefined
      ? { notComputed: whyNot(known, isOneRun) }
      : await computedParting(paths, { known, until, isOneRun }, flags, session);
  const isSame = verdict({ left, right, isOneRun, known, computed });
  const { parting, others, reached } = known;
  reporter.report({
    ...{ event: 'compared', time: now().toISOString(), kind: 'runs' },
    ...{ left: resolve(paths.left), right: resolve(paths.right), isSame, settings },
    known: {
      ...{ same: known.same.at(-1) ?? null, parting, others, reached },
      differences: (parting && !computed && (await heldDifferences(left, right, parting))) || [],
    },
    faults: { left: left.evidence.faults, right: right.evidence.faults },
    endings: { left: left.evidence.ending ?? null, right: right.evidence.ending ?? null },
    ...{ computed, notComputed },
  });
  if (isSame !== true) markFailed();
}

async function readSide(out: string): Promise<Side> {
  const record = await readRun(out);
  return { out, record, evidence: await readEvidence(out, record, await journalOf(out)) };
}

/** Of states of different forms the weights alone; evaluations on the same data. */
function comparable(left: RunRecord, right: RunRecord): (record: StepRecord) => boolean {
  const isWhole = haveSameStates(left.config, right.config);
  const isSameData = left.dataset.sha256 === right.dataset.sha256;
  return (record) => {
    if (!isHashed(record)) return isSameData;
    return isWhole || record.what !== 'state';
  };
}

interface Found {
  readonly left: Side;
  readonly right: Side;
  readonly isOneRun: boolean;
  readonly known: KnownParting;
  readonly computed: Parting | null;
}

/** @returns null where nothing is known that differs, and something could not be compared, or nothing was */
function verdict({ left, right, isOneRun, known, computed }: Found): boolean | null {
  const faults = [...left.evidence.faults, ...right.evidence.faults].map(({ kind }) => kind);
  const { reached } = known;
  const ends = [
    { ending: left.evidence.ending, reached: reached.left },
    { ending: right.evidence.ending, reached: reached.right },
  ] as const;
  const differ =
    !isOneRun ||
    known.parting !== null ||
    (computed?.step ?? null) !== null ||
    faults.includes('contradiction') ||
    endsContradict(...ends);
  if (differ) return false;
  return faults.includes('damaged') || known.same.length === 0 ? null : true;
}

/** The step up to which it is worth computing; undefined where that would say nothing more. */
function searchedUntil({ parting, reached }: KnownParting, exact: boolean): number | undefined {
  if (parting && isHashed(parting.left)) return parting.step;
  const both = Math.min(reached.left ?? 0, reached.right ?? 0);
  return exact && both > 0 ? both : undefined;
}

/** Of runs whose settings differ, which nobody asked to compute; null where computing would say nothing more. */
function whyNot({ parting }: KnownParting, isOneRun: boolean): string | null {
  if (!parting || parting.step === 0 || isOneRun) return null;
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
    const isTold = error instanceof LockstepError && !session.signal.aborted;
    if (flags.exact || !isTold) throw error;
    return { notComputed: (error as Error).message };
  }
}

/** Flags that say where data lies now are said of both runs. */
const SHARED = { operation: 'diff', isShared: true } as const;

async function compute(
  paths: Paths,
  { known, until, isOneRun }: Search,
  flags: DiffFlags,
  session: Session,
): Promise<Parting> {
  const left = await openRun({ ...SHARED, out: paths.left }, flags, session);
  try {
    const right = await openRun({ ...SHARED, out: paths.right }, flags, session);
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
