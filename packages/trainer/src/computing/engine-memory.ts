// The memory of an engine: the state of a run, and room for the plan of the shards that it has. Plans come and go; the
// state stays, in place where there is room, else moved to a larger memory.
import { ConfigError, type Parameters } from '@lockstep/core';
import {
  BUFFERS,
  EPOCH_LOSS,
  PARAMETERS,
  type RunPlan,
  type RunState,
  readState,
  readSum,
  readTensors,
  viewFlatState,
  writeFlatState,
  writeState,
} from '@lockstep/core/internal';
import type { Backend } from '@lockstep/kernels';
import { Control } from './control.js';

export class EngineMemory {
  readonly #backend: Backend;
  readonly #slack: number;
  #plan: RunPlan;
  #memory: WebAssembly.Memory;
  #control: Control;
  #holdsState = false;

  /** @param slack how many times as large as needed it is made, so that most plans need no new one */
  constructor(plan: RunPlan, backend: Backend, slack: number) {
    this.#backend = backend;
    this.#slack = slack;
    this.#plan = plan;
    this.#memory = backend.createMemory(slack * plan.memory.bytes);
    this.#control = new Control(this.#memory, plan.memory.control);
  }

  get plan(): RunPlan {
    return this.#plan;
  }

  get memory(): WebAssembly.Memory {
    return this.#memory;
  }

  get control(): Control {
    return this.#control;
  }

  get holdsState(): boolean {
    return this.#holdsState;
  }

  /** The step that the state is what starts from. @throws ConfigError if there is none */
  get step(): number {
    if (!this.#holdsState) throw new ConfigError('engine: it holds no state yet');
    return this.#control.committedStep;
  }

  /** Sum of the losses of the epoch's samples so far. */
  get epochLoss(): number {
    return readSum(this.#plan, this.#memory, this.step, EPOCH_LOSS);
  }

  /** A copy of parameters and buffers. */
  values(): Parameters {
    const buffers = this.#plan.state.tensors.some(({ name }) => name === BUFFERS)
      ? readTensors(this.#plan, this.#memory, this.step, BUFFERS)
      : [];
    return new Map([...this.parameters(), ...buffers]);
  }

  /** A copy. */
  parameters(): Parameters {
    return readTensors(this.#plan, this.#memory, this.step, PARAMETERS);
  }

  /** A copy. */
  read(): RunState {
    return readState(this.#plan, this.#memory, this.step);
  }

  /** @throws ConfigError, ShapeError or NonFiniteError if it is not a state of this run */
  write(step: number, state: RunState): void {
    writeState(this.#plan, this.#memory, step, state);
    this.#hold(step);
  }

  /** The state itself, in the flat form, until a step is taken. */
  viewFlat(): Uint8Array {
    return viewFlatState(this.#plan, this.#memory, this.step);
  }

  /** @throws ShapeError if the bytes are not as many as this run's state has */
  writeFlat(step: number, bytes: Uint8Array): void {
    writeFlatState(this.#plan, this.#memory, step, bytes);
    this.#hold(step);
  }

  /**
   * Takes another plan of the same run, whose states lie where they always lie.
   *
   * @param bytes that must be there, at least the plan's
   */
  use(plan: RunPlan, bytes: number): void {
    if (bytes > this.#memory.buffer.byteLength) {
      const memory = this.#backend.createMemory(
        Math.min(this.#slack * bytes, Math.max(bytes, 2 ** 31)),
      );
      const control = new Control(memory, plan.memory.control);
      if (this.#holdsState) {
        writeFlatState(plan, memory, this.step, this.viewFlat());
        control.commit(this.step);
      }
      this.#memory = memory;
      this.#control = control;
    }
    this.#plan = plan;
    this.#clearPartials();
  }

  #hold(step: number): void {
    this.#control.commit(step);
    this.#holdsState = true;
  }

  /** What lies between the parameters is never written, so it must begin as zeros: other things were here before. */
  #clearPartials(): void {
    const { floats } = this.#plan.training.sums;
    for (const { partials } of this.#plan.memory.threads) {
      for (const address of partials)
        new Float32Array(this.#memory.buffer, address, floats).fill(0);
    }
  }
}
