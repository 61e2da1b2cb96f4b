// Which number of threads makes steps short, found out while the run goes on: now and then another number is tried, in turns
// with the one that is settled, and taken if its steps are shorter. Where two are as good, fewer compute.
// A pure function of the times that it is given. What it costs: a trial of a number that is much worse lasts one window.
import type { ThreadChange, ThreadChoice, ThreadChoosing } from './thread-choice.js';

/**
 * 100 ms is a period of a CPU quota, in which threads run first and stand still then: a part of one tells nothing, unless
 * nearly every step in it is longer. Windows are what the numbers below count.
 */
const WINDOW = {
  warmUp: { steps: 2, ms: 10 },
  measured: { steps: 4, ms: 100 },
  hopeless: { steps: 8, factor: 1.4 },
};

/** Before the first trial. */
const FIRST = 3;
/** Before the next one in a direction that was right. */
const SOON = 5;
/** After a trial; each that comes to nothing makes it so many times as much, up to the most. */
const LATER = 20;
const PATIENCE = 4;
const MOST = 160;

/** After so many windows of a trial, times that differ by more than this decide it; after one more, any do. */
const CLEAR = [0.25, 0.12, 0.06];
/** More threads must be so much faster than fewer. */
const GAIN = 0.03;

/** Windows in a row that are so far off what is usual call for a trial: something else runs here now, or no longer. */
const ODD = 1.25;
const ODD_WINDOWS = 3;

interface Trial {
  readonly at: number;
  /** Milliseconds a step in its windows, and in those of the settled number around them. */
  readonly tried: readonly number[];
  readonly settled: readonly number[];
  readonly isTrying: boolean;
}

interface State {
  readonly numbers: readonly number[];
  /** The place among them that is settled. */
  readonly at: number;
  readonly recent: readonly number[];
  /** When the last trial was over; undefined before the first window. */
  readonly usual: number | undefined;
  /** Windows in a row that were slower than usual; below 0: faster. */
  readonly odd: number;
  /** Since the last trial. */
  readonly windows: number;
  /** Before the next trial, and after it if it comes to nothing. */
  readonly wait: number;
  readonly patience: number;
  /** Whether the next trial is one of fewer threads. */
  readonly isDown: boolean;
  readonly trial: Trial | undefined;
  readonly change: ThreadChange | undefined;
}

/** Chooses how many threads compute by the times of steps. */
export const adaptively: ThreadChoosing = {
  window: WINDOW,
  begin(numbers, threads) {
    const at = Math.max(numbers.indexOf(threads), 0);
    const pause = { windows: 0, wait: FIRST, patience: LATER };
    const nothing = { recent: [], usual: undefined, odd: 0, trial: undefined, change: undefined };
    return choiceOf({ numbers, at, isDown: true, ...pause, ...nothing });
  },
};

function choiceOf(state: State): ThreadChoice {
  const { numbers, at, trial, change } = state;
  const threads = numbers[trial?.isTrying ? trial.at : at]!;
  return { threads, change, next: (stepMs) => choiceOf(afterWindow(state, stepMs)) };
}

function afterWindow(state: State, stepMs: number): State {
  const before = { ...state, change: undefined };
  return state.trial ? goOn(before, state.trial, stepMs) : settled(before, stepMs);
}

/** A window of the settled number, between trials. */
function settled(state: State, stepMs: number): State {
  const { usual = stepMs } = state;
  const recent = [...state.recent, stepMs].slice(-2);
  const isOdd = stepMs > ODD * usual ? 1 : stepMs < usual / ODD ? -1 : 0;
  const odd = isOdd === 0 ? 0 : Math.sign(state.odd) === -isOdd ? isOdd : state.odd + isOdd;
  const next = { ...state, recent, usual, odd, windows: state.windows + 1 };
  if (Math.abs(odd) >= ODD_WINDOWS && next.windows >= LATER) {
    return begin({ ...next, isDown: odd > 0, patience: LATER });
  }
  return next.windows >= next.wait ? begin(next) : next;
}

function begin(state: State): State {
  const { numbers, recent, isDown } = state;
  const down = state.at + 1;
  const goesDown = down < numbers.length && (isDown || state.at === 0);
  const at = goesDown ? down : state.at - 1;
  if (at < 0) return state;
  return { ...state, odd: 0, trial: { at, tried: [], settled: recent, isTrying: true } };
}

/** A window of a trial: of the number that is tried, or of the settled one in between. */
function goOn(state: State, { at, ...windows }: Trial, stepMs: number): State {
  if (!windows.isTrying) {
    const settled = [...windows.settled, stepMs];
    return { ...state, trial: { at, ...windows, settled, isTrying: true } };
  }
  const trial = { at, ...windows, tried: [...windows.tried, stepMs], isTrying: false };
  const isBetter = judge(trial, at > state.at);
  if (isBetter === undefined) return { ...state, trial };
  return isBetter ? taken(state, trial) : refused(state, trial);
}

/** @returns whether it is to be taken; undefined while that is not clear */
function judge({ tried, settled }: Trial, isFewer: boolean): boolean | undefined {
  const ratio = median(tried) / median(settled);
  const clear = CLEAR[tried.length - 1];
  if (clear === undefined) return ratio <= (isFewer ? 1 : 1 - GAIN);
  if (ratio > 1 + clear) return false;
  // One window that is short may be one in which a neighbour was quiet.
  return ratio < 1 - clear && tried.length > 1 ? true : undefined;
}

function taken(state: State, { at, tried, settled }: Trial): State {
  const { numbers } = state;
  const isDown = at > state.at;
  const goesOn = isDown ? at + 1 < numbers.length : at > 0;
  const [stepMs, beforeMs] = [median(tried), median(settled)];
  const change = { threads: numbers[at]!, before: numbers[state.at]!, stepMs, beforeMs };
  const pause = { windows: 0, wait: goesOn ? SOON : LATER, patience: LATER };
  const isNextDown = goesOn === isDown;
  const times = { recent: tried.slice(-2), usual: stepMs };
  return { ...state, at, ...pause, ...times, isDown: isNextDown, trial: undefined, change };
}

function refused(state: State, { settled }: Trial): State {
  const { patience } = state;
  const pause = { windows: 0, wait: patience, patience: Math.min(MOST, PATIENCE * patience) };
  const times = { recent: settled.slice(-2), usual: median(settled) };
  return { ...state, ...pause, ...times, isDown: !state.isDown, trial: undefined };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}
