// Adam, and the update that AdamW shares with it: the two differ only in where the weight decay goes,
// into the gradient (Adam, an L2 penalty) or straight into the parameters (AdamW).
// As PyTorch 1.13's torch.optim.Adam, without amsgrad.

import { checkOptions, type OptionNames, requireNumber } from '@lockstep/errors';
import { powInteger } from '../math/elementary.js';
import {
  COMMON_OPTIONS,
  type CommonConfig,
  type CommonOptions,
  commonConfig,
  MIN_EPSILON,
  type OptimizerRule,
  rounding,
} from './rule.js';

/** Adam's options, which are AdamW's as well. */
export interface MomentsConfig extends CommonConfig {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
}

export interface AdamConfig extends MomentsConfig {
  readonly kind: 'adam';
}

export interface MomentsOptions extends CommonOptions {
  beta1?: number;
  beta2?: number;
  epsilon?: number;
  weightDecay?: number;
}

const OPTIONS: OptionNames<MomentsOptions> = {
  ...COMMON_OPTIONS,
  beta1: true,
  beta2: true,
  epsilon: true,
  weightDecay: true,
};

const SLOTS: readonly string[] = ['exp_avg', 'exp_avg_sq'];

/**
 * g' = g + weightDecay × p; m = beta1 × m + (1 − beta1) × g'; v = beta2 × v + (1 − beta2) × g'²;
 * p −= (learningRate / (1 − beta1^t) × m) / (√v / √(1 − beta2^t) + epsilon), with t = step + 1.
 *
 * @param options.learningRate 0.001
 * @param options.beta1 in [0, 1); 0.9
 * @param options.beta2 in [0, 1); 0.999
 * @param options.epsilon 1e-8
 * @param options.weightDecay an L2 penalty; 0
 * @throws ConfigError if an option is unknown or out of range
 *
 * Source: Kingma, Ba, "Adam: a method for stochastic optimization", ICLR 2015.
 */
export function adam(options: MomentsOptions = {}): AdamConfig {
  return { kind: 'adam', ...momentsConfig('adam', options, 0) };
}

/** Checks the options that Adam and AdamW share. */
export function momentsConfig(
  operation: string,
  options: MomentsOptions,
  defaultWeightDecay: number,
): MomentsConfig {
  checkOptions(operation, options, OPTIONS);
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = defaultWeightDecay } = options;
  return {
    ...commonConfig(operation, options, 0.001),
    beta1: requireNumber(operation, 'beta1', beta1, { min: 0, below: 1 }),
    beta2: requireNumber(operation, 'beta2', beta2, { min: 0, below: 1 }),
    epsilon: requireNumber(operation, 'epsilon', epsilon, { min: MIN_EPSILON }),
    weightDecay: requireNumber(operation, 'weightDecay', weightDecay, { min: 0 }),
  };
}

/**
 * The rule of the family.
 *
 * @param decoupled true: weight decay shrinks the parameters; false: it is added to the gradient
 */
export function momentsRule(config: MomentsConfig, decoupled: boolean): OptimizerRule<'adam'> {
  return {
    kernel: 'adam',
    slots: SLOTS,

    scalars(step, learningRate, out) {
      out.stepSize = learningRate / (1 - powInteger(config.beta1, step + 1));
      out.beta1 = config.beta1;
      out.oneMinusBeta1 = 1 - config.beta1;
      out.beta2 = config.beta2;
      out.oneMinusBeta2 = 1 - config.beta2;
      out.scale2 = 1 / Math.sqrt(1 - powInteger(config.beta2, step + 1));
      out.eps = config.epsilon;
      out.weightDecay = decoupled ? 0 : config.weightDecay;
      out.decay = decoupled ? 1 - learningRate * config.weightDecay : 1;
    },

    reference(scalars, p, slots, g) {
      const round = rounding(p);
      const stepSize = round(scalars.stepSize);
      const scale2 = round(scalars.scale2);
      const weightDecay = round(scalars.weightDecay);
      const decay = round(scalars.decay);
      const beta1 = round(scalars.beta1);
      const oneMinusBeta1 = round(scalars.oneMinusBeta1);
      const beta2 = round(scalars.beta2);
      const oneMinusBeta2 = round(scalars.oneMinusBeta2);
      const eps = round(scalars.eps);
      const m = slots[0]!;
      const v = slots[1]!;
      for (let i = 0; i < p.length; i++) {
        const parameter = round(p[i]! * decay);
        let gradient = g[i]!;
        if (weightDecay !== 0) gradient = round(gradient + round(weightDecay * p[i]!));
        const mean = round(round(beta1 * m[i]!) + round(oneMinusBeta1 * gradient));
        const square = round(
          round(beta2 * v[i]!) + round(round(oneMinusBeta2 * gradient) * gradient),
        );
        m[i] = mean;
        v[i] = square;
        const deviation = round(round(round(Math.sqrt(square)) * scale2) + eps);
        p[i] = parameter - round(round(stepSize * mean) / deviation);
      }
    },
  };
}

export function adamRule(config: AdamConfig): OptimizerRule<'adam'> {
  return momentsRule(config, false);
}
