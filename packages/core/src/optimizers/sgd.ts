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

export function sgdRule(config: SgdConfig): OptimizerRule<'sgd'> | OptimizerRule<'momentum'> {
  return config.momentum === 0 ? plainRule(config) : momentumRule(config);
}

function plainRule({ weightDecay }: SgdConfig): OptimizerRule<'sgd'> {
  return {
    kernel: 'sgd',
    slots: NO_SLOTS,

    scalars(_step, learningRate, out) {
      out.lr = learningRate;
      out.weightDecay = weightDecay;
    },

    reference(scalars, p, _slots, g) {
      const round = rounding(p);
      const lr = round(scalars.lr);
      const weightDecay = round(scalars.weightDecay);
      for (let i = 0; i < p.length; i++) {
        p[i] = p[i]! - round(lr * decayed(g[i]!, p[i]!, weightDecay, round));
      }
    },
  };
}

function momentumRule(config: SgdConfig): OptimizerRule<'momentum'> {
  return {
    kernel: 'momentum',
    slots: SLOTS,

    scalars(step, learningRate, out) {
      out.lr = learningRate;
      out.momentum = config.momentum;
      out.gain = 1 - config.dampening;
      out.weightDecay = config.weightDecay;
      out.nesterov = config.nesterov ? 1 : 0;
      out.first = step === 0 ? 1 : 0;
    },

    reference(scalars, p, [v], g) {
      const round = rounding(p);
      const lr = round(scalars.lr);
      const momentum = round(scalars.momentum);
      const gain = round(scalars.gain);
      const weightDecay = round(scalars.weightDecay);
      for (let i = 0; i < p.length; i++) {
        const gradient = decayed(g[i]!, p[i]!, weightDecay, round);
        const velocity =
          scalars.first === 1 ? gradient : round(round(momentum * v![i]!) + round(gain * gradient));
        v![i] = velocity;
        const direction =
          scalars.nesterov === 1 ? round(gradient + round(momentum * velocity)) : velocity;
        p[i] = p[i]! - round(lr * direction);
      }
    },
  };
}

function decayed(g: number, p: number, weightDecay: number, round: (x: number) => number): number {
  return weightDecay === 0 ? g : round(g + round(weightDecay * p));
}
