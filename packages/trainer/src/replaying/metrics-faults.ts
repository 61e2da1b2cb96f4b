// What is wrong with metrics.jsonl by itself: beside run.json, and the steps that a run of these settings has.
// Invariant: an epoch's end is of the step that its number gives, so that those of two runs are held against each other. What
// cannot be of the run is told, and not compared.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { stepsPerEpoch } from '@lockstep/tree';
import { fieldFaults, fieldFaultWords } from '../running/event-fields.js';
import type { ClusterEvent, EpochEndEvent, RunEndEvent } from '../running/events.js';
import {
  type HashRecord,
  type LoggedEvents,
  METRICS_FILE,
  readLoggedEvents,
  unreadRecords,
} from '../running/step-records.js';
import type { RunRecord } from '../storing/run-folder.js';
import type { TensorDifference } from '../storing/tensor-differences.js';

/** What is wrong with a run's records. */
export interface RecordFault {
  /** It cannot be read, so it is not compared; it says something else than another record; it should be there. */
  readonly kind: 'damaged' | 'contradiction' | 'missing';
  /** From the run's folder. */
  readonly file: string;
  /** Null where it is of no step. */
  readonly step: number | null;
  /** What is wrong, in words that name the file. */
  readonly message: string;
  /** Of two files that hold the same tensors and contradict each other, all that differ. */
  readonly differences: readonly TensorDifference[];
}

/** What metrics.jsonl holds, if it is a file. */
export interface Logged extends LoggedEvents {
  readonly isFile: boolean;
}

/** @throws ConfigError if the file is there and cannot be read */
export async function readLogged(out: string): Promise<Logged> {
  const found = await stat(join(out, METRICS_FILE)).catch(() => undefined);
  if (!found || found.isFile()) return { ...(await readLoggedEvents(out)), isFile: true };
  return { events: [], lines: [], damagedLines: [], isTorn: false, isThere: true, isFile: false };
}

/** What is wrong with metrics.jsonl alone; checkpoints are not read. */
export async function readMetricsFaults(out: string, record: RunRecord): Promise<RecordFault[]> {
  const logged = await readLogged(out);
  return [...metricsOf(logged, record).faults, ...lackingEpochs(logged, record)];
}

/** A hash that should stand there and does not, and why, in words. */
export interface UnreadRecord extends Omit<HashRecord, 'hash'> {
  readonly fault: string;
}

interface Metrics {
  /** What can be compared, without the fields that cannot. */
  readonly events: readonly ClusterEvent[];
  readonly unread: readonly UnreadRecord[];
  readonly faults: readonly RecordFault[];
}

/** What of it can be compared, and what is wrong with it. */
export function metricsOf(logged: Logged, record: RunRecord): Metrics {
  const faults = fileFaults(logged);
  const unread: UnreadRecord[] = [];
  const told: ToldLine[] = [];
  const events = logged.events.flatMap((event, i): ClusterEvent[] => {
    const { used, wrong } = checked(event, record);
    faults.push(...wrong);
    if (!used) return [];
    const { whole, damage } = soundFields(used, logged.lines[i]!);
    const other = whole.event === 'run-start' ? otherSetting(whole, record) : undefined;
    if (other !== undefined) faults.push(fault('contradiction', null, other));
    if (!damage) {
      told.push({ event: whole, line: logged.lines[i]! });
      return [whole];
    }
    faults.push(damage);
    const lost = unreadRecords(whole, record);
    unread.push(...lost.map(({ hash: _, ...one }) => ({ ...one, fault: damage.message })));
    return [whole];
  });
  // A run that goes on from an older checkpoint says some again.
  const all = [...faults, ...lackingMetrics(told)];
  return { events, unread, faults: [...new Map(all.map((one) => [one.message, one])).values()] };
}

interface ToldLine<E = ClusterEvent> {
  readonly event: E;
  readonly line: number;
}

/** Evaluations without a metric that others between the same starts have: from a start on, a run may tell other metrics. */
function lackingMetrics(told: readonly ToldLine[]): RecordFault[] {
  const parts: ToldLine<EpochEndEvent | RunEndEvent>[][] = [[]];
  for (const { event, line } of told) {
    if (event.event === 'run-start') parts.push([]);
    // A run that was asked to end is not evaluated there.
    const isOfEnd = event.event === 'run-end' && Object.keys(event.metrics).length > 0;
    if (event.event === 'epoch-end' || isOfEnd) parts.at(-1)!.push({ event, line });
  }
  return parts.flatMap((part) => {
    const names = new Set(part.flatMap(({ event }) => Object.keys(event.metrics)));
    return part.flatMap(({ event, line }) => {
      const lacking = [...names].filter((name) => !Object.hasOwn(event.metrics, name));
      if (lacking.length === 0) return [];
      const its = lacking.map((name) => `metrics.${name}`).join(' and ');
      const words = `tells ${nounOf(event)} without its ${its}, which others have (line ${line})`;
      return [fault('missing', event.step, words)];
    });
  });
}

/** An event without the fields that hold what they cannot, and what is wrong with them. */
function soundFields(
  event: ClusterEvent,
  line: number,
): { readonly whole: ClusterEvent; readonly damage: RecordFault | undefined } {
  const wrong = fieldFaults(event);
  if (wrong.length === 0) return { whole: event, damage: undefined };
  const names = new Set(wrong.map(({ name }) => name));
  const sound = Object.entries(event).filter(([name]) => !names.has(name));
  const step = ('step' in event && event.step) || null;
  const words = `tells ${nounOf(event)} ${fieldFaultWords(wrong)} (line ${line})`;
  return {
    whole: Object.fromEntries(sound) as unknown as ClusterEvent,
    damage: fault('damaged', Number.isSafeInteger(step) ? step : null, words),
  };
}

function nounOf(event: ClusterEvent): string {
  switch (event.event) {
    case 'run-start':
      return "the run's begin";
    case 'epoch-end':
      return `the end of epoch ${event.epoch}`;
    case 'run-end':
      return "the run's end";
    case 'checkpoint':
    case 'digest':
      return `the ${event.event} of step ${event.step}`;
    case 'error':
      return "the run's failure";
    default:
      return "the run's stop";
  }
}

function fileFaults({ damagedLines, isTorn, isThere, isFile }: Logged): RecordFault[] {
  if (!isThere) return [fault('missing', null, 'is not there: what it recorded is not compared')];
  if (!isFile) return [fault('damaged', null, 'cannot be used: it is no file')];
  const faults: RecordFault[] = [];
  if (damagedLines.length > 0) {
    const lines = damagedLines.length === 1 ? 'line' : 'lines';
    const words = `cannot be read in ${lines} ${some(damagedLines)}: what stands there is not compared`;
    faults.push(fault('damaged', null, words));
  }
  if (isTorn) faults.push(fault('missing', null, 'ends in the middle of a line'));
  return faults;
}

/** An event as it can be compared, if it can be, and what is wrong with it. */
interface Checked {
  readonly used: ClusterEvent | undefined;
  readonly wrong: readonly RecordFault[];
}

function checked(event: ClusterEvent, record: RunRecord): Checked {
  if (event.event === 'epoch-end') return checkedEpoch(event, record);
  if (event.event !== 'checkpoint' && event.event !== 'digest' && event.event !== 'run-end') {
    return { used: event, wrong: [] };
  }
  const { step } = event;
  const steps = record.config.epochs * epochSteps(record);
  if (step === undefined || (step >= 0 && step <= steps)) return { used: event, wrong: [] };
  const words = `tells of a ${event.event} at step ${step}, and the run has ${steps} steps`;
  return { used: undefined, wrong: [fault('contradiction', step, words)] };
}

function checkedEpoch(event: EpochEndEvent, record: RunRecord): Checked {
  const { epoch, step } = event;
  const { epochs } = record.config;
  if (!Number.isSafeInteger(epoch) || epoch < 1) {
    const words = `tells at step ${step} the end of an epoch that has no number`;
    return { used: undefined, wrong: [fault('damaged', step, words)] };
  }
  if (epoch > epochs) {
    const words = `tells of the end of epoch ${epoch}, and the run has ${epochs} epochs`;
    return { used: undefined, wrong: [fault('contradiction', step, words)] };
  }
  const wrong: RecordFault[] = [];
  const last = epoch * epochSteps(record);
  if (step !== last) {
    const words = `says that epoch ${epoch} ended at step ${step}, and its last is step ${last}`;
    wrong.push(fault('contradiction', last, words));
  }
  return { used: { ...event, step: last }, wrong };
}

/**
 * The epochs whose ends it does not tell, though it tells of later steps.
 *
 * @param reached the newest step that the run is known from elsewhere to have come to
 */
export function lackingEpochs(logged: Logged, record: RunRecord, reached = 0): RecordFault[] {
  if (!logged.isThere || !logged.isFile) return [];
  const { events } = metricsOf(logged, record);
  const steps = events.flatMap((one) =>
    one.event === 'epoch-end' || one.event === 'checkpoint' ? [one.step] : [],
  );
  const last = Math.floor(Math.max(0, reached, ...steps) / Math.max(1, epochSteps(record)));
  const ends = new Set(events.flatMap((one) => (one.event === 'epoch-end' ? [one.epoch] : [])));
  const lacking = Array.from({ length: last }, (_, i) => i + 1).filter((epoch) => !ends.has(epoch));
  if (lacking.length === 0) return [];
  const epochs = lacking.length === 1 ? 'epoch' : 'epochs';
  return [fault('missing', null, `tells nothing of the end of ${epochs} ${some(lacking)}`)];
}

function epochSteps({ config, dataset }: RunRecord): number {
  return stepsPerEpoch({ ...config, samples: dataset.train });
}

function fault(kind: RecordFault['kind'], step: number | null, words: string): RecordFault {
  return {
    ...{ kind, file: METRICS_FILE, step, message: `${METRICS_FILE} ${words}` },
    differences: [],
  };
}

const SHOWN = 5;

function some(numbers: readonly number[]): string {
  const rest = numbers.length > SHOWN ? ', …' : '';
  return numbers.slice(0, SHOWN).join(', ') + rest;
}

/** What run.json has since got another value of than the run began with, in words. */
function otherSetting(
  start: Extract<ClusterEvent, { event: 'run-start' }>,
  { config, dataset, arithmetic }: RunRecord,
): string | undefined {
  const { seed, batchSize, shards, epochs } = config;
  const known = { seed, batchSize, shards, epochs, arithmetic };
  const { train, test, sha256 } = dataset;
  const pairs: [name: string, began: unknown, says: unknown][] = [
    ...Object.entries(known).map(
      ([name, says]) =>
        [name, start[name as keyof typeof known], says] as [string, unknown, unknown],
    ),
    ...Object.entries({ train, test, sha256 }).map(
      ([name, says]) =>
        [`dataset.${name}`, start.dataset?.[name as 'train'], says] as [string, unknown, unknown],
    ),
  ];
  const other = pairs.find(([, began, says]) => began !== undefined && began !== says);
  return other && `says that the run began with ${other[0]} ${other[1]}, run.json has ${other[2]}`;
}
