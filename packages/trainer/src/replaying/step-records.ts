// What a run's folder recorded of its steps, as far as that can be compared with what is computed again: hashes of weights and
// digests of states, each with the place where it stands.
// Invariant: only read. The run may go on meanwhile, so a last line that is not whole yet is left out.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError } from '@lockstep/errors';
import { stepsPerEpoch } from '@lockstep/tree';
import type { ClusterEvent } from '../running/events.js';
import type { RunRecord } from '../storing/run-folder.js';

/** One thing that was recorded of one step. */
export interface StepRecord {
  readonly step: number;
  /** SHA-256 of the parameters alone, as the weights hash is, or of the whole state. */
  readonly what: 'weights' | 'state';
  readonly hash: string;
  /** Where, in words that follow “recorded”: `at epoch 2's end`. */
  readonly place: string;
}

/**
 * Of metrics.jsonl, each once, in the order of steps.
 *
 * @throws ConfigError if the file is there and cannot be read
 */
export async function readStepRecords(out: string, run: RunRecord): Promise<StepRecord[]> {
  const path = join(out, 'metrics.jsonl');
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return '';
    throw new ConfigError(`run: cannot read ${path}: ${cause.message}`, { cause });
  });
  return uniqueRecords(text.split('\n').flatMap((line) => recordOf(run, line) ?? []));
}

/** Each once, in the order of steps: a run that goes on from an older checkpoint says some again. */
export function uniqueRecords(records: readonly StepRecord[]): StepRecord[] {
  const byText = new Map(records.map((record) => [JSON.stringify(record), record]));
  return [...byText.values()].sort((a, b) => a.step - b.step);
}

/** The records of each step, in the order of steps. */
export function byStep(records: readonly StepRecord[]): Map<number, StepRecord[]> {
  const found = new Map<number, StepRecord[]>();
  for (const record of records) {
    const ofStep = found.get(record.step);
    if (ofStep) ofStep.push(record);
    else found.set(record.step, [record]);
  }
  return found;
}

function recordOf(run: RunRecord, line: string): StepRecord | undefined {
  const event = parsed(line);
  if (!event || !('step' in event) || !Number.isSafeInteger(event.step)) return undefined;
  const { step } = event;
  switch (event.event) {
    case 'epoch-end':
      return known({
        ...{ step, what: 'weights', hash: event.weightsHash },
        place: `at epoch ${event.epoch}'s end`,
      });
    case 'run-end':
      return known({
        ...{ step: givenStep(run, event), what: 'weights', hash: event.weightsHash },
        place: "at the run's end",
      });
    case 'checkpoint':
      return known({ step, what: 'state', hash: event.digest, place: 'with its checkpoint' });
    case 'digest':
      return known({ step, what: 'state', hash: event.digest, place: 'by its workers' });
    default:
      return undefined;
  }
}

/** Of which step the weights are that a run gave. */
function givenStep(
  { config, dataset }: RunRecord,
  { step, bestEpoch }: { readonly step: number; readonly bestEpoch: number | null },
): number {
  if (config.stopping?.keep !== 'best' || !Number.isSafeInteger(bestEpoch)) return step;
  return bestEpoch! * stepsPerEpoch({ ...config, samples: dataset.train });
}

/** Runs of before a digest was told with each checkpoint have none there. */
function known(record: StepRecord): StepRecord | undefined {
  return typeof record.hash === 'string' ? record : undefined;
}

function parsed(line: string): ClusterEvent | undefined {
  try {
    return Object(JSON.parse(line));
  } catch {
    return undefined;
  }
}
