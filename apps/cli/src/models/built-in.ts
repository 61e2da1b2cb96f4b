// The contract of a built-in network on the command line: which flags it takes, what they are where nobody gives them, and
// how they are found again in a file of its tensors. The network itself stands in @lockstep/core, under `models`.
// A new one is its file, a line in list.ts, and a flag in flags.ts for every size that no other network has.
import type { Dataset, Model, Parameters } from '@lockstep/core';
import { UsageError } from '../errors.js';
import type { NetworkFlags } from './flags.js';

/** Flags of training that a network may have another default for. */
export interface UsualFlags {
  readonly optimizer?: string;
  readonly learningRate?: number;
  readonly momentum?: number;
  readonly nesterov?: boolean;
  readonly weightDecay?: number;
  readonly clipNorm?: number;
  readonly schedule?: string;
  readonly warmupEpochs?: number;
  readonly warmupSteps?: number;
  readonly batchSize?: number;
  readonly augment?: string;
}

export interface BuiltInModel {
  readonly name: string;
  /** The flags that it takes, and what each is by default. */
  readonly flags: Partial<NetworkFlags>;
  /** Of a network that takes the tokens of a text: whether it takes nothing else. */
  readonly text?: 'taken' | 'needed';
  /** @param dataset its name: what training is by default, where that is not what it is for every network */
  usual?(dataset: string): UsualFlags;
  /**
   * @param flags given ones, and defaults for the others
   * @param outputs numbers that it gives for a sample, or for each place of a sample
   */
  build(flags: Partial<NetworkFlags>, outputs: number, data: Dataset): Model;
  /**
   * The flags of the network that has these tensors.
   *
   * @param what whose they are, for the error
   * @throws UsageError if they are not this network's
   */
  flagsOf(parameters: Parameters, what: string): Partial<NetworkFlags>;
}

/**
 * A built-in network whose functions see the flags that it takes, all of them set.
 *
 * @param model as BuiltInModel says
 */
export function builtIn<K extends keyof NetworkFlags>(model: {
  readonly name: string;
  readonly flags: Readonly<Pick<NetworkFlags, K>>;
  readonly text?: 'taken' | 'needed';
  usual?(dataset: string): UsualFlags;
  build(flags: Readonly<Pick<NetworkFlags, K>>, outputs: number, data: Dataset): Model;
  flagsOf(parameters: Parameters, what: string): Partial<Pick<NetworkFlags, K>>;
}): BuiltInModel {
  const { flags, build } = model;
  return {
    ...model,
    flags: flags as Partial<NetworkFlags>,
    build: (given, outputs, data) => build({ ...flags, ...given }, outputs, data),
  };
}

/**
 * A length that says a size of the network.
 *
 * @throws UsageError if there is no such tensor, so that they are another network's
 */
export function sizeOf(
  parameters: Parameters,
  tensor: string,
  axis: number,
  network: string,
  what: string,
): number {
  const size = parameters.get(tensor)?.shape[axis];
  if (size !== undefined) return size;
  throw new UsageError(
    `${what}: expected the tensors of ${network}, of which ${tensor} is one, got ${[...parameters.keys()].slice(0, 8).join(', ')}. Say with --model which network they belong to`,
  );
}

/** How many tensors there are that are numbered so, from 0. */
export function countOf(parameters: Parameters, nameOf: (index: number) => string): number {
  let count = 0;
  while (parameters.has(nameOf(count))) count++;
  return count;
}
