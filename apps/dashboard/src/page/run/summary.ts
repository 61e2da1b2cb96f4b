// Where a run stands, in a few numbers: from its newest sample, or where there is none, as of a run that ended long ago, from
// its events.
import type { ClusterEvent } from '@lockstep/trainer';
import type { RunInfo, Sample } from '../../contract.js';
import { WHY_STOPPED, whereStopped } from '../shell/event-words.js';
import type { RunState } from '../store/run-state.js';

/** `open`: nothing says how it ended. `unknown`: nobody answers, and it went on when it was last heard of. */
export type Standing = 'waiting' | 'training' | 'ended' | 'failed' | 'stopped' | 'open' | 'unknown';

export interface Summary {
  readonly standing: Standing;
  /** Why it ended, failed or waits; where it was stopped. */
  readonly reason: string | null;
  readonly step: number;
  readonly steps: number | null;
  readonly epoch: number | null;
  readonly epochs: number | null;
  readonly loss: number | null;
  readonly testLoss: number | null;
  readonly testAccuracy: number | null;
  readonly samplesPerSecond: number | null;
  /** While it goes on. */
  readonly secondsLeft: number | null;
  /** Of training, once it ended. */
  readonly seconds: number | null;
  readonly weightsHash: string | null;
  /** The step that the hash is of. */
  readonly hashStep: number | null;
}

type Named<N extends ClusterEvent['event']> = Extract<ClusterEvent, { event: N }>;

/** The newest event of that name. */
export function newest<N extends ClusterEvent['event']>(
  events: readonly ClusterEvent[],
  name: N,
): Named<N> | undefined {
  return events.findLast((event): event is Named<N> => event.event === name);
}

/** @param isHeard whether somebody answers who would tell what is new */
export function summarize({ info, events, latest }: RunState, isHeard = true): Summary {
  const start = newest(events, 'run-start');
  const epochEnd = newest(events, 'epoch-end');
  // A coordinator listens before there is anybody to compute.
  const ofThisSession = events.slice(Math.max(0, events.findLastIndex(isTakenUp)));
  const end = newest(ofThisSession, 'run-end');
  const evaluated = end ?? epochEnd;
  const last = newest(ofThisSession, 'error') ?? newest(ofThisSession, 'interrupted');
  const step = (end ?? last)?.step ?? latest?.step ?? epochEnd?.step ?? start?.step ?? 0;
  return {
    ...standingOf(info, ofThisSession, latest, isHeard),
    step,
    steps: latest?.steps ?? (end?.stopped === 'epochs' ? end.step : null),
    epoch:
      end === undefined ? (latest?.epoch ?? epochEnd?.epoch ?? null) : (epochEnd?.epoch ?? null),
    epochs: start?.epochs ?? null,
    loss: latest?.loss ?? epochEnd?.trainLoss ?? null,
    testLoss: evaluated?.testLoss ?? epochEnd?.testLoss ?? null,
    testAccuracy: evaluated?.testAccuracy ?? epochEnd?.testAccuracy ?? null,
    samplesPerSecond:
      end?.samplesPerSecond ?? latest?.samplesPerSecond ?? epochEnd?.samplesPerSecond ?? null,
    secondsLeft: info.isLive && isHeard && !end ? (latest?.secondsLeft ?? null) : null,
    seconds: end?.seconds ?? null,
    weightsHash: evaluated?.weightsHash ?? null,
    hashStep: evaluated?.step ?? null,
  };
}

function isTakenUp({ event }: ClusterEvent): boolean {
  return event === 'run-start' || event === 'listening';
}

function standingOf(
  { isLive }: RunInfo,
  events: readonly ClusterEvent[],
  latest: Sample | undefined,
  isHeard: boolean,
): Pick<Summary, 'standing' | 'reason'> {
  const error = newest(events, 'error');
  const end = newest(events, 'run-end');
  if (end !== undefined) {
    return { standing: 'ended', reason: WHY_STOPPED[end.stopped] ?? end.stopped };
  }
  if (error !== undefined) return { standing: 'failed', reason: error.message };
  const interrupted = newest(events, 'interrupted');
  if (interrupted !== undefined) return { standing: 'stopped', reason: whereStopped(interrupted) };
  if (!isHeard) return { standing: 'unknown', reason: 'nobody answers' };
  if (!isLive) return { standing: 'open', reason: 'it goes on elsewhere, or was killed' };
  if (latest === undefined) return { standing: 'waiting', reason: 'to begin' };
  if (!latest.waitsFor) return { standing: 'training', reason: null };
  return { standing: 'waiting', reason: latest.waitsFor.replace(/^waiting /, '') };
}
