// Checks a graph that comes from outside (a file, a peer) completely, before anything is planned or
// allocated for it. What passes is a graph that the tracer could have made: known operators, inputs that
// are earlier nodes (so no cycle), shapes that the rules give, sizes within the limits.
import { GraphError } from '../errors.js';
import {
  GRAPH_FORMAT,
  type Graph,
  type GraphBuffer,
  type GraphHead,
  type GraphNode,
} from '../graph/graph.js';
import { WEIGHT } from '../graph/sample-weight.js';
import { lossNamed } from '../losses/built-in.js';
import { MAX_METRICS, metricOf, metricOutput } from '../metrics/metric.js';
import type { Source } from '../ops/operator.js';
import { sourceOf } from '../ops/registry.js';
import { MAX_PARTS, validateParts } from '../parts.js';
import {
  formatShape,
  isBatched,
  type Shape,
  sameShape,
  sampleShape,
  sampleSize,
} from '../shape.js';
import { checkUpdates, updateOutput } from '../transform/updates.js';
import { describe, requireArray, requireKeys, requireObject } from './json.js';
import { checkMetricSums } from './metric-sums.js';
import { validateConstants, validateLayers, validateTensors } from './validate-lists.js';
import { validateNode } from './validate-nodes.js';

export const GRAPH_LIMITS = {
  nodes: 10_000,
  /** Over all nodes but parameters, buffers and constants, for one sample. */
  activationElements: 2 ** 28,
} as const;

/** Sources that take no memory of a sample's. */
const KEPT_SOURCES: readonly (Source | undefined)[] = ['parameter', 'buffer', 'constant'];

/**
 * @param json a parsed JSON value that claims to be a graph
 * @returns the same graph, rebuilt from checked parts
 * @throws GraphError or ShapeError naming the node and what is wrong with it
 */
export function validateGraph(json: unknown): Graph {
  const graph = requireObject(json, 'graph');
  requireKeys(graph, ['format', 'parameters', 'nodes', 'outputs'], 'graph', [
    'buffers',
    'constants',
    'heads',
    'layers',
    'loss',
    'metrics',
    'positive',
  ]);
  if (graph.format !== GRAPH_FORMAT) {
    throw new GraphError(`graph: format is ${describe(graph.format)}, expected "${GRAPH_FORMAT}"`);
  }
  const { parameters, buffers } = validateTensors(graph.parameters, graph.buffers ?? []);
  const constants = validateConstants(graph.constants ?? []);
  const nodes = requireArray(graph.nodes, GRAPH_LIMITS.nodes, 'nodes');
  const checked: GraphNode[] = [];
  let elements = 0;
  for (const [index, node] of nodes.entries()) {
    const valid = validateNode(node, index, checked, { parameters, buffers, constants });
    checked.push(valid);
    if (!KEPT_SOURCES.includes(sourceOf(valid))) elements += sampleSize(valid.shape);
    if (elements > GRAPH_LIMITS.activationElements) {
      throw new GraphError(
        `graph: one sample needs more than ${GRAPH_LIMITS.activationElements} elements (at node ${index})`,
      );
    }
  }
  const outputs = validateOutputs(graph.outputs, checked, buffers);
  const layers = validateLayers(graph.layers ?? {}, checked.length);
  const heads = validateHeads(graph.heads, checked[outputs.output!]!.shape);
  const metrics = validateMetrics(graph.metrics, outputs);
  const { loss, positive } = graph;
  if (loss !== undefined && (typeof loss !== 'string' || !lossNamed(loss))) {
    throw new GraphError(`graph: there is no loss ${describe(loss)}`);
  }
  if (positive !== undefined && positive !== 0) {
    throw new GraphError(
      `graph: positive is ${describe(positive)}, expected 0, or nothing for class 1`,
    );
  }
  const valid: Graph = {
    format: GRAPH_FORMAT,
    parameters,
    ...(buffers.length > 0 && { buffers }),
    ...(constants.length > 0 && { constants }),
    nodes: checked,
    outputs,
    ...(heads.length > 0 && { heads }),
    ...(Object.keys(layers).length > 0 && { layers }),
    ...(loss !== undefined && { loss: loss as string }),
    ...(positive === 0 && { positive }),
    ...(metrics.length > 0 && { metrics }),
  };
  checkMetricSums(valid);
  checkUpdates(valid);
  return valid;
}

/** @param output the shape of what they are the parts of */
function validateHeads(json: unknown, output: Shape): GraphHead[] {
  if (json === undefined) return [];
  const list = requireArray(json, MAX_PARTS, 'heads');
  const losses = Array.from(list, (head, index) => {
    const { loss } = requireObject(head, `graph: head ${index}`);
    if (loss === undefined || (typeof loss === 'string' && lossNamed(loss))) return loss;
    throw new GraphError(`graph: head ${index}: there is no loss ${describe(loss)}`);
  });
  const parts = list.map((head) => {
    const { loss: _, ...part } = head as Record<string, unknown>;
    return part;
  });
  return validateParts('graph: heads', parts, sampleShape(output)).map(
    ({ name, shape }, index) => ({
      ...{ name, shape },
      ...(losses[index] !== undefined && { loss: losses[index] as string }),
    }),
  );
}

function validateOutputs(
  json: unknown,
  nodes: readonly GraphNode[],
  buffers: readonly GraphBuffer[],
): Record<string, number> {
  const outputs = requireObject(json, 'graph: outputs');
  const result: Record<string, number> = {};
  const updates = new Map(buffers.map((buffer, index) => [updateOutput(index), buffer]));
  for (const [given, index] of Object.entries(outputs)) {
    // Before there were other metrics, accuracy's output had a name of its own.
    const name = given === 'correct' ? metricOutput('accuracy', 'correct') : given;
    const isMetric = metricOf(name) !== undefined;
    const buffer = updates.get(name);
    const isOfSample = name === 'loss' || name === WEIGHT;
    if (name !== 'output' && !isOfSample && !isMetric && !buffer) {
      throw new GraphError(
        `graph: unknown output ${describe(name)}; there are output, loss, weight and metric.<name>.<sum>`,
      );
    }
    const node = Number.isInteger(index) ? nodes[index as number] : undefined;
    if (!node) {
      throw new GraphError(
        `graph: output "${name}" is node ${describe(index)}, which does not exist`,
      );
    }
    if (buffer) {
      if (!sameShape(node.shape, buffer.shape) || node.type !== 'f32') {
        throw new GraphError(
          `graph: output "${name}" is ${formatShape(node.shape)}, the buffer is ${formatShape(buffer.shape)}`,
        );
      }
    } else if (
      !isBatched(node.shape) ||
      (isOfSample && node.shape.length !== 1) ||
      node.type !== 'f32'
    ) {
      throw new GraphError(
        `graph: output "${name}" is ${formatShape(node.shape)}, expected ${isOfSample ? '[N]' : '[N, …]'}`,
      );
    }
    result[name] = (index as number) + 0;
  }
  if (result.output === undefined) throw new GraphError('graph: has no output');
  if (result[WEIGHT] !== undefined && result.loss === undefined) {
    throw new GraphError('graph: weights of samples without a loss');
  }
  for (const [name, buffer] of updates) {
    if (result[name] !== undefined) continue;
    throw new GraphError(`graph: buffer "${buffer.name}" has no output "${name}"`);
  }
  checkInputsOnce(nodes);
  return result;
}

/** @returns the names in the order in which they are told; of what has outputs, where nobody listed them */
function validateMetrics(json: unknown, outputs: Readonly<Record<string, number>>): string[] {
  const found = new Set(Object.keys(outputs).flatMap((name) => metricOf(name)?.metric ?? []));
  const metrics = json === undefined ? [...found] : requireArray(json, MAX_METRICS, 'metrics');
  for (const name of metrics) {
    if (typeof name !== 'string' || !found.has(name)) {
      throw new GraphError(`graph: no output is for the metric ${describe(name)}`);
    }
  }
  const distinct = new Set(metrics as string[]);
  if (distinct.size !== found.size || distinct.size !== metrics.length) {
    throw new GraphError(
      `graph: the metrics are ${[...found].join(', ') || 'none'} by their outputs, and ${metrics.join(', ') || 'none'} by their list`,
    );
  }
  if (found.size > 0 && outputs.loss === undefined) {
    throw new GraphError('graph: metrics without a loss');
  }
  return metrics as string[];
}

function checkInputsOnce(nodes: readonly GraphNode[]): void {
  for (const source of ['samples', 'targets'] as const) {
    const found = nodes.filter((node) => sourceOf(node) === source).map(({ op }) => op);
    if (found.length > 1) {
      throw new GraphError(
        `graph: ${found.length} nodes read the ${source} (${found.join(', ')}), at most 1 is allowed`,
      );
    }
  }
}
