// What a run gave at its end, weights.safetensors, as a record of the step that its weights are of.
// Invariant: what is told was read and checked as whoever asks the model would.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { type Parameters, TrainedModel, weightsHash } from '@lockstep/core';
import { networkValues } from '@lockstep/core/internal';
import { LockstepError } from '@lockstep/errors';
import type { StoredTensor } from '@lockstep/formats';
import type { Ending } from '../running/ending.js';
import type { StateHashes } from '../running/state-hashes.js';
import { givenStep, type HashedPart, type StepRecord } from '../running/step-records.js';
import { type RunRecord, WEIGHTS } from '../storing/run-folder.js';
import { type Tensors, tensorDifferences } from '../storing/tensor-differences.js';
import { loadWeights } from '../storing/weights-file.js';
import { type Comparison, compareRecord, compareUnread, networkTensors } from './comparison.js';
import { otherTraits } from './saved-states.js';

/** The place of what it holds. */
export const IN_WEIGHTS = `in ${WEIGHTS}`;

export interface GivenWeights {
  /** Whether the file says of which network they are, as all do that runs leave, but for those of older versions. */
  readonly isModel: boolean;
  readonly tensors: Tensors;
  /** Of the parameters alone, and with the buffers. */
  readonly hashes: Readonly<Record<Exclude<HashedPart, 'state'>, string>>;
}

/** @returns in words why it cannot be used; undefined where there is none */
export async function readGivenWeights(
  out: string,
  record: RunRecord,
): Promise<GivenWeights | string | undefined> {
  const { config } = record;
  const path = join(out, WEIGHTS);
  if (!(await stat(path).catch(() => undefined))) return undefined;
  try {
    const { parameters: all, graph, trainedOn } = await loadWeights(path);
    const { parameters, buffers } = networkValues(config.graph, all);
    if (graph && trainedOn) {
      // As the run wrote it: without what only its evaluations were for.
      const written = new TrainedModel({ graph: config.graph, parameters: all, traits: trainedOn });
      if (!isDeepStrictEqual(graph, written.graph)) return 'its network is not that of run.json';
    }
    const fault = otherTraits(record, trainedOn);
    if (fault !== undefined) return fault;
    const network: Parameters = new Map([...parameters, ...buffers]);
    const hashes = { weights: await weightsHash(parameters), network: await weightsHash(network) };
    const isModel = graph !== undefined && trainedOn !== undefined;
    return { isModel, hashes, tensors: tensorsOf(network) };
  } catch (error) {
    if (error instanceof LockstepError) return error.message;
    throw error;
  }
}

/** What a run's network is called that is hashed with its buffers, if it has some. */
export function networkPart({ config }: RunRecord): 'weights' | 'network' {
  return config.graph.buffers?.length ? 'network' : 'weights';
}

/** @returns what is recorded of a step by weights that are of it */
export function givenRecords(
  record: RunRecord,
  { hashes }: GivenWeights,
  step: number,
): StepRecord[] {
  return [...new Set(['weights', networkPart(record)] as const)].map((what) => ({
    ...{ step, what, hash: hashes[what], place: IN_WEIGHTS, file: WEIGHTS },
  }));
}

/** @returns the step that the weights are of; undefined where no end is on record */
export function stepOfGiven(record: RunRecord, ending: Ending | undefined): number | undefined {
  return ending?.event === 'run-end' ? givenStep(record, ending) : undefined;
}

/** Beside the state of its step. */
export async function compareGiven(
  record: RunRecord,
  given: GivenWeights | string,
  hashes: StateHashes,
): Promise<Comparison> {
  const what = networkPart(record);
  if (typeof given === 'string') return compareUnread(what, IN_WEIGHTS, given, hashes);
  const recorded = {
    ...{ step: hashes.step, what, hash: given.hashes[what] },
    ...{ place: IN_WEIGHTS, file: WEIGHTS },
  };
  const compared = await compareRecord(recorded, hashes);
  if (compared.isSame) return compared;
  return {
    ...compared,
    differences: tensorDifferences(given.tensors, networkTensors(hashes.state)),
  };
}

function tensorsOf(network: Parameters): Tensors {
  return new Map(
    [...network].map(([name, values]): [string, StoredTensor] => [
      name,
      { dtype: 'F32', ...values },
    ]),
  );
}
