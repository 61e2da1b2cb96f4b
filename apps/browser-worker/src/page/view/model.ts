// All that the page shows, as one value, and what it shows of that in words. Pure.
import type { Intent, Standing } from '../crew/intent.js';
import type { Report } from '../crew/messages.js';
import { type Lane, lineOf, newLane, withReport } from './lane.js';

export interface Line {
  readonly time: Date;
  readonly text: string;
}

export interface Model {
  readonly hasToken: boolean;
  readonly cores: number;
  readonly standing: Standing;
  readonly intent: Intent;
  readonly lanes: readonly Lane[];
  /** The newest first. */
  readonly lines: readonly Line[];
  /** What ended it. */
  readonly over: Extract<Report, { type: 'ended' | 'failed' }> | undefined;
}

const MOST_LINES = 12;

/** @param name of the thread at this place */
export function afterReport(
  model: Model,
  place: number,
  name: string,
  report: Report,
  time: Date,
): Model {
  const isLast = report.type === 'ended' || report.type === 'failed';
  const others = model.lanes.filter((lane) => lane.place !== place);
  const lane = model.lanes.find((one) => one.place === place) ?? newLane(place, name);
  const lanes = isLast ? others : [...others, withReport(lane, report)];
  const text = report.type === 'event' ? lineOf(report.event) : undefined;
  // One for all threads would be said by each of them.
  const line = text === undefined ? [] : [{ time, text: place === 0 ? text : `${name}: ${text}` }];
  return {
    ...model,
    lanes: lanes.sort((a, b) => a.place - b.place),
    lines: [...line, ...model.lines].slice(0, MOST_LINES),
  };
}

/** The first words that a person reads. */
export function headline({ hasToken, over, intent, lanes }: Model): string {
  if (!hasToken) return 'This page needs the run’s token';
  if (over) return over.type === 'failed' ? 'This page cannot go on' : 'The run is over';
  if (intent.pause !== undefined) return lanes.length > 0 ? 'Leaving' : 'Paused';
  const computing = lanes.filter(({ shards }) => shards !== undefined && shards.end > shards.first);
  if (computing.length > 0)
    return `Computing on ${computing.length} of ${countOf(intent.threads, 'thread')}`;
  return lanes.some(({ status }) => status !== undefined) ? 'Not computing yet' : 'Starting';
}

/** What stands below it. */
export function explanation({ hasToken, over, intent, lanes }: Model): string {
  if (!hasToken) return 'Open the address that the coordinator printed, or paste its token here.';
  if (over?.type === 'failed') return over.message;
  if (over)
    return over.weightsHash === undefined
      ? over.reason
      : `Its weights have the hash ${over.weightsHash}.`;
  if (intent.pause !== undefined) {
    return lanes.length > 0
      ? `Since ${intent.pause}. The coordinator takes what only this page holds.`
      : `Since ${intent.pause}. The run goes on without this page.`;
  }
  return lanes[0]?.doing ?? 'starting';
}

function countOf(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}
