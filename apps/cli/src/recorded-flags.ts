// The flags that a run's record comes to: what would be typed to begin it once more, with what stood there by default.
import type { RunRecord } from '@lockstep/trainer';
import { recordedOptimizer } from './optimizer-options.js';
import { type RunOrigin, recordedNetwork } from './origin.js';
import { recordedStop } from './stop-options.js';

/** By the flags' long names in camelCase; null or undefined for what there is none of. */
export function recordedFlags(
  config: RunRecord['config'],
  origin: RunOrigin,
): Readonly<Record<string, unknown>> {
  const { dataset, isNamed = true, source, model, loss, positive } = origin;
  const { source: _, ...ofSource } = source ?? { source: '' };
  const metrics = (config.graph.metrics ?? []).filter((name) => name !== 'accuracy');
  const { dataDir, limitTrain, limitTest, init } = origin;
  const { epochs, batchSize, seed, shards, shuffle, dropLast } = config;
  return {
    ...{ ...(isNamed && { dataset }), ...ofSource, dataDir, limitTrain, limitTest },
    ...{ model, ...recordedNetwork(origin), loss, positive, init },
    ...{ epochs, batchSize, seed, shards, shuffle, dropLast },
    ...(metrics.length > 0 && { metrics }),
    ...Object.fromEntries(recordedOptimizer(config.optimizer)),
    ...recordedStop(config),
    ...origin.flags,
    // As they came out, whatever stands for them by default.
    ...{ loss, shards },
  };
}
