// A state by the hashes that a run records of its states, each found when it is first asked for.
import { weightsHash } from '@lockstep/core';
import { PARAMETERS, type RunState, type StateLayout, valuesOf } from '@lockstep/core/internal';
import { LockstepError } from '@lockstep/errors';
import { stateDigest } from '../storing/state-digest.js';
import { type HashedPart, isHashed, type StepRecord } from './step-records.js';

export class StateHashes {
  readonly step: number;
  readonly state: RunState;
  readonly #layout: StateLayout;
  readonly #known = new Map<HashedPart, string>();

  constructor(layout: StateLayout, step: number, state: RunState) {
    this.step = step;
    this.state = state;
    this.#layout = layout;
  }

  /** @throws ShapeError, ConfigError or NonFiniteError if it is no state of that layout */
  async of(what: HashedPart): Promise<string> {
    const known = this.#known.get(what);
    if (known !== undefined) return known;
    const hash = await this.#find(what);
    this.#known.set(what, hash);
    return hash;
  }

  async #find(what: HashedPart): Promise<string> {
    if (what === 'state') return stateDigest(this.#layout, this.step, this.state);
    // The whole has been looked at then: nothing is missing, and all of it is finite.
    await this.of('state');
    return weightsHash(
      what === 'weights' ? this.state.tensors.get(PARAMETERS)! : valuesOf(this.state),
    );
  }

  /** @returns why it is no state of that layout, in words; undefined if it is one */
  async fault(): Promise<string | undefined> {
    try {
      await this.of('state');
      return undefined;
    } catch (error) {
      if (error instanceof LockstepError) return error.message;
      throw error;
    }
  }

  /** @returns why this cannot be the state that was recorded of its step, in words; undefined if nothing says so */
  async contradiction(records: readonly StepRecord[]): Promise<string | undefined> {
    const fault = await this.fault();
    if (fault !== undefined) return fault;
    for (const record of records) {
      const { step, what, hash, place } = record;
      if (step !== this.step || !isHashed(record) || (await this.of(record.what)) === hash)
        continue;
      const has = what === 'state' ? 'a state' : 'weights';
      return `it has ${has} of hash ${await this.of(record.what)}, ${hash} was recorded ${place}`;
    }
    return undefined;
  }
}
