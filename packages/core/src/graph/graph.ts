// The network as data: a plain JSON value that is traced once, checked, differentiated, planned, shipped.
// Nodes are in order: a node reads earlier nodes only, so there is no cycle by construction.
import type { Initializer } from '../initializers/initializer.js';
import type { NamedPart } from '../parts.js';
import type { Shape } from '../shape.js';

export const GRAPH_FORMAT = 'lockstep-graph/1';

export type AttributeValue = number | Shape;
export type Attributes = Readonly<Record<string, AttributeValue>>;
/**
 * f32 numbers; i32 class labels or tokens; or a record: what an operator gives (which lies in front) and, behind it, what its
 * gradient wants to know, in a layout of the operator's own. Only operators that know it read a record.
 */
export type ElementType = 'f32' | 'i32' | 'record';

export interface GraphNode {
  readonly op: string;
  /** Indices of earlier nodes. */
  readonly inputs: readonly number[];
  readonly attributes: Attributes;
  readonly shape: Shape;
  readonly type: ElementType;
}

export interface GraphParameter {
  readonly name: string;
  /** In the exported (PyTorch) layout. */
  readonly shape: readonly number[];
  readonly init: Initializer;
}

/** A tensor of numbers that training leaves as they are. */
export interface GraphConstant {
  /** Without a batch axis; at least one axis, since a single number stands in its node. */
  readonly shape: readonly number[];
  /** Row-major: finite float32, and no −0, whose sign JSON does not keep. */
  readonly values: readonly number[];
}

/** State that gradients do not touch. */
export type GraphBuffer = GraphParameter;

/** One of several outputs, in the row of `outputs.output`. */
export interface GraphHead extends Pick<NamedPart, 'name' | 'shape'> {
  /** The name of the built-in loss that it learns by, as `loss` of a graph with one output. */
  readonly loss?: string;
}

/** A network as data: nodes in an order in which they can be computed, parameters, buffers, constants and named outputs. */
export interface Graph {
  readonly format: typeof GRAPH_FORMAT;
  readonly parameters: readonly GraphParameter[];
  /** Left out where there are none. */
  readonly buffers?: readonly GraphBuffer[];
  /** Left out where there are none. */
  readonly constants?: readonly GraphConstant[];
  readonly nodes: readonly GraphNode[];
  /**
   * Named nodes. A model has `output` [N, …]; with a loss also `loss` [N] (a sample's loss), perhaps
   * `weight` [N] (what it counts in a mean), and for each metric what
   * is summed for it, `metric.<name>.<sum>` [N, …]. For each buffer there is
   * `update.<index>`, its value after a step. `differentiate` and `evaluation` give the batch sums.
   */
  readonly outputs: Readonly<Record<string, number>>;
  /**
   * The node of each layer's output, by the layer's name, which is what the names of its parameters begin with. For people:
   * nothing that is computed depends on them. Left out where there are none.
   */
  readonly layers?: Readonly<Record<string, number>>;
  /** Of a model whose outputs have names: what the row of its output [N, size] is made of. Left out where it has one output. */
  readonly heads?: readonly GraphHead[];
  /** The name of the built-in loss that `outputs.loss` is: it says what targets are taken. */
  readonly loss?: string;
  /**
   * Of two classes with one output, the one that the output speaks for, where that is class 0: else it is class 1, and this is
   * left out.
   */
  readonly positive?: 0;
  /** Names of the metrics that there are outputs for, in the order in which they are told. */
  readonly metrics?: readonly string[];
}

export function buffersOf({ buffers }: Pick<Graph, 'buffers'>): readonly GraphBuffer[] {
  return buffers ?? [];
}
