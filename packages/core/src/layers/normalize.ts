// Normalisation by numbers that are known before training: constants of the network, so that whoever asks the trained model
// gives it pictures as they are. Not batch normalisation, which learns its numbers.
import { ConfigError, checkOptions, describeValue, requireNumber } from '@lockstep/errors';
import { ShapeError } from '../errors.js';
import type { Layer } from '../model/model.js';
import { div, requireTensor, sub } from '../model/tensor.js';
import { formatShape } from '../shape.js';

/** What `normalize` takes. */
export interface NormalizeOptions {
  /** Of each channel, or one for all. */
  readonly mean: readonly number[] | number;
  /** The standard deviation of each channel, or one for all; above 0. */
  readonly std: readonly number[] | number;
}

/**
 * (x − mean) / std for each channel of x [N, C, …], as torchvision's Normalize. With one number each, x may have any shape.
 * `channelStatistics` finds them in a dataset.
 *
 * @throws ConfigError unless there are as many means as deviations, finite, and deviations above 0
 * @throws ShapeError when traced, if x has another number of channels
 */
export function normalize(options: NormalizeOptions): Layer {
  checkOptions('normalize', options, { mean: true, std: true });
  const mean = numbers('mean', options.mean);
  const std = numbers('std', options.std);
  for (const [i, one] of std.entries()) {
    requireNumber('normalize', `std[${i}]`, one, { above: 0 });
    requireNumber('normalize', `mean[${i}]`, mean[i]);
  }
  if (mean.length !== std.length) {
    throw new ConfigError(
      `normalize: ${mean.length} means and ${std.length} deviations; expected as many`,
    );
  }
  return (x, scope) => {
    requireTensor('normalize', x);
    if (mean.length === 1) return div(sub(x, mean[0]!), std[0]!);
    if (x.shape[1] !== mean.length) {
      throw new ShapeError(
        `normalize: input is ${formatShape(x.shape)}, expected ${mean.length} channels: [N, ${mean.length}, …]`,
      );
    }
    const shape = [mean.length, ...x.shape.slice(2).map(() => 1)];
    return div(sub(x, scope.constant(mean, shape)), scope.constant(std, shape));
  };
}

function numbers(name: string, given: unknown): readonly number[] {
  if (typeof given === 'number') return [given];
  if (Array.isArray(given) && given.length > 0) return given;
  throw new ConfigError(
    `normalize: ${name} is ${describeValue(given)}, expected a number or a list of one for each channel`,
  );
}
