// The state of a run at a step, in and out of the memory. Inside it is flat, as the plan's StateLayout says; outside it is
// tensors by name in the exported (PyTorch) layout, or the same bytes as inside, in which machines hand it to each other.
import { ConfigError, ShapeError } from '../errors.js';
import type { Graph } from '../graph/graph.js';
import { exportParameter, importParameter } from '../plan/parameters.js';
import {
  BUFFERS,
  PARAMETERS,
  RUNNING_SUMS,
  type StateLayout,
  type TensorSection,
} from '../plan/state-layout.js';
import {
  checkParameters,
  initialBuffers,
  initialParameters,
  type NetworkValues,
  networkValues,
  type Parameters,
} from './parameter-values.js';
import { type RunPlan, stateIndex } from './run-plan.js';

export interface RunState {
  /** For each section, its tensors. */
  readonly tensors: ReadonlyMap<string, Parameters>;
  readonly sums: ReadonlyMap<string, number>;
}

/** What a run starts from: parameters, buffers, zeros in the optimizer's vectors. */
function startState({ parameters, buffers }: NetworkValues): RunState {
  return {
    tensors: new Map([
      [PARAMETERS, parameters],
      [BUFFERS, buffers],
    ]),
    sums: new Map(RUNNING_SUMS.map((name) => [name, 0])),
  };
}

/** What a run starts from that is given no values. */
export function initialState(graph: Graph, seed: number): RunState {
  return startState({
    parameters: initialParameters(graph, seed),
    buffers: initialBuffers(graph, seed),
  });
}

/** What a run starts from that is given a network's parameters and buffers by name. @throws as `networkValues` */
export function givenState(graph: Graph, values: Parameters): RunState {
  return startState(networkValues(graph, values));
}

/** A network's parameters and buffers by name, as files hold them. */
export function valuesOf({ tensors }: RunState): Parameters {
  return new Map([...tensors.get(PARAMETERS)!, ...(tensors.get(BUFFERS) ?? [])]);
}

/** The state that step `step` starts from, in the flat form: a view of where it lies, which step `step + 1` writes over. */
export function viewFlatState(plan: RunPlan, memory: WebAssembly.Memory, step: number): Uint8Array {
  return new Uint8Array(memory.buffer, plan.memory.states[stateIndex(step)], plan.state.bytes);
}

/** Copies the state that step `step` starts from out of the memory. */
export function readState(plan: RunPlan, memory: WebAssembly.Memory, step: number): RunState {
  return exportState(plan.state, viewFlatState(plan, memory, step));
}

/** A copy of one section's tensors. */
export function readTensors(
  plan: RunPlan,
  memory: WebAssembly.Memory,
  step: number,
  name: string,
): Parameters {
  const section = plan.state.tensors.find((one) => one.name === name)!;
  return exportTensors(section, viewFlatState(plan, memory, step));
}

/** Makes one section what it is in the state that step `step` starts from, in the one that follows it, too. */
export function copyTensors(
  plan: RunPlan,
  memory: WebAssembly.Memory,
  step: number,
  name: string,
): void {
  const section = plan.state.tensors.find((one) => one.name === name);
  if (!section) return;
  vectorAt(viewFlatState(plan, memory, step + 1), section).set(
    vectorAt(viewFlatState(plan, memory, step), section),
  );
}

/** One of the RUNNING_SUMS. */
export function readSum(
  plan: RunPlan,
  memory: WebAssembly.Memory,
  step: number,
  name: string,
): number {
  const { byteOffset } = plan.state.sums.find((one) => one.name === name)!;
  return sumAt(viewFlatState(plan, memory, step), byteOffset)[0]!;
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
  importState(plan.state, viewFlatState(plan, memory, step), step, state);
}

/** @throws ShapeError if the bytes are not as many as this run's state has */
export function writeFlatState(
  plan: RunPlan,
  memory: WebAssembly.Memory,
  step: number,
  bytes: Uint8Array,
): void {
  checkLength(bytes, plan.state.bytes);
  viewFlatState(plan, memory, step).set(bytes);
}

/** @throws ShapeError if the bytes are not as many as this run's state has */
export function decodeFlatState(layout: StateLayout, bytes: Uint8Array): RunState {
  checkLength(bytes, layout.bytes);
  return exportState(layout, bytes.slice());
}

/** @throws ShapeError, ConfigError or NonFiniteError as `writeState` */
export function encodeFlatState(
  layout: StateLayout,
  step: number,
  state: RunState,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(layout.bytes);
  importState(layout, bytes, step, state);
  return bytes;
}

function exportState(layout: StateLayout, bytes: Uint8Array): RunState {
  return {
    tensors: new Map(
      layout.tensors.map((section) => [section.name, exportTensors(section, bytes)]),
    ),
    sums: new Map(layout.sums.map(({ name, byteOffset }) => [name, sumAt(bytes, byteOffset)[0]!])),
  };
}

function exportTensors(section: TensorSection, bytes: Uint8Array): Parameters {
  const flat = vectorAt(bytes, section);
  return new Map(
    section.layout.slots.map((slot) => [
      slot.name,
      { shape: slot.shape, data: exportParameter(slot, flat) },
    ]),
  );
}

function importState(layout: StateLayout, bytes: Uint8Array, step: number, state: RunState): void {
  const isStart =
    step === 0 &&
    !layout.tensors.some(({ kind, name }) => kind === 'optimizer' && state.tensors.has(name));
  for (const section of layout.tensors) {
    const flat = vectorAt(bytes, section);
    flat.fill(0);
    const values = state.tensors.get(section.name);
    if (values) importTensors(section, flat, values, step);
    else if (!isStart || section.kind !== 'optimizer') {
      throw new ConfigError(`state: "${section.name}" is missing at step ${step}`);
    }
  }
  for (const { name, byteOffset } of layout.sums) {
    sumAt(bytes, byteOffset)[0] = state.sums.get(name)!;
  }
}

function importTensors(
  { kind, layout: { slots } }: TensorSection,
  flat: Float32Array,
  values: Parameters,
  step: number,
): void {
  checkParameters(slots, values, step, kind === 'buffers' ? 'buffers' : 'parameters');
  for (const slot of slots) importParameter(slot, flat, values.get(slot.name)!.data);
}

function vectorAt(bytes: Uint8Array, { byteOffset, layout }: TensorSection): Float32Array {
  return new Float32Array(bytes.buffer, bytes.byteOffset + byteOffset, layout.length);
}

function sumAt(bytes: Uint8Array, byteOffset: number): Float64Array {
  return new Float64Array(bytes.buffer, bytes.byteOffset + byteOffset, 1);
}

function checkLength(bytes: Uint8Array, expected: number): void {
  if (bytes.byteLength === expected) return;
  throw new ShapeError(`state: ${bytes.byteLength} bytes, expected ${expected}`);
}
