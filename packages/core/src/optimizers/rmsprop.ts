// RMSprop, with or without momentum. As PyTorch 1.13's torch.optim.RMSprop: epsilon is added after the
// square root. The centered variant is not supported.
import { checkOptions, type OptionNames, requireNumber } from '@lockstep/errors';
import {
  COMMON_OPTIONS,
  type CommonConfig,
  type CommonOptions,
  commonConfig,
  MIN_EPSILON,
  type OptimizerRule,
  rounding,
} from './rule.js';

export interface RmspropConfig extends CommonConfig {
  readonly kind: 'rmsprop';
  readonly alpha: number;
  readonly epsilon: number;
  readonly momentum: number;
  readonly weightDecay: number;
}

export interface RmspropOptions extends CommonOptions {
  alpha?: number;
  epsilon?: number;
  momentum?: number;
  weightDecay?: number;
}

const OPTIONS: OptionNames<RmspropOptions> = {
  ...COMMON_OPTIONS,
  alpha: true,
  epsilon: true,
  momentum: true,
  weightDecay: true,
};

/** Place of the step's only scalar. */
const RATE = 0;

const SLOTS: readonly string[] = ['square_avg'];
const MOMENTUM_SLOTS: readonly string[] = ['square_avg', 'momentum_buffer'];

/**
 * g' = g + weightDecay × p; s = alpha × s + (1 − alpha) × g'²;
 * without momentum p −= learningRate × g' / (√s + epsilon);
 * with momentum b = momentum × b + g' / (√s + epsilon) and p −= learningRate × b.
 *
 * @param options.learningRate 0.01
 * @param options.alpha in [0, 1); 0.99
 * @param options.epsilon 1e-8
 * @param options.momentum in [0, 1); 0
 * @param options.weightDecay an L2 penalty; 0
 * @throws ConfigError if an option is unknown or out of range
 *
 * Source: Hinton, Neural Networks for Machine Learning (2012), lecture 6e.
 */
export function rmsprop(options: RmspropOptions = {}): RmspropConfig {
  checkOptions('rmsprop', options, OPTIONS);
  const { alpha = 0.99, epsilon = 1e-8, momentum = 0, weightDecay = 0 } = options;
  return {
    kind: 'rmsprop',
    ...commonConfig('rmsprop', options, 0.01),
    alpha: requireNumber('rmsprop', 'alpha', alpha, { min: 0, below: 1 }),
    epsilon: requireNumber('rmsprop', 'epsilon', epsilon, { min: MIN_EPSILON }),
    momentum: requireNumber('rmsprop', 'momentum', momentum, { min: 0, below: 1 }),
    weightDecay: requireNumber('rmsprop', 'weightDecay', weightDecay, { min: 0 }),
  };
}

export const rmspropRule: OptimizerRule<RmspropConfig> = {
  kind: 'rmsprop',

  slots(config) {
    return config.momentum === 0 ? SLOTS : MOMENTUM_SLOTS;
  },

  scalars(_config, _step, learningRate, out) {
    out[RATE] = learningRate;
  },

  reference(config, scalars, p, slots, g, n) {
    const round = rounding(p);
    const rate = round(scalars[RATE]!);
    const alpha = round(config.alpha);
    const oneMinusAlpha = round(1 - config.alpha);
    const epsilon = round(config.epsilon);
    const momentum = round(config.momentum);
    const weightDecay = round(config.weightDecay);
    const s = slots[0]!;
    const b = slots[1];
    for (let i = 0; i < n; i++) {
      const parameter = p[i]!;
      let gradient = g[i]!;
      if (weightDecay !== 0) gradient = round(gradient + round(weightDecay * parameter));
      const square = round(
        round(alpha * s[i]!) + round(round(oneMinusAlpha * gradient) * gradient),
      );
      s[i] = square;
      const deviation = round(round(Math.sqrt(square)) + epsilon);
      if (b === undefined) {
        p[i] = parameter - round(round(rate * gradient) / deviation);
      } else {
        const velocity = round(round(momentum * b[i]!) + round(gradient / deviation));
        b[i] = velocity;
        p[i] = parameter - round(rate * velocity);
      }
    }
  },

  kernel(config, kernels, scalars, pOut, slotsOut, p, slots, g, more, n, count) {
    const { alpha, epsilon, weightDecay, momentum } = config;
    const rate = scalars[RATE]!;
    if (momentum === 0) {
      return kernels.rmsprop(
        pOut,
        slotsOut[0]!,
        p,
        slots[0]!,
        g,
        more,
        n,
        count,
        rate,
        alpha,
        1 - alpha,
        epsilon,
        weightDecay,
      );
    }
    return kernels.rmspropMomentum(
      pOut,
      slotsOut[0]!,
      slotsOut[1]!,
      p,
      slots[0]!,
      slots[1]!,
      g,
      more,
      n,
      count,
      rate,
      alpha,
      1 - alpha,
      epsilon,
      weightDecay,
      momentum,
    );
  },
};
