// A compute thread that answers: it computes one block of samples after the other, by a network that it plans when it is
// given the first one. Samples, weights and answers lie in shared memory; a task says which block.
// Not here: who cuts blocks and gives them again if a thread dies (running/predict-all.ts).
import type { Dataset, Graph } from '@lockstep/core';
import { Inference, type InputLayout, type NetworkValues } from '@lockstep/core/internal';
import { importBackend, type ThreadBackend } from './thread-backend.js';

/** What all blocks of one call have in common. */
export interface PredictJob {
  /** Of this call: a thread that knows it has planned already. */
  readonly id: number;
  readonly graph: Graph;
  readonly values: NetworkValues;
  readonly layout: InputLayout;
  readonly backend: ThreadBackend;
  /** [n, ...inputShape], shared. */
  readonly inputs: Dataset['inputs'];
  /** [n, ...outputShape], shared. */
  readonly outputs: Float32Array;
}

export interface PredictTask {
  readonly job: PredictJob;
  /** Samples [first, end). */
  readonly first: number;
  readonly end: number;
}

let planned: { readonly id: number; readonly inference: Inference } | undefined;

/** The task that Piscina runs. */
export async function predictBlock({ job, first, end }: PredictTask): Promise<void> {
  if (planned?.id !== job.id) {
    const { graph, values, layout } = job;
    const backend = await importBackend(job.backend);
    planned = { id: job.id, inference: new Inference(backend, graph, values, layout) };
  }
  const { inference } = planned;
  const { inputSize } = inference;
  const outputs = inference.compute(job.inputs.subarray(first * inputSize, end * inputSize));
  job.outputs.set(outputs, first * inference.outputSize);
}
