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
  type Scalars,
  type Vector,
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

export function rmspropRule(
  config: RmspropConfig,
): OptimizerRule<'rmsprop'> | OptimizerRule<'rmspropMomentum'> {
  const scalars = (learningRate: number, out: Scalars<'rmsprop'>): void => {
    out.lr = learningRate;
    out.alpha = config.alpha;
    out.oneMinusAlpha = 1 - config.alpha;
    out.eps = config.epsilon;
    out.weightDecay = config.weightDecay;
  };
  if (config.momentum === 0) {
    return {
      kernel: 'rmsprop',
      slots: SLOTS,
      scalars: (_step, learningRate, out) => scalars(learningRate, out),
      reference: (scalars, p, [s], g) => update(scalars, 0, p, s!, undefined, g),
    };
  }
  return {
    kernel: 'rmspropMomentum',
    slots: MOMENTUM_SLOTS,
    scalars(_step, learningRate, out) {
      scalars(learningRate, out);
      out.momentum = config.momentum;
    },
    reference: (scalars, p, [s, b], g) => update(scalars, scalars.momentum, p, s!, b, g),
  };
}

/** @param b undefined without momentum */
function update(
  scalars: Readonly<Scalars<'rmsprop'>>,
  ofMomentum: number,
  p: Vector,
  s: Vector,
  b: Vector | undefined,
  g: Vector,
): void {
  const round = rounding(p);
  const lr = round(scalars.lr);
  const alpha = round(scalars.alpha);
  const oneMinusAlpha = round(scalars.oneMinusAlpha);
  const eps = round(scalars.eps);
  const weightDecay = round(scalars.weightDecay);
  const momentum = round(ofMomentum);
  for (let i = 0; i < p.length; i++) {
    const parameter = p[i]!;
    let gradient = g[i]!;
    if (weightDecay !== 0) gradient = round(gradient + round(weightDecay * parameter));
    const square = round(round(alpha * s[i]!) + round(round(oneMinusAlpha * gradient) * gradient));
    s[i] = square;
    const deviation = round(round(Math.sqrt(square)) + eps);
    if (b === undefined) {
      p[i] = parameter - round(round(lr * gradient) / deviation);
    } else {
      const velocity = round(round(momentum * b[i]!) + round(gradient / deviation));
      b[i] = velocity;
      p[i] = parameter - round(lr * velocity);
    }
  }
}
