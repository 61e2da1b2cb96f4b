// Adds metrics to a graph with a loss: each is called once with tensors that record what is done to them, and what it
// gives becomes outputs that are summed in evaluations. Nothing of them reaches a gradient.
import { describeValue } from '@lockstep/errors';
import type { Dataset } from '../dataset.js';
import { ConfigError, ShapeError } from '../errors.js';
import type { Graph } from '../graph/graph.js';
import { lossOf, lossOfHead } from '../losses/check-targets.js';
import type { Loss, Losses } from '../losses/loss.js';
import { MAX_METRICS, type Metric, metricOf, metricOutput } from '../metrics/metric.js';
import { meansOf } from '../metrics/r-squared.js';
import { takeApart } from '../model/named.js';
import { Tensor } from '../model/tensor.js';
import { placeParts } from '../parts.js';
import { targetUnits } from '../preparation/targets.js';
import { formatShape, isBatched } from '../shape.js';
import { GraphBuilder, mapOutputs, replay } from '../transform/builder.js';
import { addTarget } from './attach-loss.js';
import { checkMetricSums } from './metric-sums.js';

/** What metrics look at of the data. */
export type MeasuredData = Pick<
  Dataset,
  'targetShape' | 'classes' | 'targets' | 'preparation' | 'targetParts'
>;

/**
 * @param graph with a loss
 * @param metrics those that it has already stay as they are
 * @param data what is learnt from
 * @param loss the one that the graph was made with, where that is known
 * @throws ConfigError or ShapeError if a metric does not fit the output and the targets, or there are too many sums
 */
export function attachMetrics(
  graph: Graph,
  metrics: readonly Metric[],
  data: MeasuredData,
  loss?: Loss | Losses,
): Graph {
  const has = graph.metrics ?? [];
  const added = metrics.filter(({ name }) => !has.includes(name));
  if (added.length === 0) return graph;
  if (has.length + added.length > MAX_METRICS) {
    throw new ConfigError(
      `metrics: ${has.length + added.length} of them, at most ${MAX_METRICS} are possible`,
    );
  }
  const foreign = graph.heads ? undefined : added.find(({ output }) => output !== undefined);
  if (foreign) {
    throw new ConfigError(
      `metrics: ${foreign.name} is about an output "${foreign.output}", and the model gives one output without a name`,
    );
  }
  const builder = new GraphBuilder(graph);
  const outputs = mapOutputs(graph, replay(graph, builder));
  const { classes, targetShape, targets, preparation } = data;
  const target = addTarget(builder, data);
  const about = {
    ...{
      classes,
      targetShape,
      applies: graph.heads ? undefined : lossOf(graph, loss as Loss)?.applies,
    },
    positive: graph.positive ?? (1 as const),
    targetUnits: preparation && targetUnits(preparation),
    targetMeans: targets instanceof Float32Array ? meansOf(targets, targetShape) : undefined,
  };
  const row = new Tensor(builder, outputs.output!);
  const measured = new Tensor(builder, target);
  for (const metric of added) {
    const tensors = graph.heads
      ? buildForHead(metric, graph, row, measured, data, loss)
      : metric.build(row, measured, about);
    for (const [sum, tensor] of Object.entries(checkTensors(metric, tensors))) {
      outputs[metricOutput(metric.name, sum)] = tensor.node;
    }
  }
  const finished = builder.finish(outputs);
  checkMetricSums(finished);
  return {
    ...finished,
    ...(graph.loss !== undefined && { loss: graph.loss }),
    ...(graph.positive !== undefined && { positive: graph.positive }),
    metrics: [...has, ...added.map(({ name }) => name)],
  };
}

/** A metric of one of several outputs, from the rows that they and their targets lie in. */
function buildForHead(
  metric: Metric,
  { heads = [] }: Graph,
  outputs: Tensor,
  targets: Tensor,
  data: MeasuredData,
  losses: Loss | Losses | undefined,
): unknown {
  const head = heads.find(({ name }) => name === metric.output);
  const placed = placeParts(data.targetParts ?? []).find(({ part }) => part.name === metric.output);
  if (!head || !placed) {
    const names = heads.map(({ name }) => `${name}.${metric.name.split('.').at(-1)}`);
    throw new ConfigError(
      `metrics: ${metric.name} is about no output that has a target; say of which, as ${names.join(' or ')}`,
    );
  }
  const { part, start, end } = placed;
  const means = data.targets instanceof Float32Array ? meansOf(data.targets, data.targetShape) : [];
  return metric.build(
    takeApart(outputs, heads)[head.name]!,
    takeApart(targets, data.targetParts!)[head.name]!,
    {
      ...{ classes: undefined, classNames: part.classNames, targetShape: part.shape },
      applies: lossOfHead(head, losses)?.applies,
      ...{ positive: 1, targetUnits: undefined, targetMeans: means.slice(start, end) },
    },
  );
}

/** The graph without the metrics that are not among these. */
export function withMetrics(graph: Graph, names: readonly string[]): Graph {
  const { metrics = [], ...rest } = graph;
  const kept = metrics.filter((name) => names.includes(name));
  if (kept.length === metrics.length) return graph;
  const outputs = Object.entries(graph.outputs).filter(([output]) => {
    const { metric } = metricOf(output) ?? {};
    return metric === undefined || kept.includes(metric);
  });
  return {
    ...rest,
    outputs: Object.fromEntries(outputs),
    ...(kept.length > 0 && { metrics: kept }),
  };
}

function describeGiven(given: unknown): string {
  if (!(given instanceof Tensor)) return describeValue(given);
  return given.type === 'f32'
    ? formatShape(given.shape)
    : 'class labels, of which oneHot makes numbers';
}

function checkTensors({ name }: Metric, given: unknown): Readonly<Record<string, Tensor>> {
  const sums = Object.entries(given instanceof Tensor ? {} : Object(given));
  if (sums.length === 0) {
    throw new ConfigError(
      `metric ${name}: build must return an object of tensors, as { sum: tensor }; got ${describeValue(given)}`,
    );
  }
  for (const [sum, tensor] of sums) {
    if (!metricOf(metricOutput(name, sum))) {
      throw new ConfigError(
        `metric ${name}: ${JSON.stringify(sum)} is no name of a sum; expected letters, digits and dashes, a letter first`,
      );
    }
    if (!(tensor instanceof Tensor && isBatched(tensor.shape) && tensor.type === 'f32')) {
      const got = describeGiven(tensor);
      throw new ShapeError(
        `metric ${name}: ${sum} must be numbers for each sample, [N, …], got ${got}; sums over the samples are taken by whoever evaluates`,
      );
    }
  }
  return given as Readonly<Record<string, Tensor>>;
}
