// The list of all-reduces that there are.
import type { AllReduceGroup, AllReduceMethod } from './all-reduce.js';
import { alone } from './alone.js';
import { mesh } from './mesh.js';
import { star } from './star.js';
import { swap } from './swap.js';

export const METHODS: readonly AllReduceMethod[] = [alone, star, swap, mesh];

/** The way in which ranks of this topology, with these shards, all-reduce. */
export function allReduceFor(group: AllReduceGroup): AllReduceMethod {
  return METHODS.find((method) => method.topology === group.topology && method.suits(group))!;
}
