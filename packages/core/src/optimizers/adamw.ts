// AdamW: Adam whose weight decay shrinks the parameters directly, by learningRate × weightDecay, before
// the update, and does not pass through the moments. As PyTorch 1.13's torch.optim.AdamW.
import { type MomentsConfig, type MomentsOptions, momentsConfig, momentsRule } from './adam.js';
import type { OptimizerRule } from './rule.js';

export interface AdamWConfig extends MomentsConfig {
  readonly kind: 'adamw';
}

/**
 * p ×= 1 − learningRate × weightDecay, then Adam's update with the plain gradient.
 *
 * @param options as for adam, with weightDecay 0.01 by default
 * @throws ConfigError if an option is unknown or out of range
 *
 * Source: Loshchilov, Hutter, "Decoupled weight decay regularization", ICLR 2019.
 */
export function adamw(options: MomentsOptions = {}): AdamWConfig {
  return { kind: 'adamw', ...momentsConfig('adamw', options, 0.01) };
}

export function adamwRule(config: AdamWConfig): OptimizerRule<'adam'> {
  return momentsRule(config, true);
}
