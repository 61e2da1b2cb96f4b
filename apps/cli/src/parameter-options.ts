// The flags that speak of parameters by name: which are frozen, which are trained otherwise, which come from other weights.
// A text means names with commas between them, in which * stands for anything: 'layers.0.*,*.bias'.
import type { Graph, GroupOptions } from '@lockstep/core';
import { type Command, InvalidArgumentError } from 'commander';
import { UsageError } from './errors.js';
import { decimalNumber } from './option-values.js';

export interface ParameterFlags {
  /** As typed; `namePattern` says what it means. */
  readonly freeze?: string;
  /** As typed: `NAMES:setting=x,setting=x`. */
  readonly group?: readonly string[];
  readonly initOnly?: string;
}

/** Flags that may be given several times. */
export const REPEATED: readonly string[] = ['group'];

const SETTINGS: Readonly<Record<string, 'learningRate' | 'learningRateFactor' | 'weightDecay'>> = {
  'learning-rate': 'learningRate',
  'learning-rate-factor': 'learningRateFactor',
  'weight-decay': 'weightDecay',
};

export function addParameterOptions(command: Command): void {
  command
    .option(
      '--freeze <names>',
      "parameters that stay as they are, such as 'layers.0.*,*.bias' (default: none)",
      names,
    )
    .option(
      '--group <rule>',
      "parameters trained otherwise, as '*.bias:weight-decay=0,learning-rate-factor=2'; may be given several times",
      collectGroups,
    );
}

/** What names with * mean. */
export function namePattern(text: string): RegExp {
  const one = (name: string): string =>
    name
      .trim()
      .split('*')
      .map((part) => part.replace(/[.$^()[\]{}+?|\\/-]/g, '\\$&'))
      .join('.*');
  return new RegExp(`^(?:${text.split(',').map(one).join('|')})$`);
}

/** What flags say of parameters, for a run. */
export function groupingOf({ freeze, group = [] }: ParameterFlags): {
  trainable?: (name: string) => boolean;
  groups: readonly GroupOptions[];
} {
  const frozen = freeze === undefined ? undefined : namePattern(freeze);
  return {
    ...(frozen && { trainable: (name: string) => !frozen.test(name) }),
    groups: group.map(groupOf),
  };
}

/** @throws UsageError naming the first of the names that meets none */
export function checkNames(flag: string, text: string, all: readonly string[]): void {
  const stray = text.split(',').find((one) => !all.some((name) => namePattern(one).test(name)));
  if (stray === undefined) return;
  throw new UsageError(
    `${flag} ${stray.trim()}: it meets no parameter; there are ${all.join(', ')}`,
  );
}

/** @throws UsageError if a flag speaks of a parameter that the model has not */
export function checkPatterns({ freeze, group = [] }: ParameterFlags, graph: Graph): void {
  const all = graph.parameters.map(({ name }) => name);
  if (freeze !== undefined) checkNames('--freeze', freeze, all);
  for (const rule of group) checkNames('--group', rule.slice(0, rule.lastIndexOf(':')), all);
}

function groupOf(rule: string): GroupOptions {
  const at = rule.lastIndexOf(':');
  const settings = rule
    .slice(at + 1)
    .split(',')
    .map((setting) => {
      const [name, value] = setting.split('=').map((part) => part.trim());
      const option = SETTINGS[name ?? ''];
      if (option === undefined || value === undefined) {
        throw new InvalidArgumentError(
          `Expected NAMES:setting=x, with settings of ${Object.keys(SETTINGS).join(', ')}.`,
        );
      }
      return [option, decimalNumber()(value)] as const;
    });
  if (at < 1)
    throw new InvalidArgumentError("Expected names and a colon, as '*.bias:weight-decay=0'.");
  return { match: namePattern(names(rule.slice(0, at))), ...Object.fromEntries(settings) };
}

function collectGroups(rule: string, before: readonly string[] = []): readonly string[] {
  groupOf(rule);
  return [...before, rule];
}

/** Names with *, as typed. */
export function names(text: string): string {
  if (text.split(',').every((name) => /^\s*[\w.:*-]+\s*$/.test(name))) return text;
  throw new InvalidArgumentError(
    "Expected names of parameters with commas between them, in which * stands for anything, such as 'layers.0.*,*.bias'.",
  );
}
