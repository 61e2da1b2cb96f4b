// The losses and optimizers that flags can name, built from the flags.
import {
  adam,
  adamw,
  crossEntropy,
  type Loss,
  meanSquaredError,
  type OptimizerConfig,
  sgd,
} from '@lockstep/core';
import { UsageError } from './errors.js';

export const LOSS_NAMES = ['cross-entropy', 'mse'] as const;
export type LossName = (typeof LOSS_NAMES)[number];

export const OPTIMIZER_NAMES = ['sgd', 'adam', 'adamw'] as const;
export type OptimizerName = (typeof OPTIMIZER_NAMES)[number];

export interface OptimizerFlags {
  readonly optimizer: OptimizerName;
  readonly learningRate: number;
  readonly momentum?: number;
  readonly weightDecay?: number;
}

export function buildLoss(name: LossName): Loss {
  return name === 'mse' ? meanSquaredError() : crossEntropy();
}

/** @throws UsageError if a flag does not go with the optimizer; ConfigError if it is out of range */
export function buildOptimizer(flags: OptimizerFlags): OptimizerConfig {
  const { optimizer, learningRate, momentum, weightDecay } = flags;
  if (momentum !== undefined && optimizer !== 'sgd') {
    throw new UsageError(
      `--momentum goes with --optimizer sgd; ${optimizer} has moments of its own`,
    );
  }
  const options = { learningRate, ...(weightDecay !== undefined && { weightDecay }) };
  switch (optimizer) {
    case 'sgd':
      return sgd({ ...options, ...(momentum !== undefined && { momentum }) });
    case 'adam':
      return adam(options);
    case 'adamw':
      return adamw(options);
  }
}
