// Stochastic gradient descent, with momentum. As PyTorch 1.13's torch.optim.SGD: the velocity begins as
// the first gradient itself (undamped), and the learning rate multiplies the velocity, not the gradient.
// Without momentum there is no state.

import { checkOptions, type OptionNames, requireBoolean, requireNumber } from '@lockstep/errors';
import { ConfigError } from '../errors.js';
import {
  COMMON_OPTIONS,
  type CommonConfig,
  type CommonOptions,
  commonConfig,
  type OptimizerRule,
  rounding,
} from './rule.js';

export interface SgdConfig extends CommonConfig {
  readonly kind: 'sgd';
  readonly momentum: number;
  readonly dampening: number;
  readonly nesterov: boolean;
  readonly weightDecay: number;
}

export interface SgdOptions extends CommonOptions {
  momentum?: number;
  dampening?: number;
  nesterov?: boolean;
  weightDecay?: number;
}

const OPTIONS: OptionNames<SgdOptions> = {
  ...COMMON_OPTIONS,
  momentum: true,
  dampening: true,
  nesterov: true,
  weightDecay: true,
};

/** Places of the step's scalars. */
const RATE = 0;
const GAIN = 1;
const FIRST = 2;

const NO_SLOTS: readonly string[] = [];
const SLOTS: readonly string[] = ['momentum_buffer'];

/**
 * g' = g + weightDecay × p; v = momentum × v + (1 − dampening) × g' (at step 0: v = g');
 * p −= learningRate × (nesterov ? g' + momentum × v : v).
 *
 * @param options.learningRate 0.01
 * @param options.momentum in [0, 1); 0
 * @param options.dampening in [0, 1]; 0
 * @param options.nesterov needs momentum and no dampening; false
 * @param options.weightDecay an L2 penalty; 0
 * @throws ConfigError if an option is unknown or out of range
 *
 * Source: Sutskever et al., "On the importance of initialization and momentum", ICML 2013.
 */
export function sgd(options: SgdOptions = {}): SgdConfig {
  checkOptions('sgd', options, OPTIONS);
  const { momentum = 0, dampening = 0, nesterov = false, weightDecay = 0 } = options;
  const config: SgdConfig = {
    kind: 'sgd',
    ...commonConfig('sgd', options, 0.01),
    momentum: requireNumber('sgd', 'momentum', momentum, { min: 0, below: 1 }),
    dampening: requireNumber('sgd', 'dampening', dampening, { min: 0, max: 1 }),
    nesterov: requireBoolean('sgd', 'nesterov', nesterov),
    weightDecay: requireNumber('sgd', 'weightDecay', weightDecay, { min: 0 }),
  };
  if (nesterov && (momentum === 0 || dampening !== 0)) {
    throw new ConfigError(
      `sgd: nesterov needs momentum > 0 and dampening 0, got momentum ${momentum} and dampening ${dampening}`,
    );
  }
  return config;
}

export const sgdRule: OptimizerRule<SgdConfig> = {
  kind: 'sgd',

  slots(config) {
    return config.momentum === 0 ? NO_SLOTS : SLOTS;
  },

  scalars(config, step, learningRate, out) {
    out[RATE] = learningRate;
    out[GAIN] = 1 - config.dampening;
    out[FIRST] = step === 0 ? 1 : 0;
  },

  reference(config, scalars, p, slots, g, n) {
    const round = rounding(p);
    const rate = round(scalars[RATE]!);
    const gain = round(scalars[GAIN]!);
    const momentum = round(config.momentum);
    const weightDecay = round(config.weightDecay);
    const v = slots[0];
    for (let i = 0; i < n; i++) {
      const parameter = p[i]!;
      let direction = g[i]!;
      if (weightDecay !== 0) direction = round(direction + round(weightDecay * parameter));
      if (v !== undefined) {
        const gradient = direction;
        const velocity =
          scalars[FIRST] === 1 ? gradient : round(round(momentum * v[i]!) + round(gain * gradient));
        v[i] = velocity;
        direction = config.nesterov ? round(gradient + round(momentum * velocity)) : velocity;
      }
      p[i] = parameter - round(rate * direction);
    }
  },

  kernel(config, kernels, scalars, pOut, slotsOut, p, slots, g, more, n, count) {
    const rate = scalars[RATE]!;
    if (config.momentum === 0)
      return kernels.sgd(pOut, p, g, more, n, count, rate, config.weightDecay);
    return kernels.momentum(
      pOut,
      slotsOut[0]!,
      p,
      slots[0]!,
      g,
      more,
      n,
      count,
      rate,
      config.momentum,
      scalars[GAIN]!,
      config.weightDecay,
      config.nesterov ? 1 : 0,
      scalars[FIRST]!,
    );
  },
};
