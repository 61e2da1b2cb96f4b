// What a seed stands for: the run, the machines, and what will go wrong.
import type { AuditPlan } from '@lockstep/wire';
import type { Truth } from './oracle.js';
import { Random } from './random.js';

export interface WorkerPlan {
  readonly name: string;
  readonly threads: number;
  readonly hasUrl: boolean;
  readonly startsAt: number;
  readonly slowness: number;
  /** WorkerBounds. */
  readonly keptBytes: number;
}

/** States travel in pieces; small ones here, so that there are several. */
export const PIECE_BYTES = 200;

export type FaultKind =
  | 'kill'
  | 'power-off'
  | 'kill-coordinator'
  | 'kill-all'
  | 'freeze'
  | 'cut'
  | 'one-way'
  | 'partition'
  | 'reset'
  | 'hold'
  | 'slow'
  | 'thread'
  | 'leave'
  | 'stop'
  | 'checkpoint';

/** At a time, or when a process has done something for the nth time. */
export type Trigger =
  | { readonly type: 'time'; readonly at: number }
  | { readonly type: 'effect'; readonly label: string | undefined; readonly count: number };

export interface Fault {
  readonly kind: FaultKind;
  readonly trigger: Trigger;
}

export interface Scenario {
  readonly truth: Truth;
  readonly workers: readonly WorkerPlan[];
  readonly topology: 'auto' | 'star' | 'mesh';
  readonly minWorkers: number;
  readonly checkpointEvery: number;
  readonly digestEvery: number;
  readonly audit: AuditPlan | null;
  readonly heartbeatMs: number;
  readonly resumeGraceMs: number;
  /** Of a step on a machine of the usual speed. */
  readonly computeMs: number;
  /** Two workers, by number, that can never reach each other. */
  readonly strangers: readonly [number, number] | undefined;
  /** Two workers of a forced mesh, by number, that cannot reach each other from a time on until all is mended. */
  readonly apart:
    | { readonly workers: readonly [number, number]; readonly from: number }
    | undefined;
  /** Whether messages go through the codec. */
  readonly encodes: boolean;
  /** Nothing goes wrong any more from then on. */
  readonly calmAt: number;
  readonly faults: readonly Fault[];
}

const KINDS: readonly FaultKind[] = [
  'kill',
  'kill',
  'kill',
  'power-off',
  'kill-coordinator',
  'kill-coordinator',
  'kill-coordinator',
  'kill-all',
  'freeze',
  'freeze',
  'cut',
  'one-way',
  'partition',
  'reset',
  'reset',
  'reset',
  'hold',
  'hold',
  'slow',
  'thread',
  'leave',
  'stop',
  'checkpoint',
  'checkpoint',
];

/** Moments at which it hurts. */
const LABELS = [
  'journal',
  'save-state',
  'send-frame',
  'emit',
  'generation',
  'advance-order',
  'pause',
  'load-state',
  'take-state',
  'send-state',
  'fetch-state',
  'caught-up',
  'replay',
  'paused',
  'prepared',
  'reached',
  'progress',
  'assign',
  'advance',
  'evaluate',
  'open-links',
] as const;

export function scenarioOf(seed: number, truths: readonly Truth[]): Scenario {
  const random = new Random(seed, 1);
  const count = 1 + random.below(5);
  const topology = random.pick(['auto', 'auto', 'star', 'mesh'] as const);
  const calmAt = random.magnitude(800, 8000);
  // A few runs take long enough for the shards to be dealt again.
  const isLong = random.chance(0.03);
  const computeMs = isLong ? random.between(1000, 2500) : random.magnitude(2, 120);
  const isEarly = random.chance(0.7);
  return {
    truth: random.pick(truths),
    workers: Array.from({ length: count }, (_, i) => ({
      name: `w${i}`,
      threads: 1 + random.below(4),
      hasUrl: topology === 'mesh' || random.chance(0.85),
      startsAt: isEarly || random.chance(0.6) ? random.between(0, 50) : random.between(0, 2000),
      keptBytes: random.chance(0.5) ? random.below(4000) : 2 ** 20,
      slowness: random.chance(isLong ? 0.5 : 0.15) ? random.between(1, 6) : 1,
    })),
    topology,
    minWorkers: random.chance(0.6) ? 1 : 1 + random.below(count),
    checkpointEvery: 1 + random.below(7),
    digestEvery: 1 + random.below(4),
    audit: random.chance(0.2) ? { share: random.pick([0.3, 1]), seed: random.below(1000) } : null,
    heartbeatMs: random.pick([400, 1000]),
    resumeGraceMs: random.pick([100, 600, 2000]),
    computeMs,
    strangers:
      count > 1 && topology !== 'mesh' && random.chance(0.1)
        ? [random.below(count - 1), count - 1]
        : undefined,
    apart:
      count > 1 && topology === 'mesh' && random.chance(0.3)
        ? { workers: [random.below(count - 1), count - 1], from: random.between(0, calmAt / 2) }
        : undefined,
    encodes: random.chance(0.05),
    calmAt,
    faults: Array.from({ length: random.below(random.chance(0.3) ? 40 : 12) }, () =>
      faultOf(random, calmAt),
    ),
  };
}

function faultOf(random: Random, calmAt: number): Fault {
  const kind = random.pick(KINDS);
  const luck = random.float();
  if (luck < 0.3) {
    return { kind, trigger: { type: 'time', at: random.between(5, calmAt) } };
  }
  const label = luck < 0.7 ? random.pick(LABELS) : undefined;
  const count = Math.floor(random.magnitude(1, label ? 10 : 250));
  return { kind, trigger: { type: 'effect', label, count } };
}
