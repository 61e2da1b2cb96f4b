// The built-in optimizers once more, as a user writes them: functions over tensors, after the papers and PyTorch's pages.
import { add, div, mul, type OptimizerConfig, optimizer, sqrt, step, sub } from '@lockstep/core';
import type { BuiltInConfig } from '@lockstep/core/internal';

/** The same optimizer with the same numbers. */
export function ownOptimizer(config: BuiltInConfig): OptimizerConfig {
  switch (config.kind) {
    case 'sgd':
      return ownSgd(config);
    case 'rmsprop':
      return ownRmsprop(config);
    default:
      return ownAdam(config);
  }
}

type Config<Kind extends BuiltInConfig['kind']> = Extract<BuiltInConfig, { kind: Kind }>;

function commonOf({ learningRate, weightDecay, schedule, clipNorm, clipValue }: BuiltInConfig) {
  return {
    ...{ learningRate, weightDecay },
    ...(schedule && { schedule }),
    ...(clipNorm !== undefined && { clipNorm }),
    ...(clipValue !== undefined && { clipValue }),
  };
}

function ownSgd(config: Config<'sgd'>) {
  const { momentum, dampening, nesterov } = config;
  return optimizer('own sgd', {
    state: ['velocity'],
    options: commonOf(config),
    update: ({ parameter, gradient, state: { velocity }, learningRate, weightDecay, step: t }) => {
      const g = add(gradient, mul(weightDecay, parameter));
      // 1 at the first step, when the velocity begins as the gradient.
      const first = step(sub(2, t));
      const gain = add(1 - dampening, mul(dampening, first));
      const v = add(mul(momentum, velocity), mul(gain, g));
      const direction = nesterov ? add(g, mul(momentum, v)) : v;
      return { parameter: sub(parameter, mul(learningRate, direction)), state: { velocity: v } };
    },
  });
}

function ownRmsprop(config: Config<'rmsprop'>) {
  const { alpha, epsilon, momentum } = config;
  return optimizer('own rmsprop', {
    state: ['square', 'velocity'],
    options: commonOf(config),
    update: ({ parameter, gradient, state, learningRate, weightDecay }) => {
      const g = add(gradient, mul(weightDecay, parameter));
      const square = add(mul(alpha, state.square), mul(1 - alpha, mul(g, g)));
      const velocity = add(mul(momentum, state.velocity), div(g, add(sqrt(square), epsilon)));
      return {
        parameter: sub(parameter, mul(learningRate, velocity)),
        state: { square, velocity },
      };
    },
  });
}

function ownAdam(config: Config<'adam' | 'adamw'>) {
  const { beta1, beta2, epsilon } = config;
  const decoupled = config.kind === 'adamw';
  return optimizer('own adam', {
    state: ['m', 'v'],
    options: commonOf(config),
    update: ({ parameter, gradient, state, learningRate, weightDecay, power }) => {
      const p = decoupled ? mul(parameter, sub(1, mul(learningRate, weightDecay))) : parameter;
      const g = decoupled ? gradient : add(gradient, mul(weightDecay, parameter));
      const m = add(mul(beta1, state.m), mul(1 - beta1, g));
      const v = add(mul(beta2, state.v), mul(1 - beta2, mul(g, g)));
      const mean = div(m, sub(1, power(beta1)));
      const variance = div(v, sub(1, power(beta2)));
      const direction = div(mean, add(sqrt(variance), epsilon));
      return { parameter: sub(p, mul(learningRate, direction)), state: { m, v } };
    },
  });
}
