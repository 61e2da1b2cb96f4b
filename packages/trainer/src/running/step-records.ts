// What a run recorded of its steps, as far as that can be compared with what is computed again, or with what another run
// recorded: hashes of weights, digests of states and numbers of evaluations, each with the place where it stands.
// Invariant: only read. The run may go on meanwhile, so a last line that is not whole yet is left out.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError } from '@lockstep/errors';
import { stepsPerEpoch } from '@lockstep/tree';
import type { RunRecord } from '../storing/run-folder.js';
import type { ClusterEvent, EpochEndEvent, RunEndEvent } from './events.js';

/** What is hashed of a state: the parameters alone, with the network's buffers, or all of it. */
export type HashedPart = 'weights' | 'network' | 'state';

/** One thing that was recorded of one step. */
export interface StepRecord {
  readonly step: number;
  /** What is hashed, or which number was told: `metric testLoss`, `metric metrics.f1`. */
  readonly what: HashedPart | `metric ${string}`;
  /** SHA-256 in hex: of the parameters as the weights hash is. Of a metric its value as JSON. */
  readonly hash: string;
  /** Where, in words that follow “recorded”: `at epoch 2's end`. */
  readonly place: string;
  /** From the run's folder. */
  readonly file: string;
}

/** One that can be compared with a state. */
export type HashRecord = StepRecord & { readonly what: HashedPart };

/** What metrics.jsonl holds. */
export interface LoggedEvents {
  readonly events: readonly ClusterEvent[];
  /** The number of the line of each, from 1. */
  readonly lines: readonly number[];
  /** Numbers of the lines that are no events, from 1. */
  readonly damagedLines: readonly number[];
  /** Whether its last line has no end: the run is writing it, or was killed at it. */
  readonly isTorn: boolean;
  readonly isThere: boolean;
}

export const METRICS_FILE = 'metrics.jsonl';

/** @throws ConfigError if the file is there and cannot be read */
export async function readLoggedEvents(out: string): Promise<LoggedEvents> {
  const path = join(out, METRICS_FILE);
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return undefined;
    throw new ConfigError(`run: cannot read ${path}: ${cause.message}`, { cause });
  });
  const texts = (text ?? '').split('\n');
  const last = texts.pop()!;
  const events: ClusterEvent[] = [];
  const lines: number[] = [];
  const damagedLines: number[] = [];
  for (const [i, line] of texts.entries()) {
    const event = parsed(line);
    if (event) {
      events.push(event);
      lines.push(i + 1);
    } else damagedLines.push(i + 1);
  }
  return { events, lines, damagedLines, isTorn: last !== '', isThere: text !== undefined };
}

/**
 * Of metrics.jsonl, each once, in the order of steps.
 *
 * @throws ConfigError if the file is there and cannot be read
 */
export async function readStepRecords(out: string, run: RunRecord): Promise<StepRecord[]> {
  return stepRecordsOf((await readLoggedEvents(out)).events, run);
}

/** Each once, in the order of steps. */
export function stepRecordsOf(events: readonly ClusterEvent[], run: RunRecord): StepRecord[] {
  return uniqueRecords(events.flatMap((event) => recordsOf(run, event)));
}

/** The hashes that an event should tell and does not: what of which step they would be of, and where. */
export function unreadRecords(event: ClusterEvent, run: RunRecord): HashRecord[] {
  const none = { weightsHash: '', digest: '' };
  const whole = recordsOf(run, { ...none, ...event });
  return whole.filter(isHashed).filter(({ hash }) => hash === '');
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

/** Whether it can be compared with a state, rather than with an evaluation. */
export function isHashed(record: StepRecord): record is HashRecord {
  return !record.what.startsWith('metric ');
}

/** Of which step the weights are that a run gave. */
export function givenStep(
  { config, dataset }: RunRecord,
  { step, bestEpoch }: Pick<RunEndEvent, 'step' | 'bestEpoch'>,
): number {
  if (config.stopping?.keep !== 'best' || !Number.isSafeInteger(bestEpoch)) return step;
  return bestEpoch! * stepsPerEpoch({ ...config, samples: dataset.train });
}

function recordsOf(run: RunRecord, event: ClusterEvent): StepRecord[] {
  if (!('step' in event)) return [];
  const { step } = event;
  switch (event.event) {
    case 'epoch-end': {
      const { trainLoss } = event;
      const at = { step: event.step, place: `at epoch ${event.epoch}'s end` };
      return [
        ...hashed('weights', event.weightsHash, at),
        ...told({ trainLoss }, at),
        ...evaluated(event, at),
      ];
    }
    case 'run-end': {
      const at = { step: givenStep(run, event), place: "at the run's end" };
      return [...hashed('weights', event.weightsHash, at), ...evaluated(event, at)];
    }
    case 'checkpoint':
      return hashed('state', event.digest, { step: step!, place: 'with its checkpoint' });
    case 'digest':
      return hashed('state', event.digest, { step: step!, place: 'by its workers' });
    default:
      return [];
  }
}

type Place = Pick<StepRecord, 'step' | 'place'>;

/** Where no hash stands there is nothing to compare with; `unreadRecords` tells of that. */
function hashed(what: HashedPart, hash: unknown, at: Place): StepRecord[] {
  if (typeof hash !== 'string') return [];
  return [{ step: at.step, what, hash, place: at.place, file: METRICS_FILE }];
}

function evaluated(
  { testLoss, testAccuracy, metrics }: Pick<EpochEndEvent, 'testLoss' | 'testAccuracy' | 'metrics'>,
  at: Place,
): StepRecord[] {
  const others = Object.entries(Object(metrics)).map(([name, value]) => [`metrics.${name}`, value]);
  return told({ testLoss, testAccuracy, ...Object.fromEntries(others) }, at);
}

function told(values: Readonly<Record<string, unknown>>, at: Place): StepRecord[] {
  return Object.entries(values).flatMap(([name, value]): StepRecord[] =>
    value === undefined ? [] : [metricRecord(name, value, { ...at, file: METRICS_FILE })],
  );
}

export function metricRecord(
  name: string,
  value: unknown,
  at: Pick<StepRecord, 'step' | 'place' | 'file'>,
): StepRecord {
  return {
    ...{ step: at.step, what: `metric ${name}`, hash: JSON.stringify(value) },
    ...{ place: at.place, file: at.file },
  };
}

/** Events that say something of a step. */
const OF_STEPS: readonly string[] = ['epoch-end', 'run-end', 'checkpoint', 'digest'];

function parsed(line: string): ClusterEvent | undefined {
  try {
    const event: Partial<ClusterEvent & { readonly step: number }> = Object(JSON.parse(line));
    if (typeof event.event !== 'string') return undefined;
    const isWhole = !OF_STEPS.includes(event.event) || Number.isSafeInteger(event.step);
    return isWhole ? (event as ClusterEvent) : undefined;
  } catch {
    return undefined;
  }
}
