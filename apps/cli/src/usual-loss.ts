// The loss and the metrics that go with data whose target is known, where no flag says them.
// Invariant: data that came from no table and no text is learnt and measured as flags and their defaults say.
import type { Dataset, Graph } from '@lockstep/core';
import type { Given } from './given.js';
import type { ModelFlags, RunFlags } from './options.js';

/** Losses that tell two classes apart by one output. */
const OF_ONE_OUTPUT: readonly string[] = ['binary-cross-entropy', 'perceptron'];

/**
 * @returns the name of the loss: what is given; else mse of numbers, binary cross-entropy of two classes and cross-entropy of
 *   more
 */
export function usualLoss(
  { flags, isGiven }: Given<ModelFlags>,
  { classes, preparation }: Dataset,
): string {
  if (isGiven('loss') || !preparation) return flags.loss;
  if (classes === undefined) return 'mse';
  return classes === 2 && flags.model === 'mlp' ? 'binary-cross-entropy' : 'cross-entropy';
}

/** The loss for a network of somebody's own, which decides itself whether two classes have one output. */
export function lossFor(
  { isGiven }: Given<ModelFlags>,
  loss: string,
  graph: Graph,
  { classes, preparation }: Dataset,
): string {
  if (isGiven('loss')) return loss;
  const output = graph.nodes[graph.outputs.output!]!.shape;
  const isOne = output.length === 2 && output[1] === 1;
  if (!preparation || classes !== 2 || !isOne || loss !== 'cross-entropy') return loss;
  return 'binary-cross-entropy';
}

/** Numbers that a built-in network gives for a sample, under a loss. */
export function outputsUnder(loss: string, { classes, targetShape }: Dataset): number {
  if (classes === 2 && OF_ONE_OUTPUT.includes(loss)) return 1;
  return classes ?? targetShape.reduce((a, b) => a * b, 1);
}

/** @returns what is given; else RMSE and R² of numbers, precision and recall of two classes, perplexity of a text */
export function usualMetrics(
  { flags, isGiven }: Given<Pick<RunFlags, 'metrics'>>,
  { classes, preparation, tokenizer }: Dataset,
): readonly string[] | undefined {
  if (isGiven('metrics')) return flags.metrics;
  if (tokenizer) return ['perplexity'];
  if (!preparation) return flags.metrics;
  if (classes === undefined) return ['root-mean-squared-error', 'r2'];
  return classes === 2 ? ['precision', 'recall'] : undefined;
}
