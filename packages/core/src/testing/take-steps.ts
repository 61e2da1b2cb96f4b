// Takes steps of a plan on one thread, as `fit` does, without looking at what comes out.
import { createMemory } from '@lockstep/kernels';
import { batchOf } from '@lockstep/tree';
import type { Dataset } from '../dataset.js';
import { Replica, reductionOfOne } from '../run/replica.js';
import type { RunPlan } from '../run/run-plan.js';
import {
  initialParameters,
  type Parameters,
  readState,
  startState,
  writeState,
} from '../run/state.js';

/** @returns the parameters after `steps` steps in file order */
export function takeSteps(plan: RunPlan, data: Dataset, steps: number): Parameters {
  const { config } = plan;
  const memory = createMemory(plan.memory.bytes);
  writeState(plan, memory, 0, startState(initialParameters(config.graph, config.seed)));
  const replica = new Replica(plan, memory, 0, data);
  const reduction = reductionOfOne(plan);
  for (let step = 0; step < steps; step++) {
    const batch = batchOf(plan.batches, step);
    const { samples } = batch;
    replica.computeShards(step, batch, undefined);
    replica.reduceSums(reduction);
    replica.reduceTiles(0, plan.tiles, reduction, samples);
    replica.updateTiles(0, plan.tiles, reduction, step, samples);
  }
  return readState(plan, memory, steps).parameters;
}
