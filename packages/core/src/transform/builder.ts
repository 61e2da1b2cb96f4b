// Builds a graph node by node. Every node passes its operator's shape rule, equal nodes are shared, and
// nodes that change nothing disappear where their operator says so, so gradient rules may be written plainly.
import { GraphError, ShapeError } from '../errors.js';
import {
  type Attributes,
  type ElementType,
  GRAPH_FORMAT,
  type Graph,
  type GraphBuffer,
  type GraphConstant,
  type GraphHead,
  type GraphNode,
  type GraphParameter,
} from '../graph/graph.js';
import { checkParameterName } from '../graph/parameter-name.js';
import { inputCounts, inputTypes, type Operator } from '../ops/operator.js';
import { operatorNamed, sourceOf } from '../ops/registry.js';
import { checkShape, formatShape, type Shape, sameShape } from '../shape.js';

/** Over all constants: they travel with the graph, as JSON. */
const MAX_CONSTANT_ELEMENTS = 2 ** 16;

/** @throws GraphError if a graph may not have so many */
export function checkConstantElements(elements: number): void {
  if (elements <= MAX_CONSTANT_ELEMENTS) return;
  throw new GraphError(
    `graph: ${elements} constant numbers, at most ${MAX_CONSTANT_ELEMENTS} are allowed; they travel with the graph. Make them a parameter, or part of the data`,
  );
}

export class GraphBuilder {
  readonly nodes: GraphNode[] = [];
  readonly parameters: GraphParameter[];
  readonly buffers: GraphBuffer[];
  readonly constants: GraphConstant[];
  /** The output of each layer that has a name. */
  readonly layers = new Map<string, number>();
  /** As the graph's. */
  heads: readonly GraphHead[];
  readonly #known = new Map<string, number>();

  /** @param of the graph whose parameters, buffers and constants nodes will read; left out for a new one */
  constructor(of?: Graph) {
    this.parameters = [...(of?.parameters ?? [])];
    this.buffers = [...(of?.buffers ?? [])];
    this.constants = [...(of?.constants ?? [])];
    this.heads = of?.heads ?? [];
  }

  /**
   * Adds a node, or finds the equal one.
   *
   * @returns its index
   * @throws GraphError if the operator is unknown or an input is of the wrong element type
   * @throws ShapeError if the inputs do not fit the operator
   */
  add(op: string, inputs: readonly number[], given: Attributes = {}): number {
    const operator = operatorNamed(op);
    const attributes = inOrder(operator, given);
    const types = inputTypes(operator, inputs.length);
    if (!types) {
      throw new GraphError(`${op}: takes ${inputCounts(operator)}, got ${inputs.length}`);
    }
    const operands = inputs.map((input) => this.node(input));
    for (const [i, { type, shape }] of operands.entries()) {
      if (type !== types[i]) throw new ShapeError(`${op}: ${otherType(types[i]!, type, shape)}`);
    }
    const simpler = operator.simplify?.({
      attributes,
      inputs,
      nodeOf: (index) => this.node(index),
    });
    if (simpler !== undefined) return simpler;
    const key = JSON.stringify([op, inputs, attributes]);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const shape = operator.shape(operands, attributes);
    checkShape(shape, op);
    this.nodes.push({ op, inputs, attributes, shape, type: operator.outputType ?? 'f32' });
    this.#known.set(key, this.nodes.length - 1);
    return this.nodes.length - 1;
  }

  /** A scalar; the sign of a zero is dropped, since it does not survive JSON. */
  constant(value: number): number {
    return this.add('constant', [], { value: value + 0 });
  }

  /**
   * A tensor of constants; the same one, kept once, for the same numbers.
   *
   * @param values finite float32, as many as the shape has elements
   */
  constantTensor(values: ArrayLike<number>, shape: readonly number[]): number {
    let index = this.constants.findIndex(
      (other) =>
        sameShape(other.shape, shape) && other.values.every((value, i) => value === values[i]),
    );
    if (index < 0) {
      const sizes = [...this.constants.map(({ values }) => values.length), values.length];
      checkConstantElements(sizes.reduce((sum, size) => sum + size, 0));
      index = this.constants.push({ shape, values: Array.from(values, (value) => value + 0) }) - 1;
    }
    return this.add('constantTensor', [], { index, shape });
  }

  node(index: number): GraphNode {
    const node = this.nodes[index];
    if (!node) throw new GraphError(`graph: there is no node ${index}`);
    return node;
  }

  shapeOf(index: number): Shape {
    return this.node(index).shape;
  }

  /**
   * @returns the index of the parameter's node
   * @throws GraphError if the name is taken or is none
   */
  addParameter(parameter: GraphParameter): number {
    return this.#declare('parameter', this.parameters, parameter);
  }

  /** @returns and throws as `addParameter` */
  addBuffer(buffer: GraphBuffer): number {
    return this.#declare('buffer', this.buffers, buffer);
  }

  #declare(op: 'parameter' | 'buffer', list: GraphParameter[], declared: GraphParameter): number {
    const { name, shape } = declared;
    checkParameterName(name, 'graph');
    if ([...this.parameters, ...this.buffers].some((other) => other.name === name)) {
      throw new GraphError(
        `graph: two ${op}s are called "${name}". A layer of one's own that is used twice with the same ${op}s is made by shared(layer); scope.child(name) keeps two layers apart`,
      );
    }
    list.push(declared);
    return this.add(op, [], { index: list.length - 1, shape });
  }

  finish(outputs: Readonly<Record<string, number>>): Graph {
    const { parameters, buffers, constants, nodes } = this;
    return {
      format: GRAPH_FORMAT,
      parameters,
      ...(buffers.length > 0 && { buffers }),
      ...(constants.length > 0 && { constants }),
      nodes,
      outputs,
      ...(this.heads.length > 0 && { heads: this.heads }),
      ...(this.layers.size > 0 && { layers: Object.fromEntries(this.layers) }),
    };
  }
}

/** Attributes in the order that their operator says, in which a graph from outside has them, too. */
function inOrder({ attributes, optionalAttributes }: Operator, given: Attributes): Attributes {
  const names = Object.keys({ ...attributes, ...optionalAttributes });
  return Object.fromEntries(
    names.filter((name) => given[name] !== undefined).map((name) => [name, given[name]!]),
  );
}

/** Why an input will not do. */
export function otherType(expected: ElementType, type: ElementType, shape: Shape): string {
  const got = `${TYPES[type]} of shape ${formatShape(shape)}`;
  if (expected === 'i32') return `expected int32, such as class labels, got ${got}`;
  const advice =
    type === 'i32'
      ? '; tokens become vectors with embedding, tokens and class labels with oneHot'
      : '';
  return `expected ${TYPES[expected]}, got ${got}${advice}`;
}

const TYPES: Readonly<Record<ElementType, string>> = {
  f32: 'float32',
  i32: 'int32',
  record: 'a record',
};

/**
 * Adds every node of `graph` to a builder.
 *
 * @param replace may answer with another node of the builder to stand for a node of the graph
 * @returns the builder's node for each node of the graph
 */
export function replay(
  graph: Graph,
  builder: GraphBuilder,
  replace: (node: GraphNode, inputs: readonly number[]) => number | undefined = () => undefined,
): number[] {
  const map: number[] = [];
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((input) => map[input]!);
    map.push(replace(node, inputs) ?? builder.add(node.op, inputs, node.attributes));
  }
  nameLayers(graph, builder, map);
  return map;
}

/** Names the layers of `graph` in a builder, those that are there. @param map the builder's node for nodes of the graph */
export function nameLayers(
  { layers }: Pick<Graph, 'layers'>,
  builder: GraphBuilder,
  map: readonly (number | undefined)[],
): void {
  for (const [name, node] of Object.entries(layers ?? {})) {
    if (map[node] !== undefined) builder.layers.set(name, map[node]);
  }
}

/** The outputs of a replayed graph. */
export function mapOutputs(graph: Graph, map: readonly number[]): Record<string, number> {
  return Object.fromEntries(
    Object.entries(graph.outputs).map(([name, node]) => [name, map[node]!]),
  );
}

/** The node of parameter number `index`; −1 if nothing reads it. */
export function parameterNode(nodes: readonly GraphNode[], index: number): number {
  return nodes.findIndex(
    (node) => sourceOf(node) === 'parameter' && node.attributes.index === index,
  );
}

/** Whether each node leads to one of the outputs. @param given nodes that are there, whatever leads to them */
export function neededNodes(
  nodes: readonly GraphNode[],
  outputs: readonly number[],
  given: readonly number[] = [],
): boolean[] {
  const needed = nodes.map(() => false);
  for (const output of outputs) needed[output] = true;
  for (let index = needed.length - 1; index >= 0; index--) {
    if (!needed[index] || given.includes(index)) continue;
    for (const input of nodes[index]!.inputs) needed[input] = true;
  }
  return needed;
}
