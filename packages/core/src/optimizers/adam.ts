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

/** Places of the step's scalars. */
const STEP_SIZE = 0;
const SCALE_2 = 1;
const PENALTY = 2;
const DECAY = 3;

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
export function momentsRule<C extends MomentsConfig>(
  kind: string,
  decoupled: boolean,
): OptimizerRule<C> {
  return {
    kind,

    slots() {
      return SLOTS;
    },

    scalars(config, step, learningRate, out) {
      out[STEP_SIZE] = learningRate / (1 - powInteger(config.beta1, step + 1));
      out[SCALE_2] = 1 / Math.sqrt(1 - powInteger(config.beta2, step + 1));
      out[PENALTY] = decoupled ? 0 : config.weightDecay;
      out[DECAY] = decoupled ? 1 - learningRate * config.weightDecay : 1;
    },

    reference(config, scalars, p, slots, g, n) {
      const round = rounding(p);
      const stepSize = round(scalars[STEP_SIZE]!);
      const scale2 = round(scalars[SCALE_2]!);
      const penalty = round(scalars[PENALTY]!);
      const decay = round(scalars[DECAY]!);
      const beta1 = round(config.beta1);
      const oneMinusBeta1 = round(1 - config.beta1);
      const beta2 = round(config.beta2);
      const oneMinusBeta2 = round(1 - config.beta2);
      const epsilon = round(config.epsilon);
      const m = slots[0]!;
      const v = slots[1]!;
      for (let i = 0; i < n; i++) {
        const parameter = round(p[i]! * decay);
        let gradient = g[i]!;
        if (penalty !== 0) gradient = round(gradient + round(penalty * p[i]!));
        const mean = round(round(beta1 * m[i]!) + round(oneMinusBeta1 * gradient));
        const square = round(
          round(beta2 * v[i]!) + round(round(oneMinusBeta2 * gradient) * gradient),
        );
        m[i] = mean;
        v[i] = square;
        const deviation = round(round(round(Math.sqrt(square)) * scale2) + epsilon);
        p[i] = parameter - round(round(stepSize * mean) / deviation);
      }
    },

    kernel(config, kernels, scalars, pOut, slotsOut, p, slots, g, more, n, count) {
      return kernels.adam(
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
        scalars[STEP_SIZE]!,
        config.beta1,
        1 - config.beta1,
        config.beta2,
        1 - config.beta2,
        scalars[SCALE_2]!,
        config.epsilon,
        scalars[PENALTY]!,
        scalars[DECAY]!,
      );
    },
  };
}

export const adamRule: OptimizerRule<AdamConfig> = momentsRule('adam', false);
