// The mean and the deviation of each channel of a dataset: what `normalize` of @lockstep/core takes.
// Invariant: sums in float64 in the samples' order, so the same numbers on every machine.
import { ConfigError, type Dataset } from '@lockstep/core';
import { describeValue } from '@lockstep/errors';

/** Mean and standard deviation of each channel, as `normalize` takes them. */
export interface ChannelStatistics {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/**
 * Mean and standard deviation of each channel over all samples and pixels, as the network sees values: after they are
 * divided. Of pictures [channels, height, width] one for each channel; of any other shape one for all values.
 *
 * @returns a channel that never changes has the deviation 1, so that it can be divided by
 * @throws ConfigError if it is no dataset, its samples are tokens, or they are several inputs by name
 */
export function channelStatistics(
  data: Pick<
    Dataset,
    'samples' | 'inputShape' | 'inputs' | 'inputDivisor' | 'inputParts' | 'vocabulary'
  >,
): ChannelStatistics {
  checkChannels(data);
  const { samples, inputShape, inputs, inputDivisor } = data;
  const channels = inputShape.length === 3 ? inputShape[0]! : 1;
  const size = inputShape.reduce((a, b) => a * b, 1);
  const plane = size / channels;
  const mean: number[] = [];
  const std: number[] = [];
  for (let channel = 0; channel < channels; channel++) {
    const each = (visit: (value: number) => void): void => {
      for (let sample = 0; sample < samples; sample++) {
        const first = sample * size + channel * plane;
        for (let i = first; i < first + plane; i++) visit(inputs[i]!);
      }
    };
    let sum = 0;
    each((value) => {
      sum += value;
    });
    const middle = sum / (samples * plane);
    let squares = 0;
    each((value) => {
      squares += (value - middle) * (value - middle);
    });
    const deviation = Math.sqrt(squares / (samples * plane)) / inputDivisor;
    mean.push(middle / inputDivisor);
    std.push(deviation > 0 ? deviation : 1);
  }
  return { mean, std };
}

function checkChannels(data: Partial<Dataset> | undefined): void {
  const refuse = (why: string): ConfigError => new ConfigError(`channelStatistics: ${why}`);
  if (!data?.inputShape || !data.inputs) {
    throw refuse(`expected one dataset, such as data.train, got ${describeValue(data)}`);
  }
  if (data.vocabulary !== undefined) {
    throw refuse('samples are tokens, whose numbers have no mean that says anything');
  }
  if (data.inputParts) {
    const names = data.inputParts.map(({ name }) => name).join(', ');
    throw refuse(
      `a sample is several inputs by name (${names}), expected a dataset of one of them`,
    );
  }
}
