// All that a run's folder says of its steps, held against each other: what metrics.jsonl and a cluster's journal recorded, what
// the checkpoints hold, and what the run gave at its end.
// Invariant: nothing is passed over without a word. What cannot be read, what is missing and what contradicts is told by the
// file's name; which of two that contradict each other is right, only computing tells.
import { readdir } from 'node:fs/promises';
import { basename } from 'node:path';
import { EPOCH_LOSS, stateLayoutOf } from '@lockstep/core/internal';
import { type Ending, endingOf } from '../running/ending.js';
import type { ClusterEvent, EpochEndEvent } from '../running/events.js';
import { StateHashes } from '../running/state-hashes.js';
import {
  byStep,
  METRICS_FILE,
  metricRecord,
  type StepRecord,
  stepRecordsOf,
  uniqueRecords,
} from '../running/step-records.js';
import { RunFolder, type RunRecord, WEIGHTS } from '../storing/run-folder.js';
import { type TensorDifference, tensorDifferences } from '../storing/tensor-differences.js';
import { IN_CHECKPOINT, networkTensors } from './comparison.js';
import { givenRecords, networkPart, readGivenWeights, stepOfGiven } from './given-weights.js';
import { lackingEpochs, metricsOf, type RecordFault, readLogged } from './metrics-faults.js';
import { SavedStates } from './saved-states.js';

export { type RecordFault, readMetricsFaults } from './metrics-faults.js';

export interface Evidence {
  /** In the order of steps. */
  readonly records: readonly StepRecord[];
  readonly faults: readonly RecordFault[];
  /** Undefined where no end is on record: the run goes on, or was killed. */
  readonly ending: Ending | undefined;
}

/** What is known of a run from elsewhere than its folder's metrics, checkpoints and weights. */
export interface MoreEvidence {
  readonly records?: readonly StepRecord[];
  readonly faults?: readonly RecordFault[];
}

/**
 * @param more as in a cluster's journal
 * @throws ConfigError if what is there cannot be opened
 */
export async function readEvidence(
  out: string,
  record: RunRecord,
  { records: more = [], faults: moreFaults = [] }: MoreEvidence = {},
): Promise<Evidence> {
  const found = new Found(out, record);
  // What was saved before its line was written is not yet missing there.
  const saved = await found.steps();
  const logged = await readLogged(out);
  const ending = endingOf(logged.events);
  const metrics = metricsOf(logged, record);
  await found.readCheckpoints(metrics.events);
  const usable = found.records.filter(({ step }) => saved.has(step)).map(({ step }) => step);
  const told = [...stepRecordsOf(metrics.events, record), ...more];
  await found.readWeights([...told, ...found.records], ending);
  const records = uniqueRecords([...told, ...found.records]);
  return {
    records,
    ending,
    faults: [
      ...metrics.faults,
      ...lackingEpochs(logged, record, Math.max(0, ...usable)),
      ...moreFaults,
      ...found.faults,
      ...missingFiles(metrics.events, ending, await found.names()),
      ...contradictions(records).map((fault) => found.explained(fault)),
    ],
  };
}

/** What files with tensors hold. */
class Found {
  readonly records: StepRecord[] = [];
  readonly faults: RecordFault[] = [];
  readonly #out: string;
  readonly #record: RunRecord;
  readonly #saved: SavedStates;
  readonly #folder: RunFolder;
  /** The step that the run's weights are of, and how its checkpoint differs from them, which are to the right. */
  #givenStep: number | undefined;
  #differences: readonly TensorDifference[] = [];

  constructor(out: string, record: RunRecord) {
    this.#out = out;
    this.#record = record;
    this.#folder = new RunFolder(out);
    this.#saved = new SavedStates(this.#folder, record);
  }

  /** Of all that is in the folder, and in the one with its checkpoints. */
  async names(): Promise<ReadonlySet<string>> {
    const checkpoints = await this.#saved.list();
    const names = await readdir(this.#out);
    return new Set([...names, ...checkpoints.map(({ path }) => nameOf(path))]);
  }

  /** Those that checkpoints are named by. */
  async steps(): Promise<ReadonlySet<number>> {
    return new Set((await this.#saved.list()).map(({ step }) => step));
  }

  async readCheckpoints(events: readonly ClusterEvent[]): Promise<void> {
    const layout = stateLayoutOf(this.#record.config);
    for (const one of await this.#saved.list()) {
      const file = nameOf(one.path);
      const snapshot = await this.#saved.read(one);
      if (snapshot === undefined) continue;
      const hashes =
        typeof snapshot === 'object'
          ? new StateHashes(layout, snapshot.step, snapshot.state)
          : undefined;
      const fault = typeof snapshot === 'string' ? snapshot : await hashes!.fault();
      if (fault !== undefined) {
        this.#damaged(file, one.step, fault.replaceAll(`checkpoint ${one.path}: `, ''));
        continue;
      }
      const at = { step: one.step, place: IN_CHECKPOINT, file };
      for (const what of new Set(['weights', networkPart(this.#record), 'state'] as const)) {
        this.records.push({ ...at, what, hash: await hashes!.of(what) });
      }
      const loss = hashes!.state.sums.get(EPOCH_LOSS);
      const epoch = events.find(
        (event): event is EpochEndEvent => event.event === 'epoch-end' && event.step === one.step,
      );
      if (epoch && loss !== undefined && epoch.samples > 0) {
        this.records.push(metricRecord('trainLoss', loss / epoch.samples, at));
      }
    }
  }

  /** @param known all that else is recorded */
  async readWeights(known: readonly StepRecord[], ending: Ending | undefined): Promise<void> {
    const weights = await readGivenWeights(this.#out, this.#record);
    if (weights === undefined) return;
    if (typeof weights === 'string') return this.#damaged(WEIGHTS, null, weights);
    if (!weights.isModel) {
      const message = `${WEIGHTS} does not say of which network it is: it was altered, or an older version wrote it`;
      this.faults.push({ kind: 'damaged', file: WEIGHTS, step: null, message, differences: [] });
    }
    const { hashes } = weights;
    const step =
      stepOfGiven(this.#record, ending) ??
      known.findLast(({ what, hash }) => what === 'weights' && hash === hashes.weights)?.step;
    if (step === undefined) {
      return this.#damaged(
        WEIGHTS,
        null,
        `${METRICS_FILE} tells no end, and nothing of weights ${short(hashes.weights)}, so nobody knows of which step they are`,
      );
    }
    this.#givenStep = step;
    this.records.push(...givenRecords(this.#record, weights, step));
    const there = (await this.#saved.list()).find((one) => one.step === step);
    const snapshot = there && (await this.#saved.read(there));
    if (typeof snapshot !== 'object') return;
    const tensors = networkTensors(snapshot.state);
    this.#differences = tensorDifferences(tensors, weights.tensors);
  }

  /** With the tensors that differ, where two files that contradict each other hold them. */
  explained(fault: RecordFault): RecordFault {
    const isOfGiven = fault.step === this.#givenStep && fault.message.includes(WEIGHTS);
    return isOfGiven ? { ...fault, differences: this.#differences } : fault;
  }

  #damaged(file: string, step: number | null, reason: string): void {
    const message = `${file} cannot be used: ${reason}`;
    this.faults.push({ kind: 'damaged', file, step, message, differences: [] });
  }
}

function nameOf(path: string): string {
  return `checkpoints/${basename(path)}`;
}

function missingFiles(
  events: readonly ClusterEvent[],
  ending: Ending | undefined,
  names: ReadonlySet<string>,
): RecordFault[] {
  const faults: RecordFault[] = [];
  const lacks = (file: string, step: number | null, message: string): void => {
    if (!names.has(file)) faults.push({ kind: 'missing', file, step, message, differences: [] });
  };
  // One without its path is told as damaged.
  const newest = events.findLast((event) => event.event === 'checkpoint' && 'path' in event);
  if (newest?.event === 'checkpoint') {
    const file = nameOf(newest.path.replaceAll('\\', '/'));
    const message = `${file} is not there, though ${METRICS_FILE} says that it was saved last`;
    lacks(file, newest.step, message);
  }
  if (ending?.event === 'run-end') {
    lacks(WEIGHTS, null, `${WEIGHTS} is not there, though the run came to its end`);
  }
  return faults;
}

/** Of each step, what is recorded more than once and not the same. The file that fewest agree with is the one to look at. */
function contradictions(records: readonly StepRecord[]): RecordFault[] {
  return [...byStep(records)].flatMap(([step, ones]) =>
    [...new Set(ones.map(({ what }) => what))].flatMap((what): RecordFault[] => {
      const ofKind = ones.filter((one) => one.what === what);
      const said = [...new Set(ofKind.map(({ hash }) => hash))].map((hash) =>
        ofKind.filter((one) => one.hash === hash),
      );
      if (said.length === 1) return [];
      const words = said.toSorted((a, b) => b.length - a.length).map(recordsWords);
      // Of as many each, the one that holds numbers.
      const weight = (records: readonly StepRecord[]): number =>
        2 * records.length + (records[0]!.file === METRICS_FILE ? 1 : 0);
      const { file } = said.toSorted((a, b) => weight(a) - weight(b))[0]![0]!;
      const message = `step ${step}: ${what.replace(/^metric /, '')} ${words.join(', but ')}`;
      return [{ kind: 'contradiction', file, step, message, differences: [] }];
    }),
  );
}

/** Of those that say the same. */
function recordsWords([first, ...more]: readonly StepRecord[]): string {
  const { place, file } = first!;
  const where = place.includes(file) ? place : `${place} (${file})`;
  const others = more.length === 0 ? '' : ` and ${more.length} more`;
  return `${valueWords(first!)} ${where}${others}`;
}

const VALUE_CHARACTERS = 40;

/** A hash by its first digits; a number as it is. */
export function valueWords({ what, hash }: Pick<StepRecord, 'what' | 'hash'>): string {
  if (!what.startsWith('metric ')) return short(hash);
  return hash.length > VALUE_CHARACTERS ? `${hash.slice(0, VALUE_CHARACTERS)}…` : hash;
}

function short(hash: string): string {
  return `${hash.slice(0, 8)}…`;
}
