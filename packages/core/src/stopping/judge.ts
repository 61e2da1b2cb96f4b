// What a stop rule makes of epochs that have ended: which was the best, and whether the run ends. A pure function of the
// rule and of what was told of the epochs, so it says the same wherever the run is computed, and after an interruption.
// Invariant: a judgement holds all that the next one needs, in a few numbers; an epoch that was judged is not judged again.
import type { Better, MetricValue } from '../metrics/metric.js';
import type { StopRule } from './stop-rule.js';

/** What is told of an epoch, as far as a rule looks at it. */
export interface JudgedEpoch {
  /** From 1. */
  readonly epoch: number;
  /** The run's, at the epoch's end. */
  readonly step: number;
  readonly trainLoss: number;
  readonly metrics: Readonly<Record<string, MetricValue>>;
}

export interface BestEpoch {
  readonly epoch: number;
  readonly step: number;
  readonly value: number;
}

/** Plain JSON. */
export interface Judgement {
  /** The last epoch that was judged; 0 before the first. */
  readonly epochs: number;
  /** By the monitored metric; of equals the earlier one. Null before an epoch has a value. */
  readonly best: BestEpoch | null;
  /** What an epoch has to be better than, by more than `minDelta`, so as not to be waited for; null before. */
  readonly reference: number | null;
  /** Epochs in a row that were no better than that. */
  readonly waited: number;
  /** Why the run ends with the last epoch that was judged; null: it goes on. */
  readonly stopped: 'patience' | 'target' | null;
}

export const UNJUDGED: Judgement = {
  epochs: 0,
  best: null,
  reference: null,
  waited: 0,
  stopped: null,
};

/**
 * Judges the next epoch. What is no finite number is never the best, reaches no target, and is waited for.
 *
 * @param before what was judged of the epochs before it
 * @returns `before` itself if the epoch was judged already, or the run ended before it
 */
export function judge(rule: StopRule, before: Judgement, epoch: JudgedEpoch): Judgement {
  if (epoch.epoch <= before.epochs || before.stopped !== null) return before;
  const { monitor, patience, minDelta, target } = rule;
  const value = monitor && numberOf(epoch, monitor.metric);
  const isBest =
    value !== null &&
    (before.best === null || isBetter(monitor!.better, value, before.best.value, 0));
  const hasGained =
    value !== null &&
    (before.reference === null || isBetter(monitor!.better, value, before.reference, minDelta));
  const waited = hasGained ? 0 : before.waited + 1;
  const isReached =
    target.length > 0 &&
    target.every(({ metric, better, value: wanted }) => {
      const got = numberOf(epoch, metric);
      return got !== null && (got === wanted || isBetter(better, got, wanted, 0));
    });
  const isOver = patience !== null && waited >= patience;
  return {
    epochs: epoch.epoch,
    best: isBest ? { epoch: epoch.epoch, step: epoch.step, value } : before.best,
    reference: hasGained ? value : before.reference,
    waited,
    stopped: isReached ? 'target' : isOver ? 'patience' : null,
  };
}

/** Of the epochs in their order. */
export function judgeAll(rule: StopRule, epochs: readonly JudgedEpoch[]): Judgement {
  return epochs.reduce((before, epoch) => judge(rule, before, epoch), UNJUDGED);
}

function isBetter(better: Better, value: number, than: number, by: number): boolean {
  return better === 'larger' ? value > than + by : value < than - by;
}

/** Null where it is no finite number. */
function numberOf({ trainLoss, metrics }: JudgedEpoch, metric: string): number | null {
  const value = metric === TRAIN_LOSS ? trainLoss : metrics[metric];
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** The loss over the training samples, which is told beside the metrics. */
export const TRAIN_LOSS = 'trainLoss';
