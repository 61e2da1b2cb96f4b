// What the page knows of one run, and what each message about it makes of that.
// Invariant: a message gives a new RunState, so whoever holds an older one sees that something changed; the curves and lanes in
// it go on, since copying them for each sample would cost more than drawing them.
import type { ClusterEvent } from '@lockstep/trainer';
import type { RunInfo, Sample } from '../../contract.js';
import { Curve } from './curve.js';
import { LaneHistory } from './lane-history.js';

/** What is measured of every sample, by the name that charts use. */
const MEASURED = [
  'loss',
  'learningRate',
  'gradientNorm',
  'weightNorm',
  'samplesPerSecond',
] as const satisfies readonly (keyof Sample)[];

/** Events that come once for something that happened are all kept, up to so many. */
const MOST_EVENTS = 5000;

export interface RunState {
  readonly info: RunInfo;
  readonly events: readonly ClusterEvent[];
  /** The newest sample; undefined before the first. */
  readonly latest: Sample | undefined;
  /** By name: `loss`, `learningRate`, ..., and what epochs are evaluated by: `epoch.testLoss`, `epoch.metrics.accuracy`. */
  readonly curves: ReadonlyMap<string, Curve>;
  readonly lanes: LaneHistory;
  /** The step of the newest model that can be asked for; undefined while nobody told of one. */
  readonly modelStep: number | undefined;
}

export function newRun(info: RunInfo): RunState {
  return {
    info,
    events: [],
    latest: undefined,
    curves: new Map(),
    lanes: new LaneHistory(),
    modelStep: undefined,
  };
}

/** What was before the page came: in the place of all that was heard. */
export function withHistory(
  run: RunState,
  events: readonly ClusterEvent[],
  samples: readonly Sample[],
): RunState {
  const start = { ...newRun(run.info), modelStep: run.modelStep };
  const heard = samples.reduce(withSample, start);
  return events.reduce(withEvent, heard);
}

export function withSample(run: RunState, sample: Sample): RunState {
  let curves = run.curves;
  for (const name of MEASURED) {
    const value = sample[name];
    if (value !== null) curves = pushTo(curves, name, sample.step, value);
  }
  run.lanes.push(sample);
  return { ...run, curves, latest: sample };
}

export function withEvent(run: RunState, event: ClusterEvent): RunState {
  // They come many times a second, for whoever computes the run again: in a log they would leave room for nothing else.
  if (event.event === 'digest') return run;
  const events = [...run.events.slice(-(MOST_EVENTS - 1)), event];
  if (event.event !== 'epoch-end') return { ...run, events };
  let curves = run.curves;
  const { step, trainLoss, testLoss, testAccuracy, metrics } = event;
  for (const [name, value] of Object.entries({ trainLoss, testLoss, testAccuracy })) {
    if (value !== null) curves = pushTo(curves, `epoch.${name}`, step, value);
  }
  for (const [name, value] of Object.entries(metrics)) {
    if (typeof value === 'number') curves = pushTo(curves, `epoch.metrics.${name}`, step, value);
  }
  return { ...run, events, curves };
}

function pushTo(
  curves: ReadonlyMap<string, Curve>,
  name: string,
  step: number,
  value: number,
): ReadonlyMap<string, Curve> {
  const known = curves.get(name);
  const curve = known ?? new Curve();
  curve.push(step, value);
  return known === undefined ? new Map([...curves, [name, curve]]) : curves;
}
