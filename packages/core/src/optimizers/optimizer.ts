// The optimizers there are: configuration → rule. Options from outside are checked here. A new one is its file and a line
// in the list.
import { requireKind } from '@lockstep/errors';
import { adam, adamRule } from './adam.js';
import { adamw, adamwRule } from './adamw.js';
import { rmsprop, rmspropRule } from './rmsprop.js';
import type { OptimizerRule } from './rule.js';
import { sgd, sgdRule } from './sgd.js';

export type { OptimizerRule } from './rule.js';

/** By kind: what makes one of its options, and how that takes a step. */
const OPTIMIZERS = {
  sgd: { make: sgd, rule: sgdRule },
  adam: { make: adam, rule: adamRule },
  adamw: { make: adamw, rule: adamwRule },
  rmsprop: { make: rmsprop, rule: rmspropRule },
};

type Kind = keyof typeof OPTIMIZERS;

/** An optimizer as plain data, with all its numbers filled in; survives JSON. */
export type OptimizerConfig = ReturnType<(typeof OPTIMIZERS)[Kind]['make']>;

/** Their kinds. */
export function optimizerNames(): string[] {
  return Object.keys(OPTIMIZERS);
}

/** How a configured optimizer takes a step. */
export function optimizerRule(config: OptimizerConfig): OptimizerRule {
  // Each takes its own kind only, which the list pairs.
  const { rule } = OPTIMIZERS[config.kind] as { rule(config: OptimizerConfig): OptimizerRule };
  return rule(config);
}

/**
 * Reads an optimizer from outside (a file, a message). Options that have a default may be absent.
 *
 * @throws ConfigError if it is no optimizer, has an unknown option, or one is out of range
 */
export function validateOptimizer(json: unknown): OptimizerConfig {
  const { kind, options } = requireKind('optimizer', json, OPTIMIZERS);
  return OPTIMIZERS[kind].make(options);
}
