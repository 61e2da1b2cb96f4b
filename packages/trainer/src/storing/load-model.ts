// Trained models in files: kept in one of their own, and found wherever one is: in a file, in a run's folder, in a
// checkpoint. The network always comes with it; none of its code is needed.
// Not here: weights without their network (weights-file.ts), and what is in a file (core's model-file.ts).
import { stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import {
  ConfigError,
  type DatasetTraits,
  type DecodeOptions,
  decodeModel,
  type Graph,
  type ParametersInput,
  TrainedModel,
} from '@lockstep/core';
import { isModel, modelChunks, valuesOf } from '@lockstep/core/internal';
import { checkOptions, inPlace, requireText } from '@lockstep/errors';
import { decodeSafetensors } from '@lockstep/formats';
import { isCheckpoint, loadCheckpoint } from './checkpoint-file.js';
import { readLimited } from './read-limited.js';
import { newestCheckpoint, type RunRecord, readRun, WEIGHTS } from './run-folder.js';
import { fromCheckpoint } from './snapshot.js';
import { MAX_WEIGHTS_BYTES, readWeights } from './weights-file.js';
import { writeNamedFile } from './written-file.js';

/**
 * Keeps a trained model in one safetensors file: there whole or not at all, and in place of what was there.
 *
 * @param path by custom it ends in .safetensors; its folder must be there
 * @throws ConfigError if it is no trained model; LockstepError (code `output`) if the file cannot be written
 */
export async function saveModel(path: string, trained: TrainedModel): Promise<void> {
  requireText('saveModel', 'path', path);
  const chunks = modelChunks(trained);
  await writeNamedFile('saveModel', path, chunks);
}

/**
 * Finds a trained model.
 *
 * @param path a model's file, as `saveModel` and runs write it; the folder of a run, of which the final weights count, or
 * the newest checkpoint that can be trusted if it has not ended; or one checkpoint
 * @throws ConfigError if there is nothing, or nothing that a model could be made of; FormatError, CheckpointError or another
 * LockstepError that names the file if it is damaged, is no model, or its parts do not fit together
 */
export async function loadModel(path: string, options: DecodeOptions = {}): Promise<TrainedModel> {
  requireText('loadModel', 'path', path);
  checkOptions('loadModel', options, { backend: true });
  const found = await stat(path).catch(() => undefined);
  if (!found) throw new ConfigError(`loadModel: there is no file or folder ${path}`);
  return found.isDirectory() ? ofRun(path, options) : ofFile(path, options);
}

async function ofFile(path: string, options: DecodeOptions): Promise<TrainedModel> {
  const bytes = await readLimited(path, MAX_WEIGHTS_BYTES, 'loadModel');
  const place = `model ${path}`;
  const { metadata } = inPlace(place, () => decodeSafetensors(bytes));
  if (isCheckpoint(metadata)) return ofCheckpoint(path, options);
  return inPlace(place, () => decodeModel(bytes, options));
}

async function ofRun(folder: string, options: DecodeOptions): Promise<TrainedModel> {
  const weights = join(folder, WEIGHTS);
  const hasEnded = (await stat(weights).catch(() => undefined))?.isFile() === true;
  if (hasEnded) {
    const bytes = await readLimited(weights, MAX_WEIGHTS_BYTES, 'loadModel');
    if (isModel(inPlace(`model ${weights}`, () => decodeSafetensors(bytes)).metadata)) {
      return inPlace(`model ${weights}`, () => decodeModel(bytes, options));
    }
  }
  const record = await readRun(folder);
  const { graph } = record.config;
  // Weights of before they were a model's file say nothing of their network, but run.json does.
  if (hasEnded) return made(folder, graph, await readWeights(weights), record.dataset, options);
  const { state, trainedOn } = await newestCheckpoint(folder);
  const traits = trainedOn ?? record.dataset.traits;
  return made(folder, graph, valuesOf(state), { traits }, options);
}

async function ofCheckpoint(path: string, options: DecodeOptions): Promise<TrainedModel> {
  const { run, config, state, trainedOn } = fromCheckpoint(await loadCheckpoint(path));
  const traits = trainedOn ?? (await traitsOfRun(dirname(dirname(resolve(path))), run));
  return made(path, config.graph, valuesOf(state), { traits }, options);
}

/** What the run's folder says, where a checkpoint of before does not, and still lies in it. */
async function traitsOfRun(folder: string, run: string): Promise<DatasetTraits | undefined> {
  const record = await readRun(folder).catch(() => undefined);
  return record?.run === run ? record.dataset.traits : undefined;
}

function made(
  path: string,
  graph: Graph,
  parameters: ParametersInput,
  { traits }: Pick<RunRecord['dataset'], 'traits'>,
  { backend }: DecodeOptions,
): TrainedModel {
  if (!traits) {
    throw new ConfigError(
      `model ${path}: it does not say what the training data means (shapes, divisor, classes), since an older version of Lockstep wrote it. Give it: new TrainedModel({ graph, parameters, traits: traitsOf(data) }) with what loadRunWeights gives of the run`,
    );
  }
  return inPlace(`model ${path}`, () => new TrainedModel({ graph, parameters, traits, backend }));
}
