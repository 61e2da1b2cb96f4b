// Where a run can be computed again from: a checkpoint, or what it began with, which is drawn from its seed unless weights were
// given to it.
// Invariant: what is started from contradicts nothing that was recorded of that step.
import { ConfigError, type ParametersInput, type PartialStart } from '@lockstep/core';
import { type RunState, type StateLayout, startState } from '@lockstep/core/internal';
import { StateHashes } from '../running/state-hashes.js';
import type { StepRecord } from '../running/step-records.js';
import type { RunRecord } from '../storing/run-folder.js';
import type { SavedStates } from './saved-states.js';

/** Weights that a run was given to begin with. */
export type GivenParameters = () =>
  | ParametersInput
  | PartialStart
  | Promise<ParametersInput | PartialStart>;

export interface Start {
  readonly step: number;
  readonly state: RunState;
  /** The checkpoint's; null for what the run began with. */
  readonly path: string | null;
}

export interface StartsOptions {
  /** The run's folder, for errors. */
  readonly out: string;
  readonly record: RunRecord;
  readonly layout: StateLayout;
  readonly saved: SavedStates;
  readonly parameters: GivenParameters | undefined;
}

export class Starts {
  readonly #options: StartsOptions;

  constructor(options: StartsOptions) {
    this.#options = options;
  }

  /**
   * The newest one that is not after a step.
   *
   * @param records all that are known of the run
   * @param above only one after this step is asked for; default: any
   * @returns undefined if none is after that step
   * @throws ConfigError if there is none, since the run began with weights that are not at hand
   */
  async nearest(
    limit: number,
    records: readonly StepRecord[],
    above = -1,
  ): Promise<Start | undefined> {
    const { saved } = this.#options;
    for (const one of await saved.list()) {
      if (one.step > limit || one.step <= above || saved.isRefused(one)) continue;
      const snapshot = await saved.read(one);
      if (typeof snapshot !== 'object') continue;
      const wrong = await this.#contradiction(snapshot.step, snapshot.state, records);
      if (wrong === undefined) {
        return { step: snapshot.step, state: snapshot.state, path: one.path };
      }
      saved.refuse(one.path, `checkpoint ${one.path}: ${wrong}`);
    }
    return above < 0 ? this.#initial(records) : undefined;
  }

  async #initial(records: readonly StepRecord[]): Promise<Start> {
    const { out, record, parameters, saved } = this.#options;
    const { graph, seed } = record.config;
    const state = startState('replay', graph, seed, await parameters?.());
    const wrong = await this.#contradiction(0, state, records);
    if (wrong === undefined) return { step: 0, state, path: null };
    const oldest = (await saved.list()).findLast((one) => !saved.isRefused(one));
    throw new ConfigError(
      `replay: the run in ${out} did not begin with ${parameters ? 'these weights' : 'weights that its seed draws'}: ${wrong}. ` +
        (oldest
          ? `It can be computed again from its checkpoint of step ${oldest.step}; ask for a later step`
          : 'It has no checkpoint to be computed again from'),
    );
  }

  #contradiction(
    step: number,
    state: RunState,
    records: readonly StepRecord[],
  ): Promise<string | undefined> {
    return new StateHashes(this.#options.layout, step, state).contradiction(records);
  }
}
