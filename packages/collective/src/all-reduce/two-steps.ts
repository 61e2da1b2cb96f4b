// What has come of the step at hand and of the next one. Others may be one step ahead, never two: for the next but one
// they need what this rank has not sent. So there are two places, by the parity of the step.
import { ProtocolError } from '@lockstep/errors';
import { COORDINATOR, type MessageKind } from './all-reduce.js';

/** What is known of a step; -1 before the first. */
interface Progress {
  step: number;
}

export class TwoSteps<Of extends Progress> {
  readonly #sides: readonly [Of, Of];
  readonly #clear: (progress: Of) => void;
  #step: number | undefined;

  /** @param clear makes it what `make` gives, but for the step */
  constructor(make: () => Of, clear: (progress: Of) => void) {
    this.#sides = [make(), make()];
    this.#clear = clear;
  }

  /** Of the step at hand; undefined before the first. */
  get current(): Of | undefined {
    return this.#step === undefined ? undefined : this.#at(this.#step);
  }

  /** Which of two places is that of the step at hand. */
  get side(): 0 | 1 {
    return sideOf(this.#step ?? 0);
  }

  /** This rank is at `step` now. */
  begin(step: number): Of {
    this.#step = step;
    return this.#at(step);
  }

  /**
   * Of the step that a message is about.
   *
   * @throws ProtocolError unless it is this one or the next
   */
  expect(kind: MessageKind, from: number, step: number): Of {
    const isNear = this.#step === undefined || step === this.#step || step === this.#step + 1;
    if (!isNear || this.#sides[sideOf(step)].step > step) {
      throw new ProtocolError(
        `all-reduce: rank ${from} sent a ${kind} for step ${step}, this rank is at ${this.#step}`,
      );
    }
    return this.#at(step);
  }

  /** A new step takes the place of the one before last. */
  #at(step: number): Of {
    const progress = this.#sides[sideOf(step)];
    if (progress.step < step) {
      this.#clear(progress);
      progress.step = step;
    }
    return progress;
  }
}

export function sideOf(step: number): 0 | 1 {
  return (step % 2) as 0 | 1;
}

/** Of a message that nobody asked this rank to take. */
export function unexpected(kind: MessageKind, from: number, where: string): ProtocolError {
  return new ProtocolError(
    `all-reduce: rank ${from} sent a ${kind}, which ${where} does not expect`,
  );
}

export function twice(kind: MessageKind, from: number, step: number): ProtocolError {
  return new ProtocolError(`all-reduce: rank ${from} sent its ${kind} for step ${step} twice`);
}

/** What a message is called in errors. */
export function describeMessage(kind: MessageKind, from: number, step: number): string {
  return `all-reduce: step ${step}: ${kind} of ${from === COORDINATOR ? 'the coordinator' : `rank ${from}`}`;
}
