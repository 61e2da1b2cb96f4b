// Random cases of normalisations: over rows, channels, groups and shards.
import type { NormKernels } from '../../../contract/norm.js';
import type { Draw } from '../draw.js';
import type { RandomCases } from '../random-case.js';

const EPSILONS = [1e-5, 1e-3, 0.1];

/** rows, channels, inner */
function shard(draw: Draw): [rows: number, channels: number, inner: number] {
  const inner = draw.dice.once(2) ? 1 : draw.count(70);
  return [draw.size(inner === 1 ? 40 : 5), draw.count(inner === 1 ? 80 : 9), inner];
}

/** rows, groups, channels, inner */
function groups(draw: Draw): [rows: number, groups: number, channels: number, inner: number] {
  const inner = draw.dice.once(2) ? 1 : draw.count(40);
  return [draw.size(5), draw.dice.between(1, 4), draw.count(inner === 1 ? 150 : 7), inner];
}

const product = (shape: readonly number[]): number => shape.reduce((all, size) => all * size, 1);

/** An array that may be left out. */
function optional(draw: Draw, n: number): number {
  return draw.dice.once(3) ? 0 : draw.floats(n);
}

export const CASES: RandomCases<NormKernels> = {
  shardMean(draw) {
    const of = shard(draw);
    return [draw.room(of[1]), draw.floats(product(of)), ...of];
  },
  shardVariance(draw) {
    const of = shard(draw);
    return [draw.room(of[1]), draw.floats(product(of)), draw.floats(of[1]), ...of];
  },
  batchNorm(draw) {
    const of = shard(draw);
    const [size, channels] = [product(of), of[1]];
    const statistics = [draw.floats(channels), draw.positive(channels)] as const;
    const affine = [optional(draw, channels), optional(draw, channels)] as const;
    const x = draw.floats(size);
    return [draw.room(size), x, ...statistics, ...affine, ...of, draw.dice.pick(EPSILONS)];
  },
  batchNormSums(draw) {
    const of = shard(draw);
    const [size, channels] = [product(of), of[1]];
    const statistics = [draw.floats(channels), draw.positive(channels)] as const;
    const [dy, x] = [draw.floats(size), draw.floats(size)];
    return [draw.room(2 * channels), dy, x, ...statistics, ...of, draw.dice.pick(EPSILONS)];
  },
  batchNormGrad(draw) {
    const of = shard(draw);
    const [size, channels] = [product(of), of[1]];
    const statistics = [draw.floats(channels), draw.positive(channels)] as const;
    const given = [optional(draw, channels), optional(draw, 2 * channels)] as const;
    const [dy, x] = [draw.floats(size), draw.floats(size)];
    return [draw.room(size), dy, x, ...statistics, ...given, ...of, draw.dice.pick(EPSILONS)];
  },
  groupNorm(draw) {
    const of = groups(draw);
    const size = product(of);
    const affine = [optional(draw, of[1] * of[2]), optional(draw, of[1] * of[2])] as const;
    const [out, stats] = [draw.room(size), draw.room(2 * of[0] * of[1])];
    const x = draw.floats(size);
    return [out, stats, x, ...affine, ...of, draw.dice.pick(EPSILONS), draw.dice.below(2)];
  },
  groupNormGrad(draw) {
    const of = groups(draw);
    const size = product(of);
    const [dy, x, stats] = [draw.floats(size), draw.floats(size), draw.floats(2 * of[0] * of[1])];
    const weight = optional(draw, of[1] * of[2]);
    return [draw.room(size), dy, x, stats, weight, ...of, draw.dice.below(2)];
  },
  groupNormSums(draw) {
    const of = groups(draw);
    const size = product(of);
    const [dy, x, stats] = [draw.floats(size), draw.floats(size), draw.floats(2 * of[0] * of[1])];
    return [draw.room(2 * of[1] * of[2]), dy, x, stats, ...of];
  },
};
