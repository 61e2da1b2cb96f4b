// A network for people: its layers in order, with what they compute, what comes out and how many parameters they have.
// Invariant: every node that leads to the output is in one row, and every parameter is counted in one row, the first that
// reads it. Nothing is computed.
import { describeValue } from '@lockstep/errors';
import { ConfigError } from '../errors.js';
import { buffersOf, type Graph, type GraphNode } from '../graph/graph.js';
import { sourceOf } from '../ops/registry.js';
import { isBatched, product, type Shape } from '../shape.js';
import { outputAlone } from './to-graph.js';

/** A layer, or a step between layers. */
export interface LayerSummary {
  /** As the names of its parameters begin; undefined for what is no layer, such as a sum of two. */
  readonly name: string | undefined;
  /** The operators that work on samples, in order: `matmul`, `add`. */
  readonly operators: readonly string[];
  /** Of what comes out, with N for the samples. */
  readonly outputShape: Shape;
  /** Numbers in the parameters that no layer before it reads. */
  readonly parameters: number;
}

/** What `summarize` gives: the layers, and how many numbers there are. */
export interface NetworkSummary {
  /** Of the input, with N for the samples; undefined where the network reads none. */
  readonly inputShape: Shape | undefined;
  readonly layers: readonly LayerSummary[];
  /** Numbers in all parameters, of buffers, and of tables of constants. */
  readonly parameters: number;
  readonly buffers: number;
  readonly constants: number;
}

/**
 * What `model.summary()` of Keras and torchsummary say: layers, shapes and counts.
 *
 * @param graph of a model, with or without a loss, which is left out; or a trained model
 * @throws ConfigError if it is neither
 */
export function summarize(graph: Graph | { readonly graph: Graph }): NetworkSummary {
  const network = outputAlone(requireGraph(graph));
  const { nodes } = network;
  const names = innermostNames(network);
  const rows = new Map<number, LayerSummary>();
  const counted = new Set<number>();
  const taken = nodes.map((node) => sourceOf(node) === 'samples');
  const ends = [...names.keys()].sort((a, b) => a - b);
  const others = nodes.flatMap((node, index) => (ofSamples(node) ? [index] : []));
  for (const end of [...ends, ...others]) {
    if (taken[end]) continue;
    const own = take(nodes, taken, end, names.has(end));
    const parameters = own.filter((index) => isNewParameter(nodes[index]!, counted));
    rows.set(end, {
      name: names.get(end),
      operators: own.flatMap((index) => (ofSamples(nodes[index]!) ? [nodes[index]!.op] : [])),
      outputShape: nodes[end]!.shape,
      parameters: sizeOf(parameters.map((index) => nodes[index]!)),
    });
  }
  const layers = [...rows].sort(([a], [b]) => a - b).map(([, row]) => row);
  return {
    inputShape: nodes.find((node) => sourceOf(node) === 'samples')?.shape,
    layers,
    parameters: sizeOf(network.parameters),
    buffers: sizeOf(buffersOf(network)),
    constants: sizeOf(network.constants ?? []),
  };
}

function requireGraph(given: Graph | { readonly graph: Graph }): Graph {
  const isObject = typeof given === 'object' && given !== null;
  const graph = isObject && 'graph' in given ? given.graph : given;
  if (Array.isArray((graph as Partial<Graph> | null)?.nodes)) return graph as Graph;
  throw new ConfigError(
    `summarize: got ${describeValue(given)}, expected a graph, as traceModel gives it, or a trained model`,
  );
}

/** The names of layers by the nodes of their outputs: of a layer in a layer, the inner one's. */
export function innermostNames({ layers = {} }: Pick<Graph, 'layers'>): Map<number, string> {
  const depth = (name: string): number => name.split('.').length;
  const names = new Map<number, string>();
  for (const [name, node] of Object.entries(layers)) {
    const other = names.get(node);
    if (other === undefined || depth(name) > depth(other)) names.set(node, name);
  }
  return names;
}

/** Marks what a node is made of and what is no layer's yet: all of it for a layer, what is no sample's for another node. */
function take(
  nodes: readonly GraphNode[],
  taken: boolean[],
  end: number,
  isLayer: boolean,
): number[] {
  const own: number[] = [];
  const visit = (index: number): void => {
    if (taken[index] || (index !== end && !isLayer && ofSamples(nodes[index]!))) return;
    taken[index] = true;
    for (const input of nodes[index]!.inputs) visit(input);
    own.push(index);
  };
  visit(end);
  return own.sort((a, b) => a - b);
}

/** Whether a node works on samples, and not on parameters and constants alone. */
function ofSamples(node: GraphNode): boolean {
  return isBatched(node.shape) && sourceOf(node) === undefined;
}

function isNewParameter(node: GraphNode, counted: Set<number>): boolean {
  const index = node.attributes.index as number;
  if (sourceOf(node) !== 'parameter' || counted.has(index)) return false;
  counted.add(index);
  return true;
}

function sizeOf(tensors: readonly { readonly shape: Shape }[]): number {
  return tensors.reduce((sum, { shape }) => sum + product(shape as readonly number[]), 0);
}
