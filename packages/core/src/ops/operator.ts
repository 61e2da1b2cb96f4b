// What an operator is: shape rule, gradient rule, reference kernel and lowering to WebAssembly kernels,
// side by side in one file each. An operator knows nothing of memory, threads or training.
import type { KernelName, KernelSignatures } from '@lockstep/kernels';
import type { Attributes, ElementType, GraphNode } from '../graph/graph.js';
import type { Count, Shape } from '../shape.js';
import type { OnnxRule } from './onnx.js';

export type AttributeRule = 'finite' | 'integer' | 'shape';

/** What shape and gradient rules see of a node that is read. */
export interface ReadTensor {
  readonly shape: Shape;
  readonly type: ElementType;
}

/** Adds nodes to the graph that a rule is asked about. */
export interface RuleBuilder {
  add(op: string, inputs: readonly number[], attributes?: Attributes): number;
  constant(value: number): number;
  shapeOf(node: number): Shape;
}

/** A node that is asked about, in the graph that is being built. */
export interface NodeRequest {
  readonly builder: RuleBuilder;
  readonly attributes: Attributes;
  readonly inputs: readonly number[];
}

export interface SimplifyRequest {
  readonly attributes: Attributes;
  readonly inputs: readonly number[];
  /** A node that was added before, such as an input. */
  nodeOf(index: number): GraphNode;
}

export interface GradientRequest {
  readonly builder: RuleBuilder;
  readonly node: GraphNode;
  readonly inputs: readonly number[];
  readonly output: number;
  /** Gradient of the loss with respect to the node's output, of the same shape. */
  readonly dOutput: number;
  /** Which inputs need a gradient. */
  readonly needed: readonly boolean[];
  /** A node of the graph, such as an input. */
  nodeOf(index: number): GraphNode;
}

/** A tensor of a network that is computed one position of a sequence at a time. */
export interface PositionTensor {
  readonly node: number;
  /** The axis along which positions lie, of length 1 here; left out of what is the same at every position. */
  readonly axis?: number | undefined;
}

/** What is handed on from one position to the next. */
export interface Carried {
  /** What it was behind the position before; zeros at the first one. */
  readonly before: number;
  /** Says what it is behind this one, of the same shape. */
  becomes(node: number): void;
}

/** Asks what a node is where positions come one at a time. At least one of its inputs has positions. */
export interface PositionRequest {
  readonly builder: RuleBuilder;
  /** The node where all positions are computed at once, and the shapes of its inputs there. */
  readonly node: GraphNode;
  readonly shapes: readonly Shape[];
  readonly inputs: readonly PositionTensor[];
  /** How many positions there are at most. */
  readonly positions: number;
  /** Which one is computed, i32 [N, 1]. */
  readonly position: number;
  /** A node that was added, such as an input. */
  nodeOf(index: number): GraphNode;
  /** A tensor of this shape, [N, …], that is handed on. */
  carry(shape: Shape): Carried;
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

/** Where a kernel reads or writes; 0 for nowhere. */
type AddressArgument =
  | 0
  /** `skipped`: as many floats further on. `ofRow`: a row has so many, and it begins at the shard's first row. */
  | { readonly node: number; readonly skipped?: number | Count; readonly ofRow?: number }
  /** The same place in the partial that the call adds to, if it adds to one; else as `node`. */
  | { readonly accumulator: number }
  /** Where the numbers of samples lie, and the first row of each shard and of the one behind the last. */
  | { readonly runtime: 'sampleIds' | 'shardStarts' };

/** A literal, a length, or a value known when the call runs. */
type NumberArgument =
  | number
  | Count
  | { readonly runtime: 'epoch' | 'seedLow' | 'seedHigh' | 'shards' };

export type KernelArgument = AddressArgument | NumberArgument;

/** One for each parameter of a signature: addresses where it takes addresses, numbers where it takes numbers. */
type ArgumentsFor<Signature extends readonly string[]> = Signature extends readonly [
  infer First extends string,
  ...infer Rest extends readonly string[],
]
  ? First extends `=> ${string}`
    ? []
    : [First extends `${string}: usize` ? AddressArgument : NumberArgument, ...ArgumentsFor<Rest>]
  : [];

/** A call of a kernel, its arguments in the order of its parameters. */
export type KernelCall<Name extends KernelName = KernelName> = {
  readonly [Kernel in Name]: {
    readonly kernel: Kernel;
    readonly arguments: Readonly<ArgumentsFor<KernelSignatures[Kernel]>>;
  };
}[Name];

/** The kernels that have this signature. */
export type KernelsLike<Signature extends readonly string[]> = {
  [Name in KernelName]: KernelSignatures[Name] extends Signature ? Name : never;
}[KernelName];

/** The non-zeros of a batch of samples, as the kernels list them: nodes that hold addresses. */
export interface NonZeroLists {
  readonly rowStarts: number;
  readonly rowEntries: number;
  readonly columnStarts: number;
  readonly columnEntries: number;
}

export interface LoweringRequest {
  readonly node: GraphNode;
  readonly inputs: readonly (ReadTensor & { readonly node: number })[];
  /** Present if input 1, as packPanels leaves it, lies at this node. */
  readonly packed?: number;
  /** Present if input 0 is to be read by its non-zeros. */
  readonly nonZeros?: NonZeroLists;
  readonly output: { readonly node: number };
  /** Whether there are rows of several shards, whose sums are wanted added along the tree; of operators that do so. */
  readonly ofShards?: boolean;
  /** Where the operator has room for what it notes meanwhile: as many floats as its `scratch` says, of any value. */
  readonly scratch?: { readonly node: number };
}

/** What a source is filled in with by whoever executes the graph. */
export type Source =
  | 'samples'
  | 'targets'
  | 'parameter'
  | 'buffer'
  | 'constant'
  // What a network reads that is computed one position at a time.
  | 'position'
  | 'carried'
  // What an optimizer's update reads.
  | 'vector'
  | 'scalar';

interface OperatorRules {
  readonly name: string;
  /** The element type of each input. */
  readonly inputs: readonly ElementType[];
  /** Of inputs behind those, which may be left out from the last one on. */
  readonly optionalInputs?: readonly ElementType[];
  /** Of any number of inputs behind those. */
  readonly moreInputs?: ElementType;
  /** Default f32. */
  readonly outputType?: ElementType;
  readonly attributes: Readonly<Record<string, AttributeRule>>;
  /** Those that may be left out. */
  readonly optionalAttributes?: Readonly<Record<string, AttributeRule>>;
  /** False for operators that only gradients use: a graph from outside may not contain them. */
  readonly inModels: boolean;
  /** Whether each element of the output depends on the same element of its inputs, or on single numbers, alone. */
  readonly elementwise?: true;
  /**
   * Whether a sample's output depends on other samples of its shard, as batch statistics make it. Such an operator
   * may reduce the batch axis, and must say what stands for it in evaluation, where there are no shards.
   */
  readonly mixesSamples?: boolean;
  /** Whether its output is a sum over all samples of a step's batch, which only updates of buffers may read. */
  readonly ofBatch?: boolean;
  /**
   * What becomes of the values of input 0: `moved` to other places or left out, the rest as they are; or
   * `squashed` into probabilities or decisions. Left out: anything else.
   */
  readonly values?: 'moved' | 'squashed';
  /** Whether an output may be 0, with a gradient of 0, for every sample: a dead unit, of which nothing before it learns. */
  readonly mayDie?: true;
  /** The one value that a row of a single number always gets, where there is one. */
  readonly ofOne?: number;
  /** Of an operator over a shard's samples: the one value where a channel has a single one in it. */
  readonly ofOneInShard?: number;
  /** How many classes its labels are of; for operators of models that read class labels. */
  classes?(inputs: readonly ReadTensor[], attributes: Attributes): number;
  /** @throws ShapeError if the inputs do not fit */
  shape(inputs: readonly ReadTensor[], attributes: Attributes): Shape;
  /** An earlier node that is the same already, so that none is added. */
  simplify?(request: SimplifyRequest): number | undefined;
  /** Which input is filters [a, b, rows, columns], of an operator that convolves pictures. */
  readonly filters?: number;
  /** The order that the axes of input 0 are put in, where that is all that happens to it. */
  axes?(attributes: Attributes): readonly number[];
  /** The node that stands for this one where a network is evaluated. Left out: itself. */
  inEvaluation?(request: NodeRequest): number;
  /**
   * What it gives where positions of a sequence are computed one at a time, each from those before it; of an operator that keeps a
   * record, what it gives. Undefined where it cannot be had so, as where a position sees those behind it. Left out by elementwise
   * operators, which are the same; and by others, which are computed for all positions at once.
   */
  onePosition?(request: PositionRequest): PositionTensor | undefined;
  /** What it is in ONNX. Left out where no output of an evaluated model reads it: sources, losses of labels, gradients. */
  readonly onnx?: OnnxRule;
  /** The gradient of each input, undefined where it is zero or not needed. Left out: no gradient flows. */
  gradient?(request: GradientRequest): (number | undefined)[];
}

/** Reads nothing: its memory is filled in. */
export interface SourceOperator extends OperatorRules {
  readonly kind: 'source';
  readonly source: Source;
}

/** Its output is its input's memory under another shape. */
export interface ViewOperator extends OperatorRules {
  readonly kind: 'view';
  readonly source?: undefined;
  reference(call: ReferenceCall): void;
}

export interface ComputeOperator extends OperatorRules {
  readonly kind: 'compute';
  readonly source?: undefined;
  reference(call: ReferenceCall): void;
  /** Whether the lowering can read input 1 packed, with the same bits. */
  readonly readsPacked?: boolean;
  /** Whether the lowering can read input 0 by its non-zeros, with the same bits. */
  readonly readsNonZeros?: boolean;
  /**
   * Of an operator that sums over samples: whether it can be computed of a shard's rows where they lie among others (`rows`), or
   * of several shards at once, as `ofShards` asks (`shards`). Left out: neither.
   */
  readonly sumsOver?: 'rows' | 'shards';
  /** Floats that the lowering wants for what it notes meanwhile. Left out: none. */
  scratch?(node: GraphNode, inputs: readonly ReadTensor[], ofShards: boolean): Count;
  lower(request: LoweringRequest): KernelCall[];
}

export type Operator = SourceOperator | ViewOperator | ComputeOperator;

/** The most inputs that a node may have. */
export const MAX_INPUTS = 64;

/**
 * The element type of each of `count` inputs.
 *
 * @returns undefined if the operator takes not so many
 */
export function inputTypes(
  { inputs, optionalInputs = [], moreInputs }: Operator,
  count: number,
): readonly ElementType[] | undefined {
  const named = [...inputs, ...optionalInputs];
  const most = moreInputs === undefined ? named.length : MAX_INPUTS;
  if (count < inputs.length || count > most) return undefined;
  return Array.from({ length: count }, (_, i) => named[i] ?? moreInputs!);
}

/** How many inputs an operator takes, for errors: `2 inputs`, `1 to 3 inputs`. */
export function inputCounts({ inputs, optionalInputs = [], moreInputs }: Operator): string {
  const most = moreInputs === undefined ? inputs.length + optionalInputs.length : MAX_INPUTS;
  return inputs.length === most ? `${most} inputs` : `${inputs.length} to ${most} inputs`;
}

export function numberAttribute(attributes: Attributes, name: string): number {
  return attributes[name] as number;
}

export function shapeAttribute(attributes: Attributes, name: string): Shape {
  return attributes[name] as Shape;
}
