// A state of a run as a checkpoint in its folder: the same file, whoever has computed it; and as the model that it has come to.
import { type Parameters, TrainedModel, traitsOf } from '@lockstep/core';
import { type Judgement, type RunState, valuesOf } from '@lockstep/core/internal';
import { toCheckpoint } from '../storing/snapshot.js';
import type { PreparedRun } from './prepare-run.js';

/** What of a run is in its checkpoints, and where they are. */
export type SavedRun = Pick<
  PreparedRun,
  'name' | 'config' | 'backend' | 'data' | 'datasetSha256' | 'folder'
>;

/**
 * @returns the checkpoint's path when it is on the disk; null for a run without a folder
 * @throws CheckpointError if it cannot be written
 */
export async function saveState(
  { name, config, backend, data, datasetSha256, folder }: SavedRun,
  step: number,
  state: RunState,
  judgement: Judgement,
): Promise<string | null> {
  if (!folder) return null;
  const { arithmetic, hash } = backend;
  const about = { run: name, config, datasetSha256, trainedOn: traitsOf(data.train) };
  const metadata = { ...about, arithmetic, engine: hash, judgement };
  if (config.stopping?.keep === 'best' && judgement.best) {
    folder.checkpoints.spare(judgement.best.step);
  }
  return folder.checkpoints.save(toCheckpoint(metadata, step, state));
}

type ComputedRun = Pick<PreparedRun, 'config' | 'backend' | 'data'>;

/** What a run has learnt by a state, as a model that answers. */
export function trainedBy(run: ComputedRun, state: RunState): TrainedModel {
  return trainedWith(run, valuesOf(state));
}

/** The same by its parameters and buffers. */
export function trainedWith(
  { config, backend, data }: ComputedRun,
  parameters: Parameters,
): TrainedModel {
  return new TrainedModel({
    ...{ graph: config.graph, parameters, traits: traitsOf(data.train), backend },
  });
}
