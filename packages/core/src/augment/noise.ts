// Noise: to every value something is added that is drawn for it alone, nearly normal about zero.
// Four bytes of a random word are summed: mean 510, variance 4 (256² − 1) / 12, never further out than 3.45 deviations. So
// it takes one word a value, and no logarithm.
import { checkOptions, type NoOptions, requireNumber } from '@lockstep/errors';
import type { AugmentationRule } from './rule.js';

/** An augmentation: `noise`. */
export interface Noise {
  readonly kind: 'noise';
  readonly deviation: number;
}

/** Of the sum of four uniform bytes: √21845. */
const SUM_DEVIATION = Math.sqrt(21_845);
/** What it is about, and the furthest that it lies from there. */
const SUM_MEAN = 510;

/**
 * Adds noise to every value of a sample, of any shape.
 *
 * @param deviation as the network sees values, so after they were divided; bytes are rounded and stay in [0, 255]
 * @throws ConfigError unless it is above 0
 */
export function noise(deviation = 0.05, options: NoOptions = {}): Noise {
  checkOptions('noise', options, {});
  return {
    kind: 'noise',
    deviation: requireNumber('noise', 'deviation', deviation, { above: 0 }),
  };
}

export const noiseRule: AugmentationRule<Noise> = {
  ofPictures: false,
  number: 'deviation',
  read(options: Partial<Omit<Noise, 'kind'>>) {
    checkOptions('noise', options, { deviation: true });
    return noise(options.deviation);
  },
  problem({ deviation }, { isBytes, divisor }) {
    // Less than half a step is rounded away, always.
    const least = (0.5 * SUM_DEVIATION) / (SUM_MEAN * divisor);
    if (!isBytes || deviation >= least) return undefined;
    return `of ${deviation} changes none of these whole numbers, which are divided by ${divisor}: take more than ${least.toPrecision(2)}`;
  },
  apply({ values, first, size, divisor }, { deviation }, random) {
    const scale = (deviation * divisor) / SUM_DEVIATION;
    const isBytes = values instanceof Uint8Array;
    for (let i = first; i < first + size; i++) {
      const word = random.nextU32();
      const sum = (word & 255) + ((word >>> 8) & 255) + ((word >>> 16) & 255) + (word >>> 24);
      const value = values[i]! + (sum - SUM_MEAN) * scale;
      values[i] = isBytes ? Math.min(255, Math.max(0, Math.floor(value + 0.5))) : value;
    }
  },
};
