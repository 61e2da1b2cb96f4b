// Events as marks on the lanes' axis of time.
import type { ClusterEvent } from '@lockstep/trainer';
import { kindOf } from '../shell/event-words.js';

export interface MarkStyle {
  readonly sign: string;
  /** A CSS variable. */
  readonly colour: '--good' | '--bad' | '--accent' | '--warn' | '--quiet';
  readonly name: string;
  /** Whether it goes through all lanes. */
  readonly isLong: boolean;
}

/** Events that have a place in time, by their kinds; others are told elsewhere. */
export const MARKS: Readonly<Partial<Record<ClusterEvent['event'] | 'worker-left', MarkStyle>>> = {
  'run-start': { sign: '▸', colour: '--accent', name: 'begins', isLong: true },
  'run-end': { sign: '■', colour: '--accent', name: 'ended', isLong: true },
  'worker-joined': { sign: '+', colour: '--good', name: 'joined', isLong: false },
  'worker-lost': { sign: '×', colour: '--bad', name: 'lost', isLong: true },
  'worker-left': { sign: '−', colour: '--quiet', name: 'left', isLong: false },
  recovered: { sign: '✓', colour: '--good', name: 'recovered', isLong: true },
  generation: { sign: '◆', colour: '--accent', name: 'generation', isLong: false },
  redeal: { sign: '⇄', colour: '--warn', name: 'dealt anew', isLong: false },
  threads: { sign: '≡', colour: '--warn', name: 'threads', isLong: false },
  checkpoint: { sign: '▾', colour: '--quiet', name: 'checkpoint', isLong: false },
  'epoch-end': { sign: '|', colour: '--quiet', name: 'epoch', isLong: true },
  interrupted: { sign: '■', colour: '--warn', name: 'stopped', isLong: true },
  error: { sign: '!', colour: '--bad', name: 'failed', isLong: true },
};

export interface Mark {
  readonly at: number;
  readonly style: MarkStyle;
  readonly event: ClusterEvent;
}

export function marksOf(events: readonly ClusterEvent[]): Mark[] {
  return events.flatMap((event) => {
    const style = MARKS[kindOf(event) as keyof typeof MARKS];
    return style === undefined ? [] : [{ at: Date.parse(event.time), style, event }];
  });
}

export function marksIn(marks: readonly Mark[], from: number, to: number): Mark[] {
  return marks.filter(({ at }) => at >= from && at <= to);
}
