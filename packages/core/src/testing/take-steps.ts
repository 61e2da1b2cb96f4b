// Takes steps of a plan on one thread, as `fit` does, without looking at what comes out.
import { wasm } from '@lockstep/kernels';
import type { Dataset } from '../dataset.js';
import { PARAMETERS } from '../plan/state-layout.js';
import type { Parameters } from '../run/parameter-values.js';
import { Replica } from '../run/replica.js';
import type { RunPlan } from '../run/run-plan.js';
import { initialState, readTensors, writeState } from '../run/state.js';
import { Stepper } from '../run/step.js';
import { stepAlone } from '../run/step-alone.js';

/** @returns the parameters after `steps` steps in file order */
export function takeSteps(plan: RunPlan, data: Dataset, steps: number): Parameters {
  const { config } = plan;
  const memory = wasm.createMemory(plan.memory.bytes);
  writeState(plan, memory, 0, initialState(config.graph, config.seed));
  const stepper = new Stepper(
    plan,
    new Replica(plan, memory, 0, { train: data }, wasm.kernels(memory)),
    stepAlone(plan),
  );
  for (let step = 0; step < steps; step++) stepper.take(step);
  return readTensors(plan, memory, steps, PARAMETERS);
}
