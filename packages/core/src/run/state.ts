// The state of a run at a step: parameters, optimizer vectors and the epoch's running loss, in the memory.
// In and out it is in the exported (PyTorch) layout, a tensor a parameter; inside it is flat.
import { ConfigError, NonFiniteError, ShapeError } from '../errors.js';
import type { GraphParameter } from '../graph/graph.js';
import { initialize } from '../initializers/initialize.js';
import { indexOfNonFinite } from '../numbers.js';
import { exportParameter, importParameter, type ParameterLayout } from '../plan/parameters.js';
import { formatShape, product, sameShape } from '../shape.js';
import { STATE_METRICS, type StateMap } from './memory-map.js';
import { type RunPlan, stateIndex } from './run-plan.js';

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

function vector(buffer: ArrayBufferLike, address: number, layout: ParameterLayout): Float32Array {
  return new Float32Array(buffer, address, layout.length);
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
  return exportState(plan, memory.buffer, plan.memory.states[stateIndex(step)]);
}

function exportState(plan: RunPlan, buffer: ArrayBufferLike, map: StateMap): RunState {
  return {
    parameters: exportAll(plan.layout, vector(buffer, map.parameters, plan.layout)),
    slots: new Map(
      plan.slots.map((name, i) => [
        name,
        exportAll(plan.layout, vector(buffer, map.slots[i]!, plan.layout)),
      ]),
    ),
    epochLoss: new Float64Array(buffer, map.metrics, 1)[0]!,
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
  importState(plan, memory.buffer, plan.memory.states[stateIndex(step)], step, state);
}

function importState(
  plan: RunPlan,
  buffer: ArrayBufferLike,
  map: StateMap,
  step: number,
  state: RunState,
): void {
  checkParameters(plan.layout.slots, state.parameters, step);
  importAll(plan.layout, vector(buffer, map.parameters, plan.layout), state.parameters);
  for (const [i, name] of plan.slots.entries()) {
    const flat = vector(buffer, map.slots[i]!, plan.layout);
    const values = state.slots.get(name);
    if (values) {
      checkParameters(plan.layout.slots, values, step);
      importAll(plan.layout, flat, values);
    } else if (step > 0 || state.slots.size > 0) {
      throw new ConfigError(`state: the optimizer's "${name}" is missing at step ${step}`);
    } else {
      flat.fill(0);
    }
  }
  new Float64Array(buffer, map.metrics, 1)[0] = state.epochLoss;
}

/** Where the parts of a state lie in its flat form: as in the memory, without what is between them. */
function flatMap({ layout, slots }: RunPlan): StateMap & { readonly bytes: number } {
  const vectorBytes = 4 * layout.length;
  const metrics = (1 + slots.length) * vectorBytes;
  return {
    parameters: 0,
    slots: slots.map((_, i) => (1 + i) * vectorBytes),
    metrics,
    bytes: metrics + 8 * STATE_METRICS,
  };
}

/** Bytes of a state in its flat form. */
export function flatStateBytes(plan: RunPlan): number {
  return flatMap(plan).bytes;
}

/**
 * Copies the state that step `step` starts from out of the memory in its flat form, in which machines hand it to
 * each other: parameters and optimizer vectors as they are stored, then the epoch's loss sum.
 */
export function readFlatState(
  plan: RunPlan,
  memory: WebAssembly.Memory,
  step: number,
): Uint8Array<ArrayBuffer> {
  const flat = flatMap(plan);
  const bytes = new Uint8Array(flat.bytes);
  for (const { from, to, length } of stateSpans(plan, step, flat)) {
    bytes.set(new Uint8Array(memory.buffer, from, length), to);
  }
  return bytes;
}

/** @throws ShapeError if the bytes are not as many as this run's state has */
export function writeFlatState(
  plan: RunPlan,
  memory: WebAssembly.Memory,
  step: number,
  bytes: Uint8Array,
): void {
  const flat = flatMap(plan);
  checkFlatLength(bytes, flat.bytes);
  const all = new Uint8Array(memory.buffer);
  for (const { from, to, length } of stateSpans(plan, step, flat)) {
    all.set(bytes.subarray(to, to + length), from);
  }
}

/** Parts of the state in the memory (`from`) and in the flat form (`to`), in bytes. */
function stateSpans(
  plan: RunPlan,
  step: number,
  flat: StateMap,
): { from: number; to: number; length: number }[] {
  const map = plan.memory.states[stateIndex(step)];
  const length = 4 * plan.layout.length;
  return [
    { from: map.parameters, to: flat.parameters, length },
    ...map.slots.map((from, i) => ({ from, to: flat.slots[i]!, length })),
    { from: map.metrics, to: flat.metrics, length: 8 * STATE_METRICS },
  ];
}

/** @throws ShapeError if the bytes are not as many as this run's state has */
export function decodeFlatState(plan: RunPlan, bytes: Uint8Array): RunState {
  const map = flatMap(plan);
  checkFlatLength(bytes, map.bytes);
  return exportState(plan, bytes.slice().buffer, map);
}

/** @throws ShapeError, ConfigError or NonFiniteError as `writeState` */
export function encodeFlatState(
  plan: RunPlan,
  step: number,
  state: RunState,
): Uint8Array<ArrayBuffer> {
  const map = flatMap(plan);
  const bytes = new Uint8Array(map.bytes);
  importState(plan, bytes.buffer, map, step, state);
  return bytes;
}

function checkFlatLength(bytes: Uint8Array, expected: number): void {
  if (bytes.byteLength === expected) return;
  throw new ShapeError(`state: ${bytes.byteLength} bytes, expected ${expected}`);
}

function importAll(layout: ParameterLayout, flat: Float32Array, values: Parameters): void {
  flat.fill(0);
  for (const slot of layout.slots) importParameter(slot, flat, values.get(slot.name)!.data);
}

/** @throws ConfigError, ShapeError or NonFiniteError unless the parameters are the network's */
export function checkParameters(
  expected: readonly Pick<GraphParameter, 'name' | 'shape'>[],
  parameters: Parameters,
  step = 0,
): void {
  const known = new Set(expected.map(({ name }) => name));
  for (const name of parameters.keys()) {
    if (!known.has(name)) {
      throw new ConfigError(
        `parameters: "${name}" is not in the model, which has ${[...known].join(', ')}`,
      );
    }
  }
  for (const { name, shape } of expected) {
    const values = parameters.get(name);
    if (!values) {
      const hint = parameters.size === 0 ? '; there are none. JSON keeps no Map' : '';
      throw new ConfigError(`parameters: "${name}" is missing${hint}`);
    }
    if (!sameShape(values.shape, shape)) {
      throw new ShapeError(
        `parameters: "${name}" is ${formatShape(values.shape)}, the model expects ${formatShape(shape)}. Was a layer's size changed?`,
      );
    }
    if (values.data.length !== product(shape)) {
      throw new ShapeError(
        `parameters: "${name}" has ${values.data.length} values, expected ${product(shape)} (${formatShape(shape)})`,
      );
    }
    const bad = indexOfNonFinite(values.data);
    if (bad >= 0) {
      throw new NonFiniteError(
        step,
        `parameters: value ${bad} of "${name}" is ${values.data[bad]}, expected a finite number`,
      );
    }
  }
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
