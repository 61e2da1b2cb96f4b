// Binary cross-entropy of logits; with a weight of positive targets and label smoothing.
import { checkOptions, describeValue, type OptionNames, requireNumber } from '@lockstep/errors';
import { ConfigError, ShapeError } from '../errors.js';
import { add, applyOperator, mean, mul, sub, Tensor } from '../model/tensor.js';
import { formatShape } from '../shape.js';
import type { Loss } from './loss.js';
import { checkPositive, targetValues } from './two-classes.js';

export interface BinaryCrossEntropyOptions {
  /**
   * How much positive targets count for: one number, or one for each of the k outputs. Negatives ÷ positives makes both
   * sides of a lopsided dataset count the same. Default 1.
   */
  readonly positiveWeight?: number | readonly number[] | undefined;
  /** ε in [0, 1]: a target t becomes (1 − ε) t + ε / 2. Default 0. */
  readonly labelSmoothing?: number | undefined;
  /** Of a dataset's two classes, by name or number, the one that the output speaks for. Default: the second, class 1. */
  readonly positive?: string | number | undefined;
}

const OPTIONS: OptionNames<BinaryCrossEntropyOptions> = {
  positiveWeight: true,
  labelSmoothing: true,
  positive: true,
};

/**
 * Binary cross-entropy from logits [N, k] against targets [N, k] in [0, 1], in nats, averaged over the k
 * values of a sample: max(x, 0) − x·t + log(1 + e^−|x|), which no logit can overflow; with a weight w of positive
 * targets w·t·log(1 + e^−x) + (1 − t)·log(1 + e^x), as PyTorch's BCEWithLogitsLoss with pos_weight. It is a mean over
 * samples, whatever they weigh. Of two classes [N] the one output [N, 1] is the logit of the positive one.
 *
 * @throws ConfigError if an option is out of its range
 * @throws ShapeError when traced, if output and target differ in shape, there are other than two classes, or other
 * numbers of weights than outputs
 * @throws DataError before the first step, if a target is not in [0, 1]
 * Source: Goodfellow, Bengio, Courville, Deep Learning (2016), §6.2.2.2.
 */
export function binaryCrossEntropy(options: BinaryCrossEntropyOptions = {}): Loss {
  checkOptions('binaryCrossEntropy', options, OPTIONS);
  const { positiveWeight, labelSmoothing = 0, positive } = options;
  checkPositive('binaryCrossEntropy', positive);
  requireNumber('binaryCrossEntropy', 'labelSmoothing', labelSmoothing, { min: 0, max: 1 });
  checkPositiveWeight(positiveWeight);
  return {
    name: 'binary-cross-entropy',
    targetFault,
    applies: 'sigmoid',
    build(output, given, data) {
      const { target, ...chosen } = targetValues(
        'binary-cross-entropy',
        output,
        given,
        data,
        positive,
      );
      const wanted =
        labelSmoothing === 0 ? target : add(mul(target, 1 - labelSmoothing), labelSmoothing / 2);
      const terms =
        positiveWeight === undefined
          ? applyOperator('bceWithLogits', [output, wanted])
          : weighted(output, wanted, positiveWeight);
      return {
        loss: mean(terms),
        ...(output.shape.length === 2 && {
          correct: applyOperator('correctBinary', [output, target]),
        }),
        ...chosen,
      };
    },
  };
}

/** w·t·(the loss of a 1) + (1 − t)·(the loss of a 0): neither cancels, however large the logit is. */
function weighted(output: Tensor, target: Tensor, weight: number | readonly number[]): Tensor {
  const { shape, builder } = output;
  if (typeof weight !== 'number' && weight.length !== shape.at(-1)) {
    throw new ShapeError(
      `binary-cross-entropy: there are ${weight.length} positive weights, and the output is ${formatShape(shape)}; expected one number, or ${shape.at(-1)}`,
    );
  }
  const lossOf = (value: number): Tensor => {
    const all = builder.add('broadcast', [builder.constant(value)], { shape });
    return applyOperator('bceWithLogits', [output, new Tensor(builder, all)]);
  };
  return add(mul(mul(target, weight), lossOf(1)), mul(sub(1, target), lossOf(0)));
}

/** @throws ConfigError naming the weight */
function checkPositiveWeight(weight: BinaryCrossEntropyOptions['positiveWeight']): void {
  if (weight === undefined) return;
  if (typeof weight !== 'number' && (!Array.isArray(weight) || weight.length === 0)) {
    throw new ConfigError(
      `binaryCrossEntropy: positiveWeight is ${describeValue(weight)}, expected a number above 0, or a list of one for each output`,
    );
  }
  for (const one of [weight].flat()) {
    requireNumber('binaryCrossEntropy', 'positiveWeight', one as number, { above: 0 });
  }
}

function targetFault(values: Float32Array, start: number, end: number): string | undefined {
  for (let i = start; i < end; i++) {
    const value = values[i]!;
    if (!(value >= 0 && value <= 1)) {
      return `target ${i - start} is ${value}, expected a probability in [0, 1]; two classes are 0 and 1, not -1 and 1 nor 1 and 2`;
    }
  }
  return undefined;
}
