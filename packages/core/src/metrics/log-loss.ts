// The mean negative logarithm of the probability that was given to what is.
import { ConfigError, ShapeError } from '../errors.js';
import { relu } from '../layers/activations.js';
import { add, log, mul, neg, oneHot, sub, sum, type Tensor } from '../model/tensor.js';
import { quotient } from './class-counts.js';
import type { Metric } from './metric.js';
import { classTargetFault, countedPositions, predictedValues, predictions } from './predictions.js';

/** The distance of float32 from 1 to the next number: probabilities are kept so far from 0 and 1. */
const LEAST = 2 ** -23;

/**
 * Log loss in nats: −ln of the probability of the sample's class, or of what a label [N, 1] is. Scores become probabilities
 * by what the loss applies to them; where it applies nothing, the output is probabilities. Probabilities are clipped to
 * [2⁻²³, 1 − 2⁻²³], so it differs from a cross-entropy in samples that the network is all but sure of.
 *
 * Of scores [N, …, C] against labels [N, …] it is the mean over the positions, of which those with the label −100 do not count.
 *
 * Definition: scikit-learn, `log_loss`, which clips by the machine epsilon of its float32.
 */
export const logLoss: Metric = {
  name: 'log-loss',
  better: 'smaller',
  targetFault: classTargetFault,
  build(output, target, data) {
    if (data.applies === 'step') {
      throw new ConfigError(
        'log-loss: the loss makes decisions, and no probabilities, of the output',
      );
    }
    const counting = countedPositions('log-loss', output, target, data);
    if (counting) {
      // Of a label that does not count the row is all zeros.
      const wanted = oneHot(target, data.classes!);
      const nats = neg(sum(mul(wanted, log(clip(predictedValues(output, data))))));
      return { nats, counted: sum(counting) };
    }
    const { actual, isExclusive } = predictions('log-loss', output, target, data);
    const probability = clip(predictedValues(output, data));
    if (isExclusive) {
      const wanted = data.classes === undefined ? target : oneHot(target, data.classes);
      return { nats: neg(sum(mul(wanted, log(probability)), { axes: 1 })) };
    }
    if (output.shape[1] !== 1) {
      throw new ShapeError(
        `log-loss: ${output.shape[1]} labels, any number of which may apply; expected classes of which each sample has one, or targets [N, 1]`,
      );
    }
    const label = data.classes === undefined ? target : actual;
    const applying = mul(label, log(probability));
    return { nats: neg(sum(add(applying, mul(sub(1, label), log(clip(sub(1, probability))))))) };
  },
  finish: ({ nats, counted }, samples) => quotient(nats![0]!, counted?.[0] ?? samples),
};

function clip(probability: Tensor): Tensor {
  const most = 1 - LEAST;
  const raised = add(relu(sub(probability, LEAST)), LEAST);
  return sub(raised, relu(sub(raised, most)));
}
