// Batch normalisation. Its statistics in training are those of the sample's shard: a number of samples that never changes
// with threads or machines, as each process's batch is in data-parallel PyTorch ("ghost batch normalisation").
import {
  checkOptions,
  type OptionNames,
  requireBoolean,
  requireInteger,
  requireNumber,
} from '@lockstep/errors';
import { ShapeError } from '../errors.js';
import { constant, zeros } from '../initializers/initializer.js';
import type { Scope } from '../model/model.js';
import { maximum } from '../model/selection.js';
import {
  add,
  applyOperator,
  batchMean,
  broadcast,
  div,
  mul,
  requireFloats,
  sub,
  type Tensor,
} from '../model/tensor.js';
import { formatShape, isBatched, MAX_ELEMENTS, product, sampleShape } from '../shape.js';
import { type SharedLayer, shared } from './shared.js';

/** What `batchNorm1d` and `batchNorm2d` take. */
export interface BatchNormOptions {
  /** Added to the variance. Default 1e-5. */
  readonly epsilon?: number;
  /** How much of a running statistic each step replaces; null for the mean over all steps. Default 0.1. */
  readonly momentum?: number | null;
  /** Whether it has a weight and a bias for each channel. Default true. */
  readonly affine?: boolean;
}

const OPTIONS: OptionNames<BatchNormOptions> = { epsilon: true, momentum: true, affine: true };

/**
 * Batch normalisation of x [N, C] or [N, C, L]: (x − mean) / √(variance + ε) · `weight` + `bias` for each channel, with mean and
 * variance of the shard's samples in training, and the buffers `running_mean` and `running_var` elsewhere. A step leaves
 * (1 − momentum) · running + momentum · the batch's: the mean over its samples of their shards' means and unbiased variances. As
 * PyTorch's BatchNorm1d, whose batch is a shard. A shard of one value a channel has variance 0, so it gives the bias.
 *
 * @throws ConfigError if a size or an option is not what it should be
 * @throws ShapeError when traced, if the input has other channels or axes
 * Source: Ioffe, Szegedy, Batch Normalization (2015); Hoffer, Hubara, Soudry, Train longer, generalize better (2017).
 */
export function batchNorm1d(numFeatures: number, options: BatchNormOptions = {}): SharedLayer {
  return batchNorm('batchNorm1d', numFeatures, options, [2, 3]);
}

/** Batch normalisation of pictures [N, C, H, W], each channel over all places. @throws as `batchNorm1d` */
export function batchNorm2d(numFeatures: number, options: BatchNormOptions = {}): SharedLayer {
  return batchNorm('batchNorm2d', numFeatures, options, [4]);
}

function batchNorm(
  what: string,
  channels: number,
  options: BatchNormOptions,
  ranks: readonly number[],
): SharedLayer {
  requireInteger(what, 'numFeatures', channels, 1, MAX_ELEMENTS);
  checkOptions(what, options, OPTIONS);
  const { epsilon = 1e-5, momentum = 0.1, affine = true } = options;
  requireNumber(what, 'epsilon', epsilon, { min: 0 });
  if (momentum !== null) requireNumber(what, 'momentum', momentum, { min: 0, max: 1 });
  requireBoolean(what, 'affine', affine);
  return shared((x, scope) => {
    requireFloats(what, x);
    if (!isBatched(x.shape) || !ranks.includes(x.shape.length) || x.shape[1] !== channels) {
      const expected = ranks.includes(4) ? '[N, C, H, W]' : '[N, C] or [N, C, L]';
      throw new ShapeError(
        `${what}: input is ${formatShape(x.shape)}, the layer was built for ${expected} with ${channels} channels`,
      );
    }
    const affines = affine
      ? [
          scope.parameter('weight', [channels], constant(1)),
          scope.parameter('bias', [channels], zeros()),
        ]
      : [];
    const statistics = track(x, scope, channels, momentum);
    return applyOperator('batchNorm', [x, ...statistics, ...affines], { epsilon });
  });
}

/** @returns the shard's mean and variance, which running ones stand for in evaluation */
function track(
  x: Tensor,
  scope: Scope,
  channels: number,
  momentum: number | null,
): readonly [Tensor, Tensor] {
  const runningMean = scope.buffer('running_mean', [channels], zeros());
  const runningVariance = scope.buffer('running_var', [channels], constant(1));
  const tracked = scope.buffer('num_batches_tracked', [], zeros());
  const mean = applyOperator('shardMean', [x, runningMean]);
  const variance = applyOperator('shardVariance', [x, mean, runningVariance]);
  // n / (n − 1) for the n values of a channel in the shard; of a single one the variance is 0, and stays so.
  const values = mul(applyOperator('shardSize', [x]), product(sampleShape(x.shape).slice(1)));
  const unbiased = mul(variance, div(values, maximum(sub(values, 1), 1)));
  const steps = add(tracked, 1);
  const share = momentum ?? div(1, steps);
  const update = (running: Tensor, ofShard: Tensor): void => {
    const ofBatch = batchMean(broadcast(ofShard, ['N', channels]));
    scope.update(running, add(mul(running, sub1(share)), mul(ofBatch, share)));
  };
  update(runningMean, mean);
  update(runningVariance, unbiased);
  scope.update(tracked, steps);
  return [mean, variance];
}

function sub1(share: number | Tensor): number | Tensor {
  return typeof share === 'number' ? 1 - share : sub(1, share);
}
