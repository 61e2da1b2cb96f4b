// A small model of a cluster for the exhaustive search: the real membership function, and workers that keep to the
// protocol and otherwise do whatever they can whenever they can. A world is plain data; an action makes a new one.
// A state's digest stands for what was summed into it, so a wrong sum is another digest.
//
// What is left out, and why nothing is lost by it:
// - A worker handles a message at once where only its answer shows that it did: all but `pause` while it runs, and
//   `take-state` while all wait for it. What would have happened had it crashed before is a crash that takes its last answers with it.
// - Who follows hands over what it has, nothing, for all steps at once, and says that it has caught up as soon as it has the
//   state. How many steps it has taken since then is decided when it is paused or cut off, since nobody sees it before.
// - Connecting, the run's description and joining are one action: before it joins, nobody hears of a connection.
// - A stale message is thrown away as soon as it is stale, once it was seen to change nothing.
// - An answer that is not the last one of its kind is heard at once: it only adds to a list that the last one, or a
//   new generation, makes an end of.
// - A coordinator's crash and start are one action: workers run on until they notice.
import type { HeldState } from '@lockstep/wire';
import { CHUNK_BYTES } from '../scenario.fixture.js';
import type { Durable } from '../state/durable.js';
import type { Event } from '../state/event.js';
import type { MemberId } from '../state/member.js';
import type { Config, State } from '../state/state.js';
import type { Transition } from '../state/transition.js';

/** What a worker is told, as far as it matters here. */
export type Order =
  | { readonly type: 'pause'; readonly generation: number }
  | { readonly type: 'take-state'; readonly generation: number; readonly held: HeldState }
  | {
      readonly type: 'generation';
      readonly generation: number;
      readonly held: HeldState;
      readonly isBehind: boolean;
    }
  | {
      readonly type: 'advance';
      readonly generation: number;
      readonly until: number;
      readonly chunks: number;
    }
  | { readonly type: 'send-state'; readonly generation: number; readonly held: HeldState }
  | {
      readonly type: 'audit-passed' | 'audit-range';
      readonly generation: number;
      readonly step: number;
    };

/** What it says. */
export type Report =
  | { readonly type: 'paused'; readonly generation: number; readonly held: HeldState | null }
  | { readonly type: 'prepared'; readonly generation: number; readonly held: HeldState | null }
  | { readonly type: 'caught-up'; readonly generation: number; readonly held: HeldState }
  | { readonly type: 'digest'; readonly generation: number; readonly held: HeldState }
  | {
      readonly type: 'reached';
      readonly generation: number;
      readonly held: HeldState;
      readonly chunks: number;
    }
  | { readonly type: 'link-lost'; readonly generation: number; readonly rank: number }
  | { readonly type: 'state'; readonly generation: number; readonly held: HeldState }
  | {
      readonly type: 'audit-report';
      readonly generation: number;
      readonly step: number;
      readonly own: string;
      readonly other: string;
    }
  | {
      readonly type: 'audit-vote';
      readonly generation: number;
      readonly step: number;
      readonly digest: string;
    };

export interface ModelWorker {
  /** Its sums are wrong at the model's `faultyStep`. */
  readonly isFaulty: boolean;
  readonly held: HeldState | null;
  /** Null: not connected, whether it knows or not. */
  readonly id: MemberId | null;
  readonly generation: number;
  /** In the generation's team, from when it was told of it; -1 before. */
  readonly rank: number;
  /** One who is behind follows until it has the state, and then has caught up, as far as it knows. */
  readonly phase: 'idle' | 'paused' | 'prepared' | 'running' | 'following' | 'caught-up';
  readonly until: number;
  readonly chunks: number;
  readonly orders: readonly Order[];
  readonly reports: readonly Report[];
}

/** A generation that somebody may still run: what its ranks have handed over reaches the others, or does not. */
export interface ModelTeam {
  readonly generation: number;
  readonly ids: readonly MemberId[];
  readonly ranges: readonly { readonly first: number; readonly end: number }[];
  /** The newest step for which a rank handed its partials over; -1: none; infinite for one who has none to give. */
  readonly handed: readonly number[];
}

export interface World {
  readonly state: State;
  readonly durable: Durable;
  readonly workers: readonly ModelWorker[];
  readonly teams: readonly ModelTeam[];
  /** Connections whose end the coordinator has not noticed, with what is on its way before it. */
  readonly closing: readonly { readonly id: MemberId; readonly reports: readonly Report[] }[];
  readonly nextId: MemberId;
  /** Being read from the disk. */
  readonly loading: HeldState | null;
  /** Epochs whose end was told. */
  readonly told: number;
  readonly crashes: number;
  readonly restarts: number;
  /** Of whoever waits for a checkpoint: the newest step that a member held when they asked, as far as it is not lost since. */
  readonly asked: number | null;
  readonly asks: number;
}

export interface Model {
  readonly config: Config;
  readonly workers: number;
  /** Crashes of workers, and links that break. */
  readonly crashes: number;
  readonly restarts: number;
  /** Whether a link may break while its worker lives and keeps its state. */
  readonly cuts: boolean;
  /** Whether every step's digest is reported on the way. */
  readonly digests: boolean;
  /** Whether anything can happen between a state's coming to those who are behind and their having caught up. */
  readonly slowCatchUp: boolean;
  /** Whether two that live may find no way to each other, in a mesh; counted as a crash. */
  readonly apart?: boolean;
  /** Whether a worker may go on purpose; counted as a crash, and nothing may be lost by it. */
  readonly leaves?: boolean;
  /** Whether the coordinator may be told to stop. */
  readonly stops?: boolean;
  /** Whether it may be told to end the run where it stands; nothing is lost by that, but an end there is none of its rule. */
  readonly ends?: boolean;
  /** How often somebody may ask for a checkpoint. */
  readonly asks?: number;
  /** One worker computes this step wrongly, until it is started anew. */
  readonly faultyStep?: number;
  /** For negative controls: the membership function to be tested. */
  readonly step?: (state: State, event: Event, now: number) => Transition;
  /** For negative controls: stale messages come to the membership function, which is to ignore them. */
  readonly keepsStale?: boolean;
  /** For negative controls: a worker that takes partials of any generation. */
  readonly takesStalePartials?: boolean;
}

/** A property that does not hold. */
export class Violation extends Error {}

export function hold(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Violation(what);
}

/** A worker that was never started, or is gone with all it had: either may be started. */
export const FRESH: ModelWorker = {
  isFaulty: false,
  held: null,
  id: null,
  generation: 0,
  rank: -1,
  phase: 'idle',
  until: 0,
  chunks: 0,
  orders: [],
  reports: [],
};

export function digestOf(step: number): string {
  return `state ${step}`;
}

export function isStopPoint(
  { steps, stepsPerEpoch, checkpointEvery }: Config,
  step: number,
): boolean {
  return (
    step === steps || (step > 0 && (step % stepsPerEpoch === 0 || step % checkpointEvery === 0))
  );
}

/** As the membership function is told it. */
export function messageOf(report: Exclude<Report, { type: 'state' }>) {
  const { generation } = report;
  switch (report.type) {
    case 'paused':
    case 'prepared':
    case 'audit-report':
    case 'audit-vote':
      return report as Extract<Event, { type: 'message' }>['message'];
    case 'digest':
    case 'caught-up':
      return { type: report.type, generation, ...report.held } as const;
    case 'link-lost':
      return { type: 'link-lost', generation, rank: report.rank, reason: 'closed' } as const;
    case 'reached':
      return {
        type: 'reached',
        generation,
        ...report.held,
        weightsHash: `weights of ${report.held.digest}`,
        epochLoss: report.held.step,
        chunkSums: new Uint8Array(CHUNK_BYTES * report.chunks),
      } as const;
  }
}
