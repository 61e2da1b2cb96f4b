// What computes a worker's shards in Node: threads, or for short steps of a single one the calling thread.
import { product, type RunConfig } from '@lockstep/core/internal';
import { InlineCompute, ThreadedCompute } from '@lockstep/trainer';
import type { ComputeFor } from './engine-host.js';

/**
 * Multiply-adds of a step up to which a single thread computes on the calling one: a tenth of a second at the most.
 * Handing short steps over to another thread and back would take a fifth of their time.
 */
const INLINE_WORK = 2 ** 29;

export const nodeCompute: ComputeFor = (threads, config) =>
  isInline(threads, config)
    ? (setting, place) => new InlineCompute(setting, place)
    : (setting, place) => new ThreadedCompute(setting, place);

function isInline(threads: number, { graph, batchSize }: RunConfig): boolean {
  const parameters = graph.parameters.reduce((sum, { shape }) => sum + product(shape), 0);
  // Forward, the gradient towards the inputs and that of the weights.
  return threads === 1 && 3 * parameters * batchSize <= INLINE_WORK;
}
