// The built-in networks: whoever wants all of them, or one by its name, asks here. A new one is its file and a line.
import type { Command } from 'commander';
import { UsageError } from '../errors.js';
import type { Given } from '../given.js';
import type { BuiltInModel, UsualFlags } from './built-in.js';
import { NETWORK_FLAG_NAMES, NETWORK_FLAGS, type NetworkFlags } from './flags.js';
import { gpt } from './gpt.js';
import { lenet } from './lenet.js';
import { lstm } from './lstm.js';
import { mlp } from './mlp.js';
import { mlpMixer } from './mlp-mixer.js';
import { resnet } from './resnet.js';

const BUILT_IN_MODELS: readonly BuiltInModel[] = [mlp, lenet, resnet, mlpMixer, lstm, gpt];

export const MODEL_NAMES: readonly string[] = BUILT_IN_MODELS.map(({ name }) => name);

export function builtInNamed(name: string): BuiltInModel | undefined {
  return BUILT_IN_MODELS.find((model) => model.name === name);
}

/** Adds the flags of all networks, each with the networks that take it and what it is for them by default. */
export function addNetworkOptions(command: Command, inWeights: boolean): void {
  for (const flag of NETWORK_FLAG_NAMES) {
    const option = NETWORK_FLAGS[flag]();
    const takers = BUILT_IN_MODELS.filter((model) => flag in model.flags);
    const defaults = takers.map(({ name, flags }) => `${name}: ${shown(flags[flag])}`);
    option.description += inWeights ? ' (default: as in the weights)' : ` (${defaults.join('; ')})`;
    command.addOption(option);
  }
}

function shown(value: unknown): string {
  return Array.isArray(value) && value.length === 0 ? 'none' : String(value);
}

/** A network's flags, all of them set: as given, else by default. Of a network of somebody's own there are none. */
export function networkFlagsOf(model: string, flags: Partial<NetworkFlags>): Partial<NetworkFlags> {
  const own = builtInNamed(model)?.flags ?? {};
  return Object.fromEntries(
    Object.entries(own).map(([flag, value]) => [flag, flags[flag as keyof NetworkFlags] ?? value]),
  );
}

/** @throws UsageError if a flag was given that the model does not take, or a text where it takes none, or none where it must */
export function checkNetworkFlags({
  flags: { model },
  isGiven,
}: Given<{ readonly model: string } & Partial<NetworkFlags>>): void {
  const network = builtInNamed(model);
  const isText = (isGiven as (flag: string) => boolean)('text');
  if (network?.text === 'needed' && !isText) {
    throw new UsageError(`--model ${model}: it needs a text; give --text FILE`);
  }
  if (network && network.text === undefined && isText) {
    const takers = BUILT_IN_MODELS.filter(({ text }) => text !== undefined);
    const names = takers.map(({ name }) => name).join(' or ');
    throw new UsageError(`--text goes with --model ${names}, not with ${model}`);
  }
  const own = network?.flags ?? {};
  for (const flag of NETWORK_FLAG_NAMES) {
    if (!isGiven(flag) || flag in own) continue;
    const takers = BUILT_IN_MODELS.filter(({ flags }) => flag in flags).map(({ name }) => name);
    const [long] = NETWORK_FLAGS[flag]().flags.split(' ');
    throw new UsageError(`${long} goes with --model ${takers.join(' or ')}, not with ${model}`);
  }
}

/** A flag that was given, whatever its value, or one with a value by which the default has no meaning. */
type Decision = string | Readonly<Record<string, unknown>>;

/** A default that somebody has decided against who gave another flag. */
const GIVES_WAY_TO: Readonly<Partial<Record<keyof UsualFlags, readonly Decision[]>>> = {
  learningRate: ['optimizer'],
  momentum: ['optimizer'],
  nesterov: ['optimizer', { momentum: 0 }],
  weightDecay: ['optimizer'],
  warmupEpochs: ['schedule', 'warmupSteps'],
  warmupSteps: ['schedule', 'warmupEpochs'],
};

/** @returns the flags of training that the network has its own defaults for, where nobody gave another */
export function usualFlags<F extends { readonly model: string }>(
  { flags, isGiven }: Given<F>,
  dataset: string,
): UsualFlags {
  const usual = builtInNamed(flags.model)?.usual?.(dataset) ?? {};
  const wasGiven = (flag: string): boolean => isGiven(flag as keyof F & string);
  const isTaken = (decision: Decision): boolean =>
    typeof decision === 'string'
      ? wasGiven(decision)
      : Object.entries(decision).some(
          ([flag, value]) => wasGiven(flag) && flags[flag as keyof F] === value,
        );
  return Object.fromEntries(
    Object.entries(usual).filter(
      ([flag]) => ![flag, ...(GIVES_WAY_TO[flag as keyof UsualFlags] ?? [])].some(isTaken),
    ),
  );
}
