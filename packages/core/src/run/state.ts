// The state of a run at a step: parameters, optimizer vectors and the epoch's running loss, in the memory.
// In and out it is in the exported (PyTorch) layout, a tensor a parameter; inside it is flat.
import { ConfigError, NonFiniteError, ShapeError } from '../errors.js';
import { initialize } from '../initializers/initialize.js';
import {
  exportParameter,
  importParameter,
  type ParameterLayout,
  type ParameterSlot,
} from '../plan/parameters.js';
import { formatShape, sameShape } from '../shape.js';
import { type Reduction, stateIndex, unaddedPartial } from './replica.js';
import type { RunPlan } from './run-plan.js';

/** Numbers with a shape, row-major, in the exported layout. */
export interface ParameterValues {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** A network's parameters by name, in declaration order. */
export type Parameters = ReadonlyMap<string, ParameterValues>;

export interface RunState {
  readonly parameters: Parameters;
  /** For each of the optimizer's vectors, its part for each parameter. */
  readonly slots: ReadonlyMap<string, Parameters>;
  /** Sum of the losses of the epoch's samples so far. */
  readonly epochLoss: number;
}

/** The parameters that a seed gives. */
export function initialParameters(graph: RunPlan['config']['graph'], seed: number): Parameters {
  return new Map(
    graph.parameters.map(({ name, shape, init }, index) => [
      name,
      { shape, data: initialize(init, shape, seed, index) },
    ]),
  );
}

/** What a run starts from: the given parameters and zeroed optimizer vectors. */
export function startState(parameters: Parameters): RunState {
  return { parameters, slots: new Map(), epochLoss: 0 };
}

function vector(
  memory: WebAssembly.Memory,
  address: number,
  layout: ParameterLayout,
): Float32Array {
  return new Float32Array(memory.buffer, address, layout.length);
}

function exportAll(layout: ParameterLayout, flat: Float32Array): Parameters {
  return new Map(
    layout.slots.map((slot) => [
      slot.name,
      { shape: slot.shape, data: exportParameter(slot, flat) },
    ]),
  );
}

/** Copies the state that step `step` starts from out of the memory. */
export function readState(plan: RunPlan, memory: WebAssembly.Memory, step: number): RunState {
  const map = plan.memory.states[stateIndex(step)];
  return {
    parameters: exportAll(plan.layout, vector(memory, map.parameters, plan.layout)),
    slots: new Map(
      plan.slots.map((name, i) => [
        name,
        exportAll(plan.layout, vector(memory, map.slots[i]!, plan.layout)),
      ]),
    ),
    epochLoss: new Float64Array(memory.buffer, map.metrics, 1)[0]!,
  };
}

/**
 * Copies a state into the memory, as what step `step` starts from. Before the first step a state without
 * optimizer vectors has zeros.
 *
 * @throws ShapeError or ConfigError if a tensor is missing, unknown or of another shape
 * @throws NonFiniteError if a value is NaN or infinite
 */
export function writeState(
  plan: RunPlan,
  memory: WebAssembly.Memory,
  step: number,
  state: RunState,
): void {
  checkParameters(plan.layout, state.parameters, step);
  const map = plan.memory.states[stateIndex(step)];
  importAll(plan.layout, vector(memory, map.parameters, plan.layout), state.parameters);
  for (const [i, name] of plan.slots.entries()) {
    const flat = vector(memory, map.slots[i]!, plan.layout);
    const values = state.slots.get(name);
    if (values) {
      checkParameters(plan.layout, values, step);
      importAll(plan.layout, flat, values);
    } else if (step > 0 || state.slots.size > 0) {
      throw new ConfigError(`state: the optimizer's "${name}" is missing at step ${step}`);
    } else {
      flat.fill(0);
    }
  }
  new Float64Array(memory.buffer, map.metrics, 1)[0] = state.epochLoss;
}

function importAll(layout: ParameterLayout, flat: Float32Array, values: Parameters): void {
  flat.fill(0);
  for (const slot of layout.slots) importParameter(slot, flat, values.get(slot.name)!.data);
}

/** @throws ConfigError, ShapeError or NonFiniteError unless the parameters are the network's */
export function checkParameters(layout: ParameterLayout, parameters: Parameters, step = 0): void {
  const known = new Set(layout.slots.map(({ name }) => name));
  for (const name of parameters.keys()) {
    if (!known.has(name)) {
      throw new ConfigError(
        `parameters: "${name}" is not in the model, which has ${[...known].join(', ')}`,
      );
    }
  }
  for (const slot of layout.slots) {
    const values = parameters.get(slot.name);
    if (!values) throw new ConfigError(`parameters: "${slot.name}" is missing`);
    if (!sameShape(values.shape, slot.shape) || values.data.length !== slot.size) {
      throw new ShapeError(
        `parameters: "${slot.name}" is ${formatShape(values.shape)}, the model expects ${formatShape(slot.shape)}. Was a layer's size changed?`,
      );
    }
    if (!values.data.every(Number.isFinite)) {
      throw new NonFiniteError(step, `parameters: "${slot.name}" holds a value that is not finite`);
    }
  }
}

/**
 * Why step `step` was not taken: the first parameter whose mean gradient, new value or new optimizer vector is
 * not finite.
 *
 * @param reduction the additions of which the reducing and the update have been done
 */
export function nonFiniteError(
  plan: RunPlan,
  memory: WebAssembly.Memory,
  step: number,
  reduction: Reduction,
  loss: number,
): NonFiniteError {
  const advice = 'Try a smaller learning rate, or clipNorm. The last good state is kept';
  const next = plan.memory.states[stateIndex(step + 1)];
  const find = (address: number, what: string): string | undefined =>
    findNonFinite(plan.layout, vector(memory, address, plan.layout), what);
  const gradient = vector(memory, reduction.root, plan.layout).slice();
  const more = unaddedPartial(plan, reduction);
  if (more)
    vector(memory, more, plan.layout).forEach((x, i) => {
      gradient[i]! += x;
    });
  let culprit =
    findNonFinite(plan.layout, gradient, 'gradient of') ?? find(next.parameters, 'new value of');
  for (const [i, name] of plan.slots.entries()) {
    culprit ??= find(next.slots[i]!, `optimizer's ${name} of`);
  }
  const what = Number.isFinite(loss) ? culprit : `loss is ${loss}${culprit ? `, ${culprit}` : ''}`;
  return new NonFiniteError(step, `train: step ${step}: ${what}. ${advice}`);
}

function findNonFinite(
  layout: ParameterLayout,
  flat: Float32Array,
  what: string,
): string | undefined {
  const isBad = ({ offset, size }: ParameterSlot): boolean =>
    !flat.subarray(offset, offset + size).every(Number.isFinite);
  const slot = layout.slots.find(isBad);
  return slot && `the ${what} "${slot.name}" is not finite`;
}

/** The parameters' float32 little-endian bytes, in declaration order, in the exported layout. */
export function parameterBytes(parameters: Parameters): Uint8Array<ArrayBuffer> {
  const floats = [...parameters.values()].reduce((length, { data }) => length + data.length, 0);
  const all = new Float32Array(floats);
  let offset = 0;
  for (const { data } of parameters.values()) {
    all.set(data, offset);
    offset += data.length;
  }
  return new Uint8Array(all.buffer);
}

/** The weights hash: SHA-256 over `parameterBytes`, in hex. Two runs are equal when their hashes are. */
export async function weightsHash(parameters: Parameters): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', parameterBytes(parameters));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
