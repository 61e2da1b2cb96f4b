// The losses and optimizers that flags can name, built from the flags: all that the library has by name.
import {
  binaryCrossEntropy,
  type Loss,
  type OptimizerConfig,
  perceptron,
  validateOptimizer,
} from '@lockstep/core';
import { lossNamed, lossNames, optimizerNames } from '@lockstep/core/internal';
import { UsageError } from './errors.js';

export const LOSS_NAMES: readonly string[] = lossNames();
export const OPTIMIZER_NAMES: readonly string[] = optimizerNames();

export interface OptimizerFlags {
  /** Of OPTIMIZER_NAMES. */
  readonly optimizer: string;
  readonly learningRate: number;
  readonly momentum?: number;
  readonly weightDecay?: number;
}

/**
 * @param name of LOSS_NAMES
 * @param positive of two classes, the one that one output speaks for
 * @throws UsageError if the loss has no positive class
 */
export function buildLoss(name: string, positive?: string): Loss {
  if (positive === undefined) return lossNamed(name)!;
  if (name === 'binary-cross-entropy') return binaryCrossEntropy({ positive });
  if (name === 'perceptron') return perceptron({ positive });
  throw new UsageError(
    `--positive goes with --loss binary-cross-entropy or perceptron, which tell two classes apart by one output; the loss is ${name}`,
  );
}

/** @throws UsageError if a flag does not go with the optimizer; ConfigError if it is out of range */
export function buildOptimizer(flags: OptimizerFlags): OptimizerConfig {
  const { optimizer: kind, learningRate, momentum, weightDecay } = flags;
  if (momentum !== undefined && !takesMomentum(kind)) {
    const others = OPTIMIZER_NAMES.filter(takesMomentum).join(' or ');
    throw new UsageError(
      `--momentum goes with --optimizer ${others}; ${kind} has moments of its own`,
    );
  }
  return validateOptimizer({
    kind,
    learningRate,
    ...(weightDecay !== undefined && { weightDecay }),
    ...(momentum !== undefined && { momentum }),
  });
}

function takesMomentum(kind: string): boolean {
  return 'momentum' in validateOptimizer({ kind });
}
