// What one optimizer is made of: plain options, and pure functions over flat vectors. A rule names the state vectors it
// needs, the kernel that is its update and, by their names, the few scalars of a step; and it has the update once more in
// plain TypeScript, the oracle. All parameters lie in one flat vector, so an update is one call; rules hold no
// state, allocate nothing per step, and know nothing of gradients' reduction, clipping or threads.

import { type OptionNames, requireNumber } from '@lockstep/errors';
import type { ScalarsOf, UpdateKernel } from '@lockstep/kernels';
import type { Graph } from '../graph/graph.js';
import { type Schedule, validateSchedule } from '../schedules/schedule.js';

/** What every optimizer has besides its own options. */
export interface CommonConfig {
  /** The base learning rate, before the schedule. */
  readonly learningRate: number;
  /** Absent: the learning rate stays. */
  readonly schedule?: Schedule;
  /** Scale the mean gradient down to this Euclidean norm, over all parameters. Absent: don't. */
  readonly clipNorm?: number;
  /** Limit every element of the mean gradient to ±this. Absent: don't. */
  readonly clipValue?: number;
}

/** The options that every optimizer's constructor takes. */
export interface CommonOptions {
  learningRate?: number;
  schedule?: Schedule;
  clipNorm?: number;
  clipValue?: number;
}

/** The names of the common options. */
export const COMMON_OPTIONS: OptionNames<CommonOptions> = {
  learningRate: true,
  schedule: true,
  clipNorm: true,
  clipValue: true,
};

/** The vectors of the oracle, all of one kind: float32 as in the kernels, or float64 to compare with. */
export type Vector = Float32Array | Float64Array;

/** The least epsilon. With 0 the floats between parameters, which are zero, would become 0 / 0. */
export const MIN_EPSILON = 2 ** -126;

/** The scalars of a step by name, but for the count that sums are divided by, which is not the rule's. */
export type Scalars<Name extends UpdateKernel> = Record<Exclude<ScalarsOf<Name>, 'count'>, number>;

/** One optimizer with one configuration. */
export interface OptimizerRule<Name extends UpdateKernel = UpdateKernel> {
  /** The kernel that is its update. */
  readonly kernel: Name;

  /** The names of the state vectors, each as long as the parameters and zero at step 0; in the kernel's order. */
  readonly slots: readonly string[];

  /**
   * Writes the scalars of a step.
   *
   * @param step from 0
   * @param learningRate this step's, after the schedule
   */
  scalars(step: number, learningRate: number, out: Scalars<Name>): void;

  /**
   * The update in plain TypeScript, in place. On Float32Array every operation is rounded to float32 in
   * the kernel's order, so the kernel must give the same bits; on Float64Array nothing is rounded.
   *
   * @param p [n] parameters, overwritten
   * @param slots each [n], overwritten, in the order of `slots`
   * @param g [n] the mean gradient
   */
  reference(scalars: Readonly<Scalars<Name>>, p: Vector, slots: readonly Vector[], g: Vector): void;
}

/** One optimizer that somebody wrote: a graph instead of a kernel. */
export interface GraphRule {
  readonly kernel?: undefined;

  /** As of `OptimizerRule`. */
  readonly slots: readonly string[];

  /**
   * Over stretches [N] of the flat vectors: reads `vector` 0, the parameters, 1, the mean gradient, and from 2 on the
   * slots, and `scalar`s. Its outputs are the new parameters and the new slots, in this order.
   */
  readonly graph: Graph;

  readonly scalarCount: number;

  /**
   * Writes the scalars of a step, in the order of their numbers.
   *
   * @param step from 0
   * @param learningRate this step's, after the schedule
   */
  scalars(step: number, learningRate: number, out: Float32Array | Float64Array): void;
}

/** Rounds as the vectors do: to float32, or not at all. */
export function rounding(vector: Vector): (x: number) => number {
  return vector instanceof Float32Array ? Math.fround : identity;
}

function identity(x: number): number {
  return x;
}

/** Checks the options that every optimizer has; absent ones but the learning rate stay absent. */
export function commonConfig(
  operation: string,
  options: CommonOptions,
  defaultLearningRate: number,
): CommonConfig {
  const { learningRate = defaultLearningRate, schedule, clipNorm, clipValue } = options;
  const above = { above: 0 };
  return {
    learningRate: requireNumber(operation, 'learningRate', learningRate, { min: 0 }),
    ...(schedule !== undefined && { schedule: validateSchedule(schedule) }),
    ...(clipNorm !== undefined && {
      clipNorm: requireNumber(operation, 'clipNorm', clipNorm, above),
    }),
    ...(clipValue !== undefined && {
      clipValue: requireNumber(operation, 'clipValue', clipValue, above),
    }),
  };
}
