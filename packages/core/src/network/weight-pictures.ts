// Which of a network's weights can be looked at as pictures: those of a dense layer that reads pictures, one for each unit, and
// the filters of convolutions. Found in the graph, whatever its layers are called. Nothing is drawn.
import type { Graph, GraphNode, GraphParameter } from '../graph/graph.js';
import { operatorNamed, sourceOf } from '../ops/registry.js';
import { isBatched, product, sameShape, sampleShape } from '../shape.js';

/** Weights that are pictures one after the other, row-major [channels, height, width]. */
export interface WeightPictures {
  /** The name of the parameter. */
  readonly parameter: string;
  /** 3: red, green, blue. */
  readonly channels: 1 | 3;
  readonly height: number;
  readonly width: number;
  /** Of the grid in which they belong; left out where none is better than another. */
  readonly columns?: number;
}

/** As many filters of one output stand in a row; of more, the rows would be too long to be seen. */
const MOST_COLUMNS = 16;

/**
 * @param inputShape of a sample: [height, width] or [channels, height, width], if it is a picture
 * @returns in the order in which the network reads them
 */
export function weightPictures(graph: Graph, inputShape: readonly number[]): WeightPictures[] {
  const pixels = isPicture(inputShape) ? nodesOfPixels(graph, product(inputShape)) : undefined;
  const found = new Map<string, WeightPictures>();
  for (const node of graph.nodes) {
    const seen = filters(graph, node) ?? (pixels && units(graph, node, pixels, inputShape));
    if (seen && !found.has(seen.parameter)) found.set(seen.parameter, seen);
  }
  return [...found.values()];
}

function isPicture(shape: readonly number[]): boolean {
  const [height = 1, width = 1] = shape.slice(-2);
  return (shape.length === 2 || shape.length === 3) && height > 1 && width > 1;
}

/** Nodes [N, …] whose numbers are those of the sample, each in its place. */
function nodesOfPixels({ nodes }: Graph, size: number): Set<number> {
  const found = new Set<number>();
  for (const [index, node] of nodes.entries()) {
    const { kind, elementwise } = operatorNamed(node.op);
    const read = node.inputs.filter((input) => isBatched(nodes[input]!.shape));
    const keepsPlaces = kind === 'view' || elementwise === true;
    const isKept = keepsPlaces && read.length > 0 && read.every((input) => found.has(input));
    if (sourceOf(node) === 'samples' || (isKept && product(sampleShape(node.shape)) === size)) {
      found.add(index);
    }
  }
  return found;
}

function filters(graph: Graph, { op, inputs }: GraphNode): WeightPictures | undefined {
  const { filters: input } = operatorNamed(op);
  const parameter = input === undefined ? undefined : parameterAt(graph, inputs[input]!);
  return parameter && pictures(parameter.name, parameter.shape);
}

/** Of a product of pixels [N, pixels] with weights [units, pixels], whose axes are exchanged for it. */
function units(
  graph: Graph,
  { inputs: [left, right], shape }: GraphNode,
  pixels: ReadonlySet<number>,
  inputShape: readonly number[],
): WeightPictures | undefined {
  if (left === undefined || right === undefined || !pixels.has(left)) return undefined;
  const { op, inputs, attributes } = graph.nodes[right]!;
  const isExchanged = sameShape(operatorNamed(op).axes?.(attributes) ?? [], [1, 0]);
  const parameter = isExchanged ? parameterAt(graph, inputs[0]!) : undefined;
  if (!parameter || parameter.shape[1] !== product(inputShape)) return undefined;
  if (!sameShape(shape, ['N', parameter.shape[0]!])) return undefined;
  const [channels = 1, height, width] = inputShape.length === 3 ? inputShape : [1, ...inputShape];
  return pictures(parameter.name, [parameter.shape[0]!, channels, height!, width!]);
}

/** Of [a, b, height, width]: a pictures in grey or in colour, or a × b in grey. */
function pictures(parameter: string, shape: readonly number[]): WeightPictures | undefined {
  const [, depth, height, width] = shape as readonly [number, number, number, number];
  if (height * width === 1) return undefined;
  if (depth === 1 || depth === 3) return { parameter, channels: depth, height, width };
  const columns = depth <= MOST_COLUMNS ? { columns: depth } : {};
  return { parameter, channels: 1, height, width, ...columns };
}

function parameterAt({ nodes, parameters }: Graph, index: number): GraphParameter | undefined {
  const node = nodes[index]!;
  return sourceOf(node) === 'parameter' ? parameters[node.attributes.index as number] : undefined;
}
