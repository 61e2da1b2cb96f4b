// The least time a step could take on this machine: its arithmetic at the peak, or its traffic at the rate of
// copying, whichever is longer. A lower bound, not a model: nothing is counted that could be left out.
import { networkOf } from '../networks/list.js';
import type { Work } from '../work.js';
import type { Floors } from './floors.js';

/** Numbers to be trained. */
export function parameterCount({ layers, network }: Work): number {
  if (network !== undefined) return networkOf(network).parameters;
  let count = 0;
  for (let i = 1; i < layers.length; i++) count += (layers[i - 1]! + 1) * layers[i]!;
  return count;
}

/** Operations on each parameter: two moments, a division, a square root; or a multiplication and a subtraction. */
const OPTIMIZER_OPERATIONS = { adam: 12, sgd: 2 } as const;
/** Float32 numbers read and written for each parameter: itself, its gradient and its moments, each both ways. */
const OPTIMIZER_NUMBERS = { adam: 8, sgd: 4 } as const;

/**
 * Floating-point operations of a step. Each layer: the product, its weights' gradient and, but for the first
 * layer, its input's gradient. Where inputs are zero the first layer's products can be left out.
 *
 * @param density the share of the inputs that is not zero
 */
export function stepOperations(work: Work, density: number): number {
  let operations = OPTIMIZER_OPERATIONS[work.optimizer] * parameterCount(work);
  if (work.network !== undefined) {
    const network = networkOf(work.network);
    return operations + work.batchSize * (3 * network.operations - network.firstOperations);
  }
  for (let i = 1; i < work.layers.length; i++) {
    const product = 2 * work.batchSize * work.layers[i - 1]! * work.layers[i]!;
    operations += i === 1 ? 2 * product * density : 3 * product;
  }
  return operations;
}

/** Bytes that a step must at least read and write. */
export function stepBytes(work: Work, inputBytes: number): number {
  const batch = work.batchSize * work.layers[0]! * inputBytes;
  return batch + 4 * OPTIMIZER_NUMBERS[work.optimizer] * parameterCount(work);
}

export interface StepFloor {
  readonly seconds: number;
  readonly bound: 'arithmetic' | 'traffic';
}

/**
 * @param threads 1 or all: the counts that the floors were measured for; undefined for another
 * @param kernels what computes, as a run names it
 */
export function stepFloor(
  work: Work,
  density: number,
  inputBytes: number,
  threads: number,
  kernels: string,
  floors: Floors,
): StepFloor | undefined {
  const rates = floors.copy[threads];
  const peak = floors.peaks.find((measured) => measured.kernels === kernels)?.gflops.max;
  if (!rates || peak === undefined) return undefined;
  const bytes = stepBytes(work, inputBytes);
  // The next smaller size that was measured: its rate is higher, so the bound stays a bound.
  const rate = rates.findLast((measured) => measured.bytes <= bytes) ?? rates[0]!;
  const arithmetic = stepOperations(work, density) / (peak * 1e9 * threads);
  const traffic = bytes / (rate.gigabytesPerSecond * 1e9);
  return arithmetic >= traffic
    ? { seconds: arithmetic, bound: 'arithmetic' }
    : { seconds: traffic, bound: 'traffic' };
}
