// Where two runs part by what is known of them without computing: hashes and digests that both recorded of the same steps.
import { type RunConfig, type StateLayout, stateLayoutOf } from '@lockstep/core/internal';
import { RunFolder, type RunRecord } from '../storing/run-folder.js';
import { IN_CHECKPOINT } from './comparison.js';
import { SavedStates } from './saved-states.js';
import { StateHashes } from './state-hashes.js';
import { byStep, readStepRecords, type StepRecord, uniqueRecords } from './step-records.js';

/** The first step of which two runs recorded different things. */
export interface RecordedParting {
  readonly step: number;
  readonly left: StepRecord;
  readonly right: StepRecord;
}

/** What the records of two runs say of where they part. */
export interface KnownParting {
  /** Steps of which all that both recorded is the same, up to the parting, in order. */
  readonly same: readonly number[];
  /** Null where no step is known at which they differ. */
  readonly parting: RecordedParting | null;
  /** The newest step that each has recorded anything of; null where it has nothing. */
  readonly reached: { readonly left: number | null; readonly right: number | null };
}

/**
 * All that a run's folder recorded of its steps: in its metrics, and what its checkpoints hold.
 *
 * @param more what is recorded elsewhere, as in a cluster's journal
 */
export async function allStepRecords(
  out: string,
  record: RunRecord,
  more: readonly StepRecord[] = [],
): Promise<StepRecord[]> {
  const saved = new SavedStates(new RunFolder(out), record);
  const layout = stateLayoutOf(record.config);
  const held: StepRecord[] = [];
  for (const one of await saved.list()) {
    const snapshot = await saved.read(one);
    if (!snapshot) continue;
    const hashes = new StateHashes(layout, snapshot.step, snapshot.state);
    for (const what of ['weights', 'state'] as const) {
      held.push({ step: one.step, what, hash: await hashes.of(what), place: IN_CHECKPOINT });
    }
  }
  return uniqueRecords([...(await readStepRecords(out, record)), ...more, ...held]);
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

/** @param comparable what of their states can be compared: weights alone where they are of different forms */
export function knownParting(
  left: readonly StepRecord[],
  right: readonly StepRecord[],
  comparable: readonly StepRecord['what'][] = ['weights', 'state'],
): KnownParting {
  const reached = { left: left.at(-1)?.step ?? null, right: right.at(-1)?.step ?? null };
  const others = byStep(right);
  const same: number[] = [];
  for (const [step, ones] of byStep(left)) {
    const pairs = comparable.flatMap((what) => pairOf(what, ones, others.get(step) ?? []) ?? []);
    const parted = pairs.find((pair) => pair.left.hash !== pair.right.hash);
    if (parted) return { same, parting: { step, ...parted }, reached };
    if (pairs.length > 0) same.push(step);
  }
  return { same, parting: null, reached };
}

/** What both recorded of one step. Where one recorded it twice and not the same, any that agree count. */
function pairOf(
  what: StepRecord['what'],
  ...sides: readonly [left: readonly StepRecord[], right: readonly StepRecord[]]
): Omit<RecordedParting, 'step'> | undefined {
  const [ones, others] = sides.map((records) => records.filter((record) => record.what === what));
  const pairs = ones!.flatMap((left) => others!.map((right) => ({ left, right })));
  return pairs.find(({ left, right }) => left.hash === right.hash) ?? pairs[0];
}
