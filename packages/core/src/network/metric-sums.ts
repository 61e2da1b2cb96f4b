// The bound of what metrics sum: it is kept for every chunk of an evaluation, and travels.
import { ConfigError } from '../errors.js';
import type { Graph } from '../graph/graph.js';
import { MAX_METRIC_SUMS, metricOf } from '../metrics/metric.js';
import { sampleSize } from '../shape.js';

/** @throws ConfigError if a graph's metrics come to more sums than a chunk may leave */
export function checkMetricSums({ nodes, outputs }: Graph): void {
  const sizes = Object.entries(outputs).map(([name, node]) =>
    metricOf(name) ? sampleSize(nodes[node]!.shape) : 0,
  );
  const sums = sizes.reduce((total, size) => total + size, 0);
  if (sums <= MAX_METRIC_SUMS) return;
  const side = Math.floor(Math.sqrt(MAX_METRIC_SUMS));
  throw new ConfigError(
    `metrics: they come to ${sums} sums a chunk, at most ${MAX_METRIC_SUMS} are possible. A confusion matrix takes the square of the number of classes, so it goes up to ${side} of them`,
  );
}
