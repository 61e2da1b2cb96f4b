// What looks wrong with how a run cuts its batches into shards, though it can be computed.

import { operatorNamed } from '../ops/registry.js';
import { product, sampleShape } from '../shape.js';
import type { RunConfig } from './run-plan.js';

/** Samples that a shard should have, as it has by default. */
const GOOD_SHARD = 16;

/**
 * A statistic over the shard that has a single value of each channel says the same whatever the value is.
 *
 * @param samples to train on
 * @returns sentences for people; none if nothing looks wrong
 */
export function shardWarnings({ graph, batchSize, shards }: RunConfig, samples: number): string[] {
  const batch = Math.min(batchSize, samples);
  const rows = Math.max(1, Math.floor(batch / shards));
  return graph.nodes.flatMap(({ op, inputs }, index) => {
    const { ofOneInShard } = operatorNamed(op);
    if (ofOneInShard === undefined) return [];
    const { shape } = graph.nodes[inputs[0]!]!;
    if (rows * product(sampleShape(shape).slice(1)) > 1) return [];
    const layer = layerAt(graph, index);
    const fewer = shards > 1 ? `, or fewer shards than ${shards}` : '';
    return [
      `batch normalisation${layer === undefined ? '' : ` (layer ${layer})`} sees a single value of each channel in a shard, which has ${rows} of ${batch} samples, so its variance is always ${ofOneInShard}, and nothing before it learns: take batches of at least ${GOOD_SHARD * shards} samples${fewer}`,
    ];
  });
}

/** The layer that a node belongs to, where layers are known. */
function layerAt({ layers = {} }: RunConfig['graph'], index: number): string | undefined {
  const [first] = Object.entries(layers)
    .filter(([, output]) => output >= index)
    .sort(([, a], [, b]) => a - b);
  return first?.[0];
}
