// Normalisation by given statistics, by those of the shard, whose gradient goes through them, and of groups of single samples.
import { applyOperator, type Tensor } from '../../model/tensor.js';
import { product, sampleShape } from '../../shape.js';
import type { Build, Case } from '../gradient-case.js';

function withChannels({ random, batched }: Build): Tensor {
  const places = Array.from({ length: random.integer(0, 2) }, () => random.integer(1, 3));
  return batched([random.integer(1, 4), ...places]);
}

function channelsOf(x: Tensor): number {
  return x.shape[1] as number;
}

/** Weight and bias, weight, or neither. */
function affine({ random, constant }: Build, channels: number): Tensor[] {
  return Array.from({ length: random.integer(0, 2) }, () => constant([channels]));
}

function statistics(build: Build, x: Tensor): readonly [Tensor, Tensor] {
  const channels = [channelsOf(x)];
  const running = [build.constant(channels), build.constant(channels, 0.5, 2)] as const;
  const mean = applyOperator('shardMean', [x, running[0]]);
  return [mean, applyOperator('shardVariance', [x, mean, running[1]])];
}

// With 0.1 the curve is gentle enough for differences.
const EPSILON = { epsilon: 0.1 };

export const NORMALISATION: Readonly<Record<string, Case>> = {
  shardMean(build) {
    const x = withChannels(build);
    return applyOperator('shardMean', [x, build.constant([channelsOf(x)])]);
  },
  shardVariance(build) {
    const x = withChannels(build);
    const [mean, running] = [0, 1].map(() => build.constant([channelsOf(x)]));
    return applyOperator('shardVariance', [x, mean!, running!]);
  },
  batchNorm(build) {
    const x = withChannels(build);
    const channels = channelsOf(x);
    const given = [build.constant([channels]), build.constant([channels], 0.5, 2)] as const;
    const [mean, variance] = build.random.next() < 0.6 ? statistics(build, x) : given;
    return applyOperator('batchNorm', [x, mean, variance, ...affine(build, channels)], EPSILON);
  },
  groupNorm(build) {
    const { random } = build;
    const groups = random.integer(1, 2);
    const inner = random.integer(1, 3);
    const channels = groups * random.integer(1, 2);
    const rows = random.next() < 0.5 ? [] : [2];
    const x = build.batched([...rows, channels, inner]);
    const record = applyOperator('groupNorm', [x, ...affine(build, channels)], {
      ...EPSILON,
      ...{ shape: x.shape, axis: 1 + rows.length, groups, inner, centred: random.integer(0, 1) },
    });
    return applyOperator('recordOutput', [record], { shape: x.shape });
  },
  recordOutput(build) {
    const x = build.batched([3]);
    const attributes = { axis: 1, groups: 1, inner: 1, centred: 1, ...EPSILON };
    const record = applyOperator('groupNorm', [x], { ...attributes, shape: x.shape });
    const shape = build.random.pick([x.shape, ['N', 1, product(sampleShape(x.shape))] as const]);
    return applyOperator('recordOutput', [record], { shape });
  },
};
