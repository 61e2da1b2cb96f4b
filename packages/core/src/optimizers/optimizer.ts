// The optimizers there are: configuration → rule. Options from outside are checked here. To add one,
// write its file, then add it to the type, to the makers and to the rules below.
import { requireKind } from '@lockstep/errors';
import { type AdamConfig, adam, adamRule } from './adam.js';
import { type AdamWConfig, adamw, adamwRule } from './adamw.js';
import { type RmspropConfig, rmsprop, rmspropRule } from './rmsprop.js';
import type { OptimizerRule } from './rule.js';
import { type SgdConfig, sgd, sgdRule } from './sgd.js';

export type { OptimizerRule } from './rule.js';

/** An optimizer as plain data, with all its numbers filled in; survives JSON. */
export type OptimizerConfig = SgdConfig | AdamConfig | AdamWConfig | RmspropConfig;

type Kind = OptimizerConfig['kind'];

const MAKERS: Readonly<Record<Kind, (options: object) => OptimizerConfig>> = {
  sgd,
  adam,
  adamw,
  rmsprop,
};

// Each takes its own kind only; optimizerRule pairs them.
const RULES = { sgd: sgdRule, adam: adamRule, adamw: adamwRule, rmsprop: rmspropRule } as Readonly<
  Record<Kind, (config: OptimizerConfig) => OptimizerRule>
>;

/** How a configured optimizer takes a step. */
export function optimizerRule(config: OptimizerConfig): OptimizerRule {
  return RULES[config.kind](config);
}

/**
 * Reads an optimizer from outside (a file, a message). Options that have a default may be absent.
 *
 * @throws ConfigError if it is no optimizer, has an unknown option, or one is out of range
 */
export function validateOptimizer(json: unknown): OptimizerConfig {
  const { kind, options } = requireKind('optimizer', json, MAKERS);
  return MAKERS[kind](options);
}
