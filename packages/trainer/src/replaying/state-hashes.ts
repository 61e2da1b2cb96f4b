// A state by the hashes that a run records of its states, each found when it is first asked for.
import { weightsHash } from '@lockstep/core';
import { PARAMETERS, type RunState, type StateLayout } from '@lockstep/core/internal';
import { stateDigest } from '../storing/state-digest.js';
import type { StepRecord } from './step-records.js';

export class StateHashes {
  readonly step: number;
  readonly state: RunState;
  readonly #layout: StateLayout;
  #weights: string | undefined;
  #digest: string | undefined;

  constructor(layout: StateLayout, step: number, state: RunState) {
    this.step = step;
    this.state = state;
    this.#layout = layout;
  }

  /** @throws ShapeError, ConfigError or NonFiniteError if it is no state of that layout */
  async of(what: StepRecord['what']): Promise<string> {
    if (what === 'weights') {
      this.#weights ??= await weightsHash(this.state.tensors.get(PARAMETERS)!);
      return this.#weights;
    }
    this.#digest ??= stateDigest(this.#layout, this.step, this.state);
    return this.#digest;
  }

  /** @returns why this cannot be the state that was recorded of its step, in words; undefined if nothing says so */
  async contradiction(records: readonly StepRecord[]): Promise<string | undefined> {
    for (const { step, what, hash, place } of records) {
      if (step !== this.step || (await this.of(what)) === hash) continue;
      const has = what === 'weights' ? 'weights' : 'a state';
      return `it has ${has} of hash ${await this.of(what)}, ${hash} was recorded ${place}`;
    }
    return undefined;
  }
}
