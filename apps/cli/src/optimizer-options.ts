// The flags that say how weights are updated, and the optimizer that they come to: every one that the library has by name,
// with all of its numbers.
import { type OptimizerConfig, validateOptimizer } from '@lockstep/core';
import { optimizerNames } from '@lockstep/core/internal';
import { type Command, Option } from 'commander';
import { dashed } from './data-sources/list.js';
import { UsageError } from './errors.js';
import { decimalNumber, share } from './option-values.js';
import { addScheduleOptions, buildSchedule, type ScheduleFlags } from './schedule-options.js';

const OPTIMIZER_NAMES: readonly string[] = optimizerNames();

/** Numbers that some optimizers have, called as their options are. */
const NUMBERS = ['momentum', 'dampening', 'beta1', 'beta2', 'epsilon', 'alpha'] as const;
const COMMON = ['weightDecay', 'clipNorm', 'clipValue'] as const;

export interface OptimizerFlags
  extends ScheduleFlags,
    Readonly<Partial<Record<(typeof NUMBERS)[number] | (typeof COMMON)[number], number>>> {
  /** Of OPTIMIZER_NAMES. */
  readonly optimizer: string;
  readonly learningRate: number;
  readonly nesterov?: boolean;
}

export function addOptimizerOptions(command: Command): void {
  command
    .addOption(
      new Option('--optimizer <name>', 'how weights are updated')
        .choices(OPTIMIZER_NAMES)
        .default('adam'),
    )
    .option('--learning-rate <x>', 'step size', decimalNumber(), 0.001);
  addScheduleOptions(command);
  command
    .option('--momentum <x>', 'of sgd and rmsprop (default: 0)', decimalNumber(1))
    .option('--dampening <x>', 'of sgd with momentum (default: 0)', share)
    .option('--nesterov', 'of sgd with momentum: look ahead (default: false)')
    .option('--beta1 <x>', 'of adam and adamw (default: 0.9)', decimalNumber(1))
    .option('--beta2 <x>', 'of adam and adamw (default: 0.999)', decimalNumber(1))
    .option('--alpha <x>', 'of rmsprop (default: 0.99)', decimalNumber(1))
    .option('--epsilon <x>', 'of adam, adamw and rmsprop (default: 1e-8)', decimalNumber())
    .option('--weight-decay <x>', 'default: 0; 0.01 for adamw', decimalNumber())
    .option(
      '--clip-norm <x>',
      'scale the gradient down to this norm over all parameters (default: none)',
      decimalNumber(),
    )
    .option(
      '--clip-value <x>',
      'limit each number of the gradient to this (default: none)',
      decimalNumber(),
    );
}

/** @throws UsageError if a flag does not go with the optimizer; ConfigError if it is out of range */
export function buildOptimizer(flags: OptimizerFlags): OptimizerConfig {
  const { optimizer: kind, learningRate } = flags;
  const own = { ...pick(flags, NUMBERS), ...pick(flags, ['nesterov']) };
  for (const flag of Object.keys(own)) {
    if (takes(kind, flag)) continue;
    const others = OPTIMIZER_NAMES.filter((name) => takes(name, flag)).join(' or ');
    const instead = flag === 'momentum' ? `; ${kind} has moments of its own` : `, not with ${kind}`;
    throw new UsageError(`${dashed(flag)} goes with --optimizer ${others}${instead}`);
  }
  const schedule = buildSchedule(flags);
  return validateOptimizer({
    ...{ kind, learningRate, ...(schedule && { schedule }) },
    ...pick(flags, COMMON),
    ...own,
  });
}

function takes(kind: string, flag: string): boolean {
  return flag in validateOptimizer({ kind });
}

function pick(flags: OptimizerFlags, names: readonly (keyof OptimizerFlags)[]): object {
  return Object.fromEntries(
    names.flatMap((name) => (flags[name] === undefined ? [] : [[name, flags[name]]])),
  );
}

/** The optimizer's flags with what a run has of each, for those that are single values of it. */
export function recordedOptimizer(
  optimizer: OptimizerConfig,
): readonly (readonly [keyof OptimizerFlags, recorded: unknown])[] {
  const numbers = optimizer as unknown as Readonly<Record<string, unknown>>;
  const names = ['learningRate', 'nesterov', ...NUMBERS, ...COMMON] as const;
  return [['optimizer', optimizer.kind], ...names.map((name) => [name, numbers[name]] as const)];
}
