// What events always have that a run's records are held against each other by: one table, of each kind all its fields.
// Invariant: the table is complete by the types of events.ts: a field more there does not compile without one here. Not a schema
// of other events: nothing is compared with what they say.
import type { Stopped } from '@lockstep/core';
import type { ClusterEvent, EpochEndEvent } from './events.js';

/** What a field may hold. */
interface Field {
  /** In words that follow “expected”. */
  readonly words: string;
  has(value: unknown): boolean;
}

type HeldKind =
  | ('run-start' | 'epoch-end' | 'checkpoint' | 'digest')
  | ('run-end' | 'error' | 'interrupted');

type FieldsOf<E> = { readonly [F in Exclude<keyof E, 'event'>]-?: Field };

type Table = { readonly [K in HeldKind]: FieldsOf<Extract<ClusterEvent, { readonly event: K }>> };

/** Metrics hold lists in lists; deeper than this no run tells them. */
const MAX_DEPTH = 32;

const STOPPED: Readonly<Record<Stopped, true>> = {
  ...{ epochs: true, patience: true, target: true, asked: true, time: true },
};

const text: Field = { words: 'a text', has: (value) => typeof value === 'string' };
const number: Field = { words: 'a number', has: (value) => Number.isFinite(value) };
const count: Field = {
  words: 'a whole number',
  has: (value) => Number.isSafeInteger(value) && (value as number) >= 0,
};
const metrics: Field = { words: 'metrics by name', has: (value) => isByName(value, isMetric) };
const dataset: Field = {
  words: 'a dataset',
  has: (value) => {
    const { name, train, test, sha256 } = Object(value);
    return [name, sha256].every(text.has) && [train, test].every(count.has);
  },
};
const stopped: Field = {
  words: Object.keys(STOPPED).join(', '),
  has: (value) => typeof value === 'string' && Object.hasOwn(STOPPED, value),
};

const evaluation = { testLoss: orNull(number), testAccuracy: orNull(number), metrics };
const spent = { samples: count, seconds: number, samplesPerSecond: number };

const TABLE: Table = {
  'run-start': {
    ...{ time: text, run: text, dataset, parameters: count, seed: count, batchSize: count },
    ...{ shards: count, workers: count, epochs: count, step: count, kernels: text, engine: text },
    // Runs of before it had a name have none.
    arithmetic: orNone(text),
  },
  'epoch-end': {
    ...{ time: text, epoch: count, step: count, weightsHash: text, trainLoss: number },
    ...evaluation,
    ...spent,
  },
  checkpoint: { time: text, step: count, path: text, digest: text },
  digest: { time: text, step: count, digest: text },
  'run-end': {
    ...{ time: text, step: count, weightsHash: text, ...evaluation, ...spent },
    ...{ stopped, bestEpoch: orNull(count), out: orNull(text) },
  },
  error: { time: text, code: text, message: text, step: orNone(count) },
  interrupted: { time: text, step: count, saved: count, reason: text },
};

/** A field that an event lacks, or that holds what it cannot. */
interface FieldFault {
  readonly name: string;
  /** What stands there; undefined where nothing does. */
  readonly value: unknown;
  readonly expected: string;
}

/** Of a kind that is held against others; of other kinds none. */
export function fieldFaults(event: ClusterEvent): FieldFault[] {
  if (!Object.hasOwn(TABLE, event.event)) return [];
  const values = new Map(Object.entries(event));
  const fields = Object.entries<Field>(TABLE[event.event as HeldKind]);
  const faults = fields.flatMap(([name, field]) => {
    const value = values.get(name);
    return field.has(value) ? [] : [{ name, value, expected: field.words }];
  });
  const isEvaluation = event.event === 'epoch-end' || event.event === 'run-end';
  return faults.length === 0 && isEvaluation ? halves(event) : faults;
}

/** The loss and the accuracy of test data stand in an event twice, so that each says that the other is lost. */
function halves({
  testLoss,
  testAccuracy,
  metrics: { loss, accuracy },
}: Pick<EpochEndEvent, 'testLoss' | 'testAccuracy' | 'metrics'>): FieldFault[] {
  const pairs = [
    ['testLoss', testLoss, 'loss', loss],
    ['testAccuracy', testAccuracy, 'accuracy', accuracy],
  ] as const;
  return pairs.flatMap(([name, value, metric, other = null]) => {
    if ((value === null) === (other === null)) return [];
    const expected = 'a number, as it stands there twice';
    if (value === null) return [{ name, value, expected }];
    const told = metric === 'loss' ? loss : accuracy;
    return [{ name: `metrics.${metric}`, value: told, expected }];
  });
}

const SHOWN_CHARACTERS = 40;

/** e.g. `without its weightsHash and with testLoss "no", expected a number or null` */
export function fieldFaultWords(faults: readonly FieldFault[]): string {
  const lacking = faults.filter(({ value }) => value === undefined).map(({ name }) => name);
  const wrong = faults.filter(({ value }) => value !== undefined);
  return [
    ...(lacking.length === 0 ? [] : [`without its ${lacking.join(' and ')}`]),
    ...wrong.map(({ name, value, expected }) => {
      const said = JSON.stringify(value);
      const rest = said.length > SHOWN_CHARACTERS ? '…' : '';
      return `with ${name} ${said.slice(0, SHOWN_CHARACTERS)}${rest}, expected ${expected}`;
    }),
  ].join(', and ');
}

function orNull(field: Field): Field {
  return {
    words: `${field.words} or null`,
    has: (value) => value === null || field.has(value),
  };
}

function orNone(field: Field): Field {
  return { words: field.words, has: (value) => value === undefined || field.has(value) };
}

function isMetric(value: unknown, depth = 0): boolean {
  if (value === null || number.has(value)) return true;
  if (depth === MAX_DEPTH) return false;
  const isInside = (one: unknown): boolean => isMetric(one, depth + 1);
  return Array.isArray(value) ? value.every(isInside) : isByName(value, isInside);
}

function isByName(value: unknown, isOne: (one: unknown) => boolean): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((one) => isOne(one));
}
