// Where two runs part by what is known of them without computing: what both recorded of the same steps.
import { type RunConfig, type StateLayout, stateLayoutOf } from '@lockstep/core/internal';
import type { Ending } from '../running/ending.js';
import { byStep, isHashed, type StepRecord } from '../running/step-records.js';

/** A step of which two runs recorded different things. */
export interface RecordedParting {
  readonly step: number;
  readonly left: StepRecord;
  readonly right: StepRecord;
}

/** What the records of two runs say of where they part. */
export interface KnownParting {
  /** Steps of which all that both recorded is the same, up to the first of which something is not, in order. */
  readonly same: readonly number[];
  /**
   * The first step at which their states differ, or where none is known to, the first of which they told other numbers. Null
   * where neither is known.
   */
  readonly parting: RecordedParting | null;
  /** What else they recorded differently, up to that step. */
  readonly others: readonly RecordedParting[];
  /** The newest step that each has recorded anything of; null where it has nothing. */
  readonly reached: { readonly left: number | null; readonly right: number | null };
}

/** Whether states of two runs have the same form, so that digests of them can be compared: the same tensors in the same order. */
export function haveSameStates(left: RunConfig, right: RunConfig): boolean {
  return formOf(stateLayoutOf(left)) === formOf(stateLayoutOf(right));
}

function formOf({ tensors }: StateLayout): string {
  return JSON.stringify(
    tensors.map(({ name, layout }) => [name, layout.slots.map((slot) => [slot.name, slot.shape])]),
  );
}

/** @param isComparable what of both can be compared: of states of different forms the weights alone */
export function knownParting(
  left: readonly StepRecord[],
  right: readonly StepRecord[],
  isComparable: (record: StepRecord) => boolean = () => true,
): KnownParting {
  const reached = { left: left.at(-1)?.step ?? null, right: right.at(-1)?.step ?? null };
  const others = byStep(right.filter(isComparable));
  const same: number[] = [];
  const parted: RecordedParting[] = [];
  for (const [step, ones] of byStep(left.filter(isComparable))) {
    const pairs = pairsOf(ones, others.get(step) ?? []);
    const differing = pairs.filter((pair) => pair.left.hash !== pair.right.hash);
    parted.push(...differing.map((pair) => ({ step, ...pair })));
    if (pairs.length > 0 && parted.length === 0) same.push(step);
    if (differing.some((pair) => isHashed(pair.left))) break;
  }
  const parting = parted.find((pair) => isHashed(pair.left)) ?? parted[0] ?? null;
  return { same, parting, others: parted.filter((pair) => pair !== parting), reached };
}

type Pair = Omit<RecordedParting, 'step'>;

/**
 * What both recorded of one step, of one kind each. Where one recorded it in several places, places that both have are held
 * against each other, and what stands in one run alone against all of the other's.
 */
function pairsOf(left: readonly StepRecord[], right: readonly StepRecord[]): Pair[] {
  return left.flatMap((one) => {
    const ofKind = right.filter(({ what }) => what === one.what);
    const alike = ofKind.filter((other) => isSamePlace(one, other));
    const alone = (other: StepRecord): boolean =>
      !left.some((mine) => mine.what === other.what && isSamePlace(mine, other));
    const rivals = alike.length > 0 ? [...alike, ...ofKind.filter(alone)] : ofKind;
    return rivals.map((other) => ({ left: one, right: other }));
  });
}

function isSamePlace(one: StepRecord, other: StepRecord): boolean {
  return one.place === other.place && one.file === other.file;
}

/** How far a run is known to have come, and how it ended. */
export interface End {
  readonly ending: Ending | undefined;
  readonly reached: number | null;
}

/** Whether two runs that are the same by all that makes one cannot both have gone as they say. */
export function endsContradict(left: End, right: End): boolean {
  return denies(left, right) || denies(right, left);
}

/** Ends that the run itself comes to, wherever it is computed. */
const BY_RULE: ReadonlySet<string> = new Set(['epochs', 'patience', 'target']);

function denies({ ending }: End, other: End): boolean {
  if (ending?.event === 'error') {
    return (
      ending.code === 'non-finite' &&
      (other.reached ?? 0) > (ending.step ?? Number.POSITIVE_INFINITY)
    );
  }
  if (ending?.event !== 'run-end' || !BY_RULE.has(ending.stopped)) return false;
  const end = other.ending;
  if (end?.event !== 'run-end' || !BY_RULE.has(end.stopped)) {
    const failed = end?.event === 'error' ? end.step : undefined;
    return (other.reached ?? 0) > ending.step || (failed ?? -1) >= ending.step;
  }
  const { step, stopped, bestEpoch } = ending;
  return step !== end.step || stopped !== end.stopped || bestEpoch !== end.bestEpoch;
}
