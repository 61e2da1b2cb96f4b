// What a thread has told of itself, as the page shows it: pure, and bounded.
import type { WorkerEvent, WorkerStatus } from '@lockstep/worker/page';
import type { Report } from '../crew/messages.js';

/** Milliseconds a step, of some steps. */
export interface Stretch {
  readonly computeMs: number;
  readonly sendMs: number;
  readonly waitMs: number;
}

export interface Lane {
  readonly place: number;
  readonly name: string;
  readonly doing: string;
  readonly status: WorkerStatus | undefined;
  /** Its shards in the generation that runs, [first, end); undefined before, and without a link. */
  readonly shards: { readonly first: number; readonly end: number } | undefined;
  /** The newest last; at most MOST_STRETCHES. */
  readonly stretches: readonly Stretch[];
}

/** One every 200 ms at the most: half a minute. */
export const MOST_STRETCHES = 150;

export function newLane(place: number, name: string): Lane {
  return { place, name, doing: 'starting', status: undefined, shards: undefined, stretches: [] };
}

export function withReport(lane: Lane, report: Report): Lane {
  if (report.type === 'status')
    return { ...lane, status: report.status, doing: report.status.doing };
  return report.type === 'event' ? withEvent(lane, report.event) : lane;
}

function withEvent(lane: Lane, event: WorkerEvent): Lane {
  if (event.event === 'generation') {
    const { first, end } = event;
    return { ...lane, shards: { first, end } };
  }
  if (event.event === 'disconnected') return { ...lane, shards: undefined };
  if (event.event !== 'progress') return lane;
  const { computeMs, sendMs, waitMs } = event;
  const stretches = [...lane.stretches, { computeMs, sendMs, waitMs }].slice(-MOST_STRETCHES);
  return { ...lane, stretches };
}

/** What a person would want to have read of an event; undefined if the lane shows it, or it is of no interest. */
export function lineOf(event: WorkerEvent): string | undefined {
  switch (event.event) {
    case 'connected':
      return `connected to the run “${event.run}”`;
    case 'disconnected':
      return `the link is lost: ${event.reason}`;
    case 'not-connected':
      return `no connection: ${event.reason}`;
    case 'dataset':
      return event.source === 'cache'
        ? `${event.part} data of ${event.name}: kept by this browser from before`
        : `${event.part} data of ${event.name}: from the coordinator`;
    case 'joined':
      return event.step === null ? 'joined' : `joined, and brings step ${event.step}`;
    case 'without-shards':
      return `nothing to compute: ${event.reason}`;
    case 'left':
      return 'left the run, which goes on';
    case 'run-end':
      return `the run is over, at step ${event.step}`;
    default:
      return undefined;
  }
}
