import type { NormKernels } from '../../contract/norm.js';
import type { Lab } from '../lab.js';
import { type Cases, some } from './case.js';

/** rows, channels, inner. */
const SHARDS = [
  [5, 7, 1],
  [1, 4, 1],
  [16, 13, 1],
  [0, 6, 1],
  [3, 2, 9],
  [4, 3, 64],
  [1, 1, 35],
  [0, 2, 4],
  [2, 5, 2],
] as const;

/** rows, groups, channels, inner. */
const GROUPS: readonly (readonly [number, number, number, number])[] = [
  [3, 1, 17, 1],
  [2, 1, 64, 1],
  [5, 2, 3, 1],
  [0, 1, 8, 1],
  [2, 2, 3, 9],
  [1, 4, 1, 35],
  [3, 1, 2, 16],
];

/** The statistics of a shard. */
function statistics(lab: Lab, channels: number) {
  return [lab.floats(channels), lab.put(lab.draw(channels).map(Math.abs))] as const;
}

function isAffine(i: number): boolean {
  return i % 3 !== 1;
}

export const CASES: Cases<NormKernels> = {
  shardMean(lab) {
    for (const [rows, channels, inner] of some(lab, SHARDS)) {
      const x = lab.floats(rows * channels * inner);
      lab.kernels.shardMean(lab.room(channels), x, rows, channels, inner);
      lab.done();
    }
  },
  shardVariance(lab) {
    for (const [rows, channels, inner] of some(lab, SHARDS)) {
      const [x, mean] = [lab.floats(rows * channels * inner), lab.floats(channels)];
      lab.kernels.shardVariance(lab.room(channels), x, mean, rows, channels, inner);
      lab.done();
    }
  },
  batchNorm(lab) {
    for (const [i, [rows, channels, inner]] of SHARDS.entries()) {
      const size = rows * channels * inner;
      const [out, x] = [lab.room(size), i % 2 ? lab.floats(size) : lab.awkward(size)];
      const affine = isAffine(i)
        ? ([lab.floats(channels), lab.floats(channels)] as const)
        : ([0, 0] as const);
      const given = statistics(lab, channels);
      lab.kernels.batchNorm(out, x, ...given, ...affine, rows, channels, inner, 1e-5);
      lab.done();
    }
  },
  batchNormSums(lab) {
    for (const [rows, channels, inner] of some(lab, SHARDS)) {
      const size = rows * channels * inner;
      const [out, dy, x] = [lab.room(2 * channels), lab.floats(size), lab.floats(size)];
      const given = statistics(lab, channels);
      lab.kernels.batchNormSums(out, dy, x, ...given, rows, channels, inner, 1e-5);
      lab.done();
    }
  },
  batchNormGrad(lab) {
    for (const [i, [rows, channels, inner]] of SHARDS.entries()) {
      const size = rows * channels * inner;
      const [dx, dy, x] = [lab.room(size), lab.floats(size), lab.floats(size)];
      const given = statistics(lab, channels);
      const weight = isAffine(i) ? lab.floats(channels) : 0;
      const sums = i % 4 !== 3 ? lab.floats(2 * channels) : 0;
      const shard = [rows, channels, inner] as const;
      lab.kernels.batchNormGrad(dx, dy, x, ...given, weight, sums, ...shard, 1e-5);
      lab.done();
    }
  },
  groupNorm(lab) {
    for (const [i, groups] of GROUPS.entries()) {
      const [rows, count, channels, inner] = groups;
      const size = rows * count * channels * inner;
      const [out, stats] = [lab.room(size), lab.room(2 * rows * count)];
      const x = lab.floats(size);
      const weight = isAffine(i) ? lab.floats(count * channels) : 0;
      const bias = isAffine(i) && i % 2 ? lab.floats(count * channels) : 0;
      lab.kernels.groupNorm(out, stats, x, weight, bias, ...groups, 1e-5, (i + 1) % 2);
      lab.done();
    }
  },
  groupNormGrad(lab) {
    for (const [i, groups] of GROUPS.entries()) {
      const [rows, count, channels, inner] = groups;
      const size = rows * count * channels * inner;
      const [dx, dy, x] = [lab.room(size), lab.floats(size), lab.floats(size)];
      const stats = lab.floats(2 * rows * count);
      const weight = isAffine(i) ? lab.floats(count * channels) : 0;
      lab.kernels.groupNormGrad(dx, dy, x, stats, weight, ...groups, (i + 1) % 2);
      lab.done();
    }
  },
  groupNormSums(lab) {
    for (const groups of some(lab, GROUPS)) {
      const [rows, count, channels, inner] = groups;
      const size = rows * count * channels * inner;
      const [out, dy] = [lab.room(2 * count * channels), lab.floats(size)];
      const [x, stats] = [lab.floats(size), lab.floats(2 * rows * count)];
      lab.kernels.groupNormSums(out, dy, x, stats, ...groups);
      lab.done();
    }
  },
};
