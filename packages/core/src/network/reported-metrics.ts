// The metrics of a graph, as what makes values of their sums: built-in ones by the names that the graph has, others as
// somebody gives them.
import { ConfigError } from '../errors.js';
import type { Graph } from '../graph/graph.js';
import type { Loss, Losses } from '../losses/loss.js';
import { chooseMetrics, type MetricChoice, metricNamed } from '../metrics/built-in.js';
import type { Metric } from '../metrics/metric.js';
import { attachMetrics, type MeasuredData, withMetrics } from './attach-metrics.js';

/**
 * @param given metrics of somebody's own
 * @throws ConfigError if one is not built in and was not given, or one was given that the graph has not
 */
export function reportedMetrics(
  operation: string,
  { metrics = [] }: Graph,
  given: readonly Metric[],
): Metric[] {
  const foreign = given.find(({ name }) => !metrics.includes(name));
  if (foreign) {
    throw new ConfigError(
      `${operation}: the run has no metric ${foreign.name}, and cannot get one; it has ${metrics.join(', ') || 'none'}. Leave it out here, and give it to evaluate`,
    );
  }
  return metrics.map((name) => {
    const found = given.find((one) => one.name === name) ?? metricNamed(name);
    if (found) return found;
    throw new ConfigError(
      `${operation}: the run has the metric ${name}, which is nobody's here; give it in metrics, as the run began with it`,
    );
  });
}

/**
 * A graph with a loss, for an evaluation by itself: with its own metrics and these. Of somebody's own metrics a graph has
 * the sums only, so those that are not given again are left out.
 *
 * @throws ConfigError or ShapeError as `chooseMetrics` and `attachMetrics`
 */
export function measure(
  operation: string,
  graph: Graph,
  given: readonly MetricChoice[] | undefined,
  data: MeasuredData,
  loss: Loss | Losses | undefined,
): { readonly graph: Graph; readonly reported: readonly Metric[] } {
  const metrics = chooseMetrics(operation, given);
  const known = (graph.metrics ?? []).filter(
    (name) => metricNamed(name) ?? metrics.find((metric) => metric.name === name),
  );
  const measured = attachMetrics(withMetrics(graph, known), metrics, data, loss);
  return { graph: measured, reported: reportedMetrics(operation, measured, metrics) };
}
