// The optimizers there are: configuration → rule. Options from outside are checked here. A new one is its file and a line
// in the list.
import { requireKind } from '@lockstep/errors';
import { adam, adamRule } from './adam.js';
import { adamw, adamwRule } from './adamw.js';
import { type CustomConfig, custom } from './custom/custom.js';
import { customRule } from './custom/rule.js';
import { rmsprop, rmspropRule } from './rmsprop.js';
import type { GraphRule, OptimizerRule } from './rule.js';
import { sgd, sgdRule } from './sgd.js';

export type { OptimizerRule } from './rule.js';

/** By kind: what makes one of its options, and how that takes a step. */
const BUILT_IN = {
  sgd: { make: sgd, rule: sgdRule },
  adam: { make: adam, rule: adamRule },
  adamw: { make: adamw, rule: adamwRule },
  rmsprop: { make: rmsprop, rule: rmspropRule },
};

type Kind = keyof typeof BUILT_IN;

/** Of one that the library has. */
export type BuiltInConfig = ReturnType<(typeof BUILT_IN)[Kind]['make']>;

/** An optimizer as plain data, with all its numbers filled in; survives JSON. */
export type OptimizerConfig = BuiltInConfig | CustomConfig;

/** Their kinds, without those that somebody writes. */
export function optimizerNames(): string[] {
  return Object.keys(BUILT_IN);
}

/** How a configured optimizer takes a step. */
export function optimizerRule(config: BuiltInConfig): OptimizerRule;
export function optimizerRule(config: OptimizerConfig): OptimizerRule | GraphRule;
export function optimizerRule(config: OptimizerConfig): OptimizerRule | GraphRule {
  if (config.kind === 'custom') return customRule(config);
  // Each takes its own kind only, which the list pairs.
  const { rule } = BUILT_IN[config.kind] as { rule(config: BuiltInConfig): OptimizerRule };
  return rule(config);
}

/**
 * Reads an optimizer from outside (a file, a message). Options that have a default may be absent.
 *
 * @throws ConfigError if it is no optimizer, has an unknown option, or one is out of range
 */
export function validateOptimizer(json: unknown): OptimizerConfig {
  if ((json as { kind?: unknown } | null)?.kind === 'custom') {
    const { kind, ...options } = json as { kind: 'custom' };
    return custom(options);
  }
  const { kind, options } = requireKind('optimizer', json, BUILT_IN);
  return BUILT_IN[kind].make(options);
}
