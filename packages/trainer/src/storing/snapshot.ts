// A run's state as a checkpoint's tensors and metadata, and back. Parameters keep their PyTorch names; the
// optimizer's vectors are `optimizer.<vector>.<parameter>`.
import { ConfigError, type Parameters } from '@lockstep/core';
import type { RunConfig, RunState } from '@lockstep/core/internal';
import type { StoredTensor } from '@lockstep/formats';
import { type Checkpoint, CheckpointError, type CheckpointState } from './checkpoint-store.js';
import { validateRunConfig } from './run-config.js';

const OPTIMIZER = 'optimizer.';

/** What makes a run what it is and where it stands, besides its tensors. */
export interface SnapshotMetadata {
  readonly run: string;
  readonly config: RunConfig;
  readonly datasetSha256: string;
  /** SHA-256 of the kernels. */
  readonly engine: string;
  /** Sum of the losses of the epoch's samples so far; a number that JSON keeps exactly. */
  readonly epochLoss: number;
}

export interface Snapshot extends SnapshotMetadata {
  readonly step: number;
  readonly state: RunState;
}

/** @throws ConfigError if a parameter's name would be taken for an optimizer's vector */
export function checkParameterNames(config: RunConfig): void {
  const bad = config.graph.parameters.find(({ name }) => name.startsWith(OPTIMIZER));
  if (bad) {
    throw new ConfigError(
      `model: parameter "${bad.name}" cannot be saved; names that start with "${OPTIMIZER}" are the optimizer's`,
    );
  }
}

export function parameterTensors(parameters: Parameters, prefix = ''): Map<string, StoredTensor> {
  return new Map(
    [...parameters].map(([name, { shape, data }]) => [
      prefix + name,
      { dtype: 'F32', shape, data },
    ]),
  );
}

export function toCheckpoint(
  metadata: Omit<SnapshotMetadata, 'epochLoss'>,
  step: number,
  state: RunState,
): CheckpointState {
  const tensors = parameterTensors(state.parameters);
  for (const [slot, values] of state.slots) {
    for (const [name, tensor] of parameterTensors(values, `${OPTIMIZER}${slot}.`)) {
      tensors.set(name, tensor);
    }
  }
  return { step, tensors, metadata: { ...metadata, epochLoss: state.epochLoss } };
}

/** @throws CheckpointError or ConfigError if the checkpoint is not of a run, or does not fit its own graph */
export function fromCheckpoint(checkpoint: Checkpoint): Snapshot {
  const what = `checkpoint ${checkpoint.path}`;
  const metadata = checkpoint.metadata as Partial<SnapshotMetadata> | null;
  const { run, datasetSha256, engine, epochLoss } = metadata ?? {};
  if (
    typeof run !== 'string' ||
    typeof datasetSha256 !== 'string' ||
    typeof engine !== 'string' ||
    typeof epochLoss !== 'number'
  ) {
    throw new CheckpointError(`${what}: it lacks the run's metadata`);
  }
  const config = validateRunConfig(metadata?.config, what);
  const slots = new Map<string, Map<string, { shape: readonly number[]; data: Float32Array }>>();
  const parameters = new Map<string, { shape: readonly number[]; data: Float32Array }>();
  for (const [name, tensor] of checkpoint.tensors) {
    if (tensor.dtype !== 'F32') {
      throw new CheckpointError(`${what}: "${name}" is ${tensor.dtype}, expected F32`);
    }
    const values = { shape: tensor.shape, data: tensor.data };
    if (!name.startsWith(OPTIMIZER)) {
      parameters.set(name, values);
      continue;
    }
    const rest = name.slice(OPTIMIZER.length);
    const dot = rest.indexOf('.');
    const slot = rest.slice(0, dot);
    const vectors = slots.get(slot) ?? new Map();
    slots.set(slot, vectors.set(rest.slice(dot + 1), values));
  }
  return {
    run,
    config,
    datasetSha256,
    engine,
    epochLoss,
    step: checkpoint.step,
    state: { parameters, slots, epochLoss },
  };
}
