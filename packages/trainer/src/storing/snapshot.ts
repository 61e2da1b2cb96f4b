// A run's state as a checkpoint's tensors and metadata, and back: tensors under the names that the state's layout gives
// them, running sums in the metadata.
import { ConfigError, type DatasetTraits, type ParameterValues } from '@lockstep/core';
import {
  fromStoredName,
  isOptimizers,
  type Judgement,
  RUNNING_SUMS,
  type RunConfig,
  type RunState,
  readTraits,
  recordTraits,
  storedName,
  UNJUDGED,
} from '@lockstep/core/internal';
import type { StoredTensor } from '@lockstep/formats';
import { type Checkpoint, CheckpointError, type CheckpointState } from './checkpoint-file.js';
import { validateRunConfig } from './run-config.js';

/** What makes a run what it is and where it stands, besides its tensors. */
export interface SnapshotMetadata {
  readonly run: string;
  readonly config: RunConfig;
  readonly datasetSha256: string;
  /** What the training data means; checkpoints of before this was kept have none. */
  readonly trainedOn: DatasetTraits | undefined;
  /** Name and version of the numbers that it was computed with; checkpoints of before this was kept have none. */
  readonly arithmetic: string | undefined;
  /** SHA-256 of the kernels, for information. */
  readonly engine: string;
  /** What its stop rule has made of the epochs before; checkpoints of before this was kept have nothing judged. */
  readonly judgement: Judgement;
}

/** A state, and where in the run it belongs. */
export interface Snapshot extends SnapshotMetadata {
  readonly step: number;
  readonly state: RunState;
}

/** @throws ConfigError if a parameter's name would be taken for an optimizer's vector */
export function checkParameterNames(config: RunConfig): void {
  const bad = [...config.graph.parameters, ...(config.graph.buffers ?? [])].find(({ name }) =>
    isOptimizers(name),
  );
  if (bad) {
    throw new ConfigError(
      `model: "${bad.name}" cannot be saved; names like that are the optimizer's`,
    );
  }
}

function stored({ shape, data }: ParameterValues): StoredTensor {
  return { dtype: 'F32', shape, data };
}

/** A state's tensors under the names that files have for them. */
export function stateTensors({ tensors }: RunState): Map<string, StoredTensor> {
  return new Map(
    [...tensors].flatMap(([section, values]) =>
      [...values].map(([name, tensor]) => [storedName(section, name), stored(tensor)] as const),
    ),
  );
}

/** A state as a checkpoint holds it. */
export function toCheckpoint(
  metadata: SnapshotMetadata,
  step: number,
  state: RunState,
): CheckpointState {
  // JSON keeps a float64 exactly.
  return {
    step,
    tensors: stateTensors(state),
    metadata: {
      ...metadata,
      trainedOn: metadata.trainedOn && recordTraits(metadata.trainedOn),
      ...Object.fromEntries(state.sums),
    },
  };
}

/** @throws CheckpointError or ConfigError if the checkpoint is not of a run, or does not fit its own graph */
export function fromCheckpoint(checkpoint: Checkpoint): Snapshot {
  const what = `checkpoint ${checkpoint.path}`;
  const metadata = checkpoint.metadata as
    | (Partial<SnapshotMetadata> & Record<string, unknown>)
    | null;
  const { run, datasetSha256, arithmetic, engine } = metadata ?? {};
  const sums = RUNNING_SUMS.map((name) => [name, metadata?.[name]] as const);
  if (
    typeof run !== 'string' ||
    typeof datasetSha256 !== 'string' ||
    typeof engine !== 'string' ||
    !sums.every(isNumber)
  ) {
    throw new CheckpointError(`${what}: it lacks the run's metadata`);
  }
  const config = validateRunConfig(metadata?.config, what);
  const judgement = metadata?.judgement ?? UNJUDGED;
  if (!Number.isSafeInteger(judgement.epochs) || !isBest(judgement.best)) {
    throw new CheckpointError(`${what}: what it says of the epochs before makes no sense`);
  }
  const tensors = new Map<string, Map<string, ParameterValues>>();
  for (const [name, { dtype, shape, data }] of checkpoint.tensors) {
    if (dtype !== 'F32') {
      throw new CheckpointError(`${what}: "${name}" is ${dtype}, expected F32`);
    }
    const { section, tensor } = fromStoredName(config.graph, name);
    const values = tensors.get(section) ?? new Map<string, ParameterValues>();
    tensors.set(section, values.set(tensor, { shape, data }));
  }
  return {
    run,
    config,
    datasetSha256,
    trainedOn: readTraits(Object(metadata?.trainedOn), what),
    arithmetic,
    engine,
    judgement,
    step: checkpoint.step,
    state: { tensors, sums: new Map(sums) },
  };
}

function isNumber(sum: readonly [string, unknown]): sum is readonly [string, number] {
  return typeof sum[1] === 'number';
}

function isBest(best: Judgement['best']): boolean {
  return best === null || (Number.isSafeInteger(best?.step) && Number.isSafeInteger(best?.epoch));
}
