// How many equally probable classes the network is as unsure as.
import { ConfigError, ShapeError } from '../errors.js';
import { exp } from '../math/elementary.js';
import { applyOperator, sum } from '../model/tensor.js';
import { tokenMask } from '../model/token-mask.js';
import { IGNORED } from '../tokens.js';
import { quotient } from './class-counts.js';
import type { Metric } from './metric.js';

/**
 * e to the mean cross-entropy in nats of scores [N, …, C] against class labels [N, …]; positions with the label −100 do not
 * count. Smoothing and weights of classes, which a loss may have, are left out.
 *
 * Source: Jelinek et al., Perplexity: a measure of the difficulty of speech recognition tasks (1977).
 */
export const perplexity: Metric = {
  name: 'perplexity',
  better: 'smaller',
  build(output, target, { classes, applies }) {
    if (classes === undefined) {
      throw new ShapeError('perplexity: the data has numbers as targets; this takes class labels');
    }
    if (applies !== undefined && applies !== 'softmax') {
      throw new ConfigError(
        `perplexity: the loss applies a ${applies} to the output; this takes scores of classes`,
      );
    }
    if (target.shape.length === 1) return { nats: applyOperator('crossEntropy', [output, target]) };
    const record = applyOperator('positionCrossEntropy', [output, target]);
    const losses = applyOperator('recordOutput', [record], { shape: target.shape });
    return { nats: sum(losses), counted: sum(tokenMask(target, IGNORED)) };
  },
  finish: ({ nats, counted }, samples) => exp(quotient(nats![0]!, counted?.[0] ?? samples)),
};
