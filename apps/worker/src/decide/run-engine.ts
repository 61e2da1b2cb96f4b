// The engine of the run that a worker is in: there or not yet, free or at an operation, and what it holds.
// Invariant: what is said about the held state is what the engine holds, and its digest is taken once a step.
import type { HeldState } from '@lockstep/wire';
import type { EngineView, Operation } from './border.js';

export class RunEngine {
  #view: EngineView | undefined;
  #busy: Operation['type'] | undefined;
  /** What the engine holds, if its digest was taken. */
  #held: HeldState | undefined;
  #losses = { step: -1, count: 0 };

  /** Undefined while data and engine are prepared. */
  get view(): EngineView | undefined {
    return this.#view;
  }

  get isBusy(): boolean {
    return this.#busy !== undefined;
  }

  /** Of the state that it holds; 0 without one. */
  get step(): number {
    return this.#view?.step ?? 0;
  }

  /** For another run: nothing of the one before counts. */
  reset(): void {
    this.#view = undefined;
    this.#busy = undefined;
    this.#held = undefined;
    this.#losses = { step: -1, count: 0 };
  }

  make(view: EngineView): void {
    this.#view = view;
    this.#held = undefined;
  }

  begin(operation: Operation): void {
    this.#busy = operation.type;
    if (operation.type === 'load-state') this.#held = undefined;
  }

  end(): void {
    this.#busy = undefined;
  }

  /** There is an engine, and it is free. */
  held(): HeldState | null {
    const { step } = this.#view!;
    if (step === undefined) return null;
    if (this.#held?.step !== step) this.#held = { step, digest: this.#view!.digest() };
    return this.#held;
  }

  /** @returns how often in a row threads were lost at this step, with this time */
  countLoss(): number {
    const { step } = this;
    const count = this.#losses.step === step ? this.#losses.count + 1 : 1;
    this.#losses = { step, count };
    return count;
  }
}
