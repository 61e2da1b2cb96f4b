// What an operator is: shape rule, gradient rule, reference kernel and lowering to WebAssembly kernels,
// side by side in one file each. An operator knows nothing of memory, threads or training.
import type { Kernels } from '@lockstep/kernels';
import type { Attributes, ElementType, GraphNode } from '../graph/graph.js';
import type { Count, Shape } from '../shape.js';

export type AttributeRule = 'finite' | 'integer' | 'shape';

/** What shape and gradient rules see of a node that is read. */
export interface Operand {
  readonly shape: Shape;
  readonly type: ElementType;
}

/** Adds nodes to the graph that is being differentiated. */
export interface GradientBuilder {
  add(op: string, inputs: readonly number[], attributes?: Attributes): number;
  constant(value: number): number;
  shapeOf(node: number): Shape;
}

export interface GradientRequest {
  readonly builder: GradientBuilder;
  readonly node: GraphNode;
  readonly inputs: readonly number[];
  readonly output: number;
  /** Gradient of the loss with respect to the node's output, of the same shape. */
  readonly dOutput: number;
  /** Which inputs need a gradient. */
  readonly needed: readonly boolean[];
}

export type Numbers = Float32Array | Float64Array | Int32Array;

/** A tensor with its batch size filled in, as the reference kernels see it. */
export interface Value {
  readonly data: Numbers;
  readonly shape: readonly number[];
}

/** What a kernel may need besides its inputs: where in the run and at which samples it stands. */
export interface SampleContext {
  readonly seed: number;
  readonly epoch: number;
  /** [N] index in the dataset of each sample of the shard. */
  readonly sampleIds: Uint32Array;
}

export interface ReferenceCall {
  readonly inputs: readonly Value[];
  readonly output: Value;
  readonly attributes: Attributes;
  readonly context: SampleContext;
}

/** An argument of a kernel call: a literal, a length, a node's address, or a value known when it runs. */
export type KernelArgument =
  | number
  | Count
  | { readonly node: number }
  /** The same place in the partial that the call adds to, if it adds to one; else as `node`. */
  | { readonly accumulator: number }
  | { readonly runtime: 'sampleIds' | 'epoch' | 'seedLow' | 'seedHigh' };

export interface KernelCall {
  readonly kernel: keyof Kernels;
  readonly arguments: readonly KernelArgument[];
}

/** The non-zeros of a batch of samples, as the kernels list them: nodes that hold addresses. */
export interface CompressedSamples {
  readonly rowStarts: number;
  readonly rowEntries: number;
  readonly columnStarts: number;
  readonly columnEntries: number;
}

export interface LoweringRequest {
  readonly node: GraphNode;
  readonly inputs: readonly (Operand & { readonly node: number })[];
  /** Present if input 1, as packPanels leaves it, lies at this node. */
  readonly packed?: number;
  /** Present if input 0 is to be read by its non-zeros. */
  readonly compressed?: CompressedSamples;
  readonly output: { readonly node: number };
}

export interface Operator {
  readonly name: string;
  readonly inputs: number;
  readonly attributes: Readonly<Record<string, AttributeRule>>;
  /** False for operators that only gradients use: a graph from outside may not contain them. */
  readonly inModels: boolean;
  readonly outputType?: ElementType;
  /** Which inputs are class labels; all others are f32. */
  readonly labelInputs?: readonly number[];
  /** How many classes its labels are of; for operators of models with label inputs. */
  classes?(inputs: readonly Operand[], attributes: Attributes): number;
  /** @throws ShapeError if the inputs do not fit */
  shape(inputs: readonly Operand[], attributes: Attributes): Shape;
  /** The gradient of each input, undefined where it is zero or not needed. Left out: no gradient flows. */
  gradient?(request: GradientRequest): (number | undefined)[];
  reference(call: ReferenceCall): void;
  /** Whether the lowering can read input 1 packed, with the same bits. */
  readonly readsPacked?: boolean;
  /** Whether the lowering can read input 0 by its non-zeros, with the same bits. */
  readonly readsCompressed?: boolean;
  /** Left out for operators whose output is its input's memory under another shape. */
  lower?(request: LoweringRequest): KernelCall[];
}

export function numberAttribute(attributes: Attributes, name: string): number {
  return attributes[name] as number;
}

export function shapeAttribute(attributes: Attributes, name: string): Shape {
  return attributes[name] as Shape;
}
