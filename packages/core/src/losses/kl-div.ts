// The Kullback-Leibler divergence of distributions.
import { checkOptions, type OptionNames, requireBoolean } from '@lockstep/errors';
import { ShapeError } from '../errors.js';
import { step } from '../layers/activations.js';
import { add, exp, log, mul, sub, sum } from '../model/tensor.js';
import type { Loss } from './loss.js';
import { requireValues } from './values.js';

/** What `klDivLoss` takes. */
export interface KlDivLossOptions {
  /** Whether targets are logarithms of probabilities. Default false. */
  readonly logTarget?: boolean | undefined;
}

const OPTIONS: OptionNames<KlDivLossOptions> = { logTarget: true };

/**
 * The Kullback-Leibler divergence in nats of the output, which is logarithms of probabilities x (the model ends in
 * `logSoftmax()`), from target probabilities t of the same shape: Σ t (log t − x) over the values of a sample, where a t of 0
 * gives 0. With `logTarget` it is Σ e^t (t − x).
 *
 * As PyTorch's KLDivLoss with `reduction='batchmean'`; its default divides by the number of values, too.
 *
 * @throws ShapeError when traced, if output and target differ in shape, or the data has class labels
 * @throws DataError before the first step, if a target is no probability
 */
export function klDivLoss(options: KlDivLossOptions = {}): Loss {
  checkOptions('klDivLoss', options, OPTIONS);
  const { logTarget = false } = options;
  requireBoolean('klDivLoss', 'logTarget', logTarget);
  return {
    name: 'kl-div',
    ...(!logTarget && { targetFault }),
    build(output, target, data) {
      if (data.classes !== undefined) {
        throw new ShapeError(
          'kl-div: the data has class labels, this loss compares probabilities; use crossEntropy(), or give probabilities as targets',
        );
      }
      requireValues('kl-div', output, target, data);
      if (logTarget) return { loss: sum(mul(exp(target), sub(target, output))) };
      const logs = log(add(target, sub(1, step(target))));
      return { loss: sum(mul(target, sub(logs, output))) };
    },
  };
}

function targetFault(values: Float32Array, start: number, end: number): string | undefined {
  for (let i = start; i < end; i++) {
    const value = values[i]!;
    if (!(value >= 0 && value <= 1)) {
      return `target ${i - start} is ${value}, expected a probability; logarithms of them take klDivLoss({ logTarget: true })`;
    }
  }
  return undefined;
}
