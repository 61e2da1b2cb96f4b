// A trained model's answers for many samples, on this machine's cores: blocks of samples are dealt to threads as they come
// free. Which thread computes which block cannot change a bit; a block whose thread died is computed again.
import { setMaxListeners } from 'node:events';
import {
  ConfigError,
  type Dataset,
  LockstepError,
  type Parameters,
  type SamplesInput,
  TrainedModel,
} from '@lockstep/core';
import { product, toAnswers, toSamples } from '@lockstep/core/internal';
import { checkOptions, describeValue, type OptionNames } from '@lockstep/errors';
import type { PredictJob, PredictTask } from '../computing/predict-thread.js';
import { threadBackend } from '../computing/thread-backend.js';
import { startPool, whyNotStarted } from '../computing/thread-start.js';
import { availableThreads } from './available-threads.js';
import { THREAD_COUNT, type ThreadCount, threadCount } from './thread-count.js';

/** What `predictAll` takes. */
export interface PredictAllOptions extends ThreadCount {}

const OPTIONS: OptionNames<PredictAllOptions> = THREAD_COUNT;

/** Samples that are worth a thread: fewer take less time than it takes to start. */
const LEAST_SAMPLES = 1024;
/** Blocks for each thread, so that a slow one holds up the others by a part of its work only. */
const BLOCKS = 4;
/** How often a block is given again. */
const RETRIES = 2;

let calls = 0;

/**
 * What `trained.predict` gives, to the bit, computed by several threads. Worth it from some ten thousand samples on: threads
 * take time to start.
 *
 * @param input as `predict` takes it; data in shared memory is not copied
 * @throws as `predict`; LockstepError (code `thread-lost`) if threads die again and again
 */
export async function predictAll(
  trained: TrainedModel,
  input: SamplesInput,
  options: PredictAllOptions = {},
): Promise<Float32Array | Float64Array> {
  checkOptions('predictAll', options, OPTIONS);
  if (!(trained instanceof TrainedModel)) {
    throw new ConfigError(
      `predictAll: got ${describeValue(trained)}, expected a trained model, as loadModel and train give it`,
    );
  }
  const most = threadCount('predictAll', options) ?? availableThreads().threads;
  const { inputs } = toSamples('predictAll', input, trained.traits);
  const { graph, parameters, buffers, traits } = trained;
  const samples = inputs.length / product(traits.inputShape);
  const threads = Math.min(most, Math.ceil(samples / LEAST_SAMPLES));
  if (threads === 1) return trained.predict(inputs);
  const job: PredictJob = {
    id: calls++,
    ...{ graph, layout: traits, backend: threadBackend(trained.backend) },
    values: { parameters: shareAll(parameters), buffers: shareAll(buffers) },
    inputs: shared(inputs),
    outputs: new Float32Array(new SharedArrayBuffer(4 * samples * product(trained.outputShape))),
  };
  const rows = Math.ceil(samples / (threads * BLOCKS));
  const blocks = Array.from({ length: Math.ceil(samples / rows) }, (_, i) => ({
    ...{ job, first: i * rows, end: Math.min(samples, (i + 1) * rows) },
  }));
  await computeBlocks(blocks, threads);
  return toAnswers(trained, job.outputs.slice());
}

async function computeBlocks(blocks: readonly PredictTask[], threads: number): Promise<void> {
  const pool = startPool(threads);
  let abandon = abandonment();
  // A thread died before it took its block, which would wait for good: all begin again.
  pool.on('error', (error: unknown) => {
    abandon.abort(error);
    abandon = abandonment();
  });
  const compute = async (block: PredictTask, retries = RETRIES): Promise<void> => {
    try {
      await pool.run(block, { name: 'predictBlock', signal: abandon.signal });
    } catch (cause) {
      if (retries > 0) return compute(block, retries - 1);
      throw new LockstepError(
        'thread-lost',
        `predictAll: a compute thread died or failed ${RETRIES + 1} times: ${whyNotStarted(cause)}`,
        { cause },
      );
    }
  };
  try {
    await Promise.all(blocks.map((block) => compute(block)));
  } finally {
    await pool.destroy();
  }
}

/** Ends every task of the pool. */
function abandonment(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}

function shareAll(values: Parameters): Parameters {
  return new Map(
    [...values].map(([name, { shape, data }]) => [name, { shape, data: shared(data) }]),
  );
}

/** The same numbers in memory that threads share: themselves, if they lie there. */
function shared<T extends Dataset['inputs']>(values: T): T;
function shared(values: Dataset['inputs']): Dataset['inputs'] {
  if (values.buffer instanceof SharedArrayBuffer) return values;
  const memory = new SharedArrayBuffer(values.byteLength);
  const copy =
    values instanceof Uint8Array
      ? new Uint8Array(memory)
      : values instanceof Int32Array
        ? new Int32Array(memory)
        : new Float32Array(memory);
  copy.set(values);
  return copy;
}
