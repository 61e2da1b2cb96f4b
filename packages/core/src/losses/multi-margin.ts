// The hinge loss of several classes.
import { checkOptions, type OptionNames, requireNumber } from '@lockstep/errors';
import { ConfigError, ShapeError } from '../errors.js';
import { relu } from '../layers/activations.js';
import { add, applyOperator, div, mul, oneHot, sub, sum } from '../model/tensor.js';
import { formatShape, sameShape } from '../shape.js';
import type { Loss } from './loss.js';
import { requireClasses, requireOneLabel } from './values.js';

/** What `multiMarginLoss` takes. */
export interface MultiMarginLossOptions {
  /** How far the score of the right class is to lie above all others. Default 1. */
  readonly margin?: number | undefined;
  /** 1, or 2: what is lacking counts squared. Default 1. */
  readonly p?: 1 | 2 | undefined;
}

const OPTIONS: OptionNames<MultiMarginLossOptions> = { margin: true, p: true };

/**
 * The hinge loss of scores [N, C] against class labels [N]: (1/C) Σ max(0, margin − x_label + xⱼ)^p over the other classes j.
 * It is what a support vector machine learns by, and 0 where the right class leads by the margin. As PyTorch's
 * MultiMarginLoss.
 *
 * @throws ConfigError unless p is 1 or 2, and margin a number
 * @throws ShapeError when traced, if the output is not [N, C] with the data's classes
 * Source: Weston, Watkins, Support vector machines for multi-class pattern recognition (1999).
 */
export function multiMarginLoss(options: MultiMarginLossOptions = {}): Loss {
  checkOptions('multiMarginLoss', options, OPTIONS);
  const { margin = 1, p = 1 } = options;
  requireNumber('multiMarginLoss', 'margin', margin);
  if (p !== 1 && p !== 2) throw new ConfigError(`multiMarginLoss: p is ${p}, expected 1 or 2`);
  return {
    name: 'multi-margin',
    build(output, labels, data) {
      const { classes } = data;
      requireOneLabel('multi-margin', data);
      if (classes === undefined) {
        throw new ShapeError(
          'multi-margin: the data has numbers as targets, this loss compares class labels',
        );
      }
      requireClasses('multi-margin', classes);
      if (!sameShape(output.shape, ['N', classes])) {
        throw new ShapeError(
          `multi-margin: the output is ${formatShape(output.shape)}, the data has ${classes} classes, so it must be [N, ${classes}]`,
        );
      }
      const label = oneHot(labels, classes);
      const score = sum(mul(label, output), { axes: 1, keepDims: true });
      const lacking = mul(relu(add(sub(output, score), margin)), sub(1, label));
      return {
        loss: div(sum(p === 2 ? mul(lacking, lacking) : lacking), classes),
        correct: applyOperator('correctLabel', [output, labels]),
      };
    },
  };
}
