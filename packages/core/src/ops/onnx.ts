// What an operator says of itself in ONNX: the operator there that is the same, or a few nodes that together are.
// Invariant: only operators of opset 15, with the numbers of this operator in float32; sizes of a sample are constants, the
// batch size never is. Not here: the file and its parts (export/onnx).
// Source: https://github.com/onnx/onnx/blob/main/docs/Operators.md.
import type { GraphNode } from '../graph/graph.js';
import type { Shape } from '../shape.js';

/** An attribute under the name of its field in AttributeProto: a float, an integer, integers, a text or texts. */
export type OnnxAttribute =
  | { readonly f: number }
  | { readonly i: number }
  | { readonly ints: readonly number[] }
  | { readonly s: string }
  | { readonly strings: readonly string[] };

/** Adds to the network that is exported, where every value has a name. */
export interface OnnxBuilder {
  /**
   * Adds a node with one output.
   *
   * @param opType of ONNX's own domain, such as `Relu`
   * @returns the output's name
   */
  add(
    opType: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, OnnxAttribute>>,
  ): string;
  /**
   * As `add`, of a node with several outputs.
   *
   * @returns their names
   */
  addMany(
    opType: string,
    inputs: readonly string[],
    outputs: number,
    attributes?: Readonly<Record<string, OnnxAttribute>>,
  ): string[];
  /** @returns the name of a float32 number */
  scalar(value: number): string;
  /** @returns the name of a list of int64, as shapes and axes are given */
  integers(values: readonly number[]): string;
  /** @returns the name of a list of one int64, the number of samples */
  batchSize(): string;
}

export interface OnnxRequest {
  readonly builder: OnnxBuilder;
  readonly node: GraphNode;
  readonly inputs: readonly { readonly name: string; readonly shape: Shape }[];
}

/** The name of an operator that computes the same of the same inputs, or what adds nodes and returns their last output. */
export type OnnxRule = string | ((request: OnnxRequest) => string);

/** int32 1, int64 7, float32 1, … as TensorProto.DataType numbers them. */
const FLOAT = 1;

/** Truth as numbers: 1 or 0. */
export function truth(builder: OnnxBuilder, condition: string): string {
  return builder.add('Cast', [condition], { to: { i: FLOAT } });
}

/** A shape as Reshape takes it, for a tensor whose batch axis stays first: its length is copied, which 0 stands for. */
export function reshapeTo(builder: OnnxBuilder, shape: Shape): string {
  return builder.integers(shape.map((dim) => (dim === 'N' ? 0 : dim)));
}

/** The axes of a reduction over `count` neighbouring ones. */
export function reducedAxes({ attributes }: GraphNode): number[] {
  const { axis, count } = attributes as Readonly<Record<'axis' | 'count', number>>;
  return Array.from({ length: count }, (_, i) => axis + i);
}
