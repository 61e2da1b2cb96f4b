// The nodes and initialisers of a network in ONNX as they are added, each value under a name of its own: names of
// parameters and buffers stay as they are, numbers that operators need are kept once.
// Not here: what an operator is in ONNX (ops/), and the file (@lockstep/formats).
import type { AttributeProto, NodeProto, TensorProto } from '@lockstep/formats';
import type { OnnxAttribute, OnnxBuilder } from '../../ops/onnx.js';

/** The batch size among what is kept once. */
const BATCH = 'N';

export class NetworkBuilder implements OnnxBuilder {
  readonly nodes: NodeProto[] = [];
  readonly initializers: TensorProto[] = [];
  /** Whose first axis is the samples'. */
  readonly #input: string;
  readonly #names = new Set<string>();
  /** Of each name that was asked for, the numbers behind it that are taken: up to this one, all. */
  readonly #numbered = new Map<string, number>();
  readonly #computed = new Set<string>();
  readonly #kept = new Map<string, string>();

  /**
   * @param input any of the graph's
   * @param taken names of all its inputs and outputs
   */
  constructor(input: string, taken: readonly string[]) {
    this.#input = input;
    for (const name of taken) this.#names.add(name);
  }

  /** Whether a value is a node's, and not an input or a tensor. */
  isComputed(name: string): boolean {
    return this.#computed.has(name);
  }

  add(
    opType: string,
    input: readonly string[],
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
  ): string {
    return this.addMany(opType, input, 1, attributes)[0]!;
  }

  addMany(
    opType: string,
    input: readonly string[],
    outputs: number,
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
  ): string[] {
    const output = Array.from({ length: outputs }, () => this.free(opType));
    const attribute = Object.entries(attributes).map(
      ([name, value]): AttributeProto => ({ name, ...value }),
    );
    for (const name of output) this.#computed.add(name);
    this.nodes.push({ name: output[0]!, opType, input, output, attribute });
    return output;
  }

  scalar(value: number): string {
    return this.#once(`number.${value}`, [], Float32Array.of(value));
  }

  integers(values: readonly number[]): string {
    const data = BigInt64Array.from(values, BigInt);
    return this.#once(`list.${values.join('.')}`, [values.length], data);
  }

  batchSize(): string {
    const known = this.#kept.get(BATCH);
    if (known !== undefined) return known;
    const name = this.add('Shape', [this.#input], { start: { i: 0 }, end: { i: 1 } });
    this.#kept.set(BATCH, name);
    return name;
  }

  /** @returns the tensor's name, which is the one asked for unless it is taken */
  tensor(wanted: string, dims: readonly number[], data: Float32Array | BigInt64Array): string {
    const name = this.free(wanted);
    this.initializers.push({ name, dims, data });
    return name;
  }

  #once(wanted: string, dims: readonly number[], data: Float32Array | BigInt64Array): string {
    const known = this.#kept.get(wanted);
    if (known !== undefined) return known;
    const name = this.tensor(wanted, dims, data);
    this.#kept.set(wanted, name);
    return name;
  }

  /** A name that nothing has, and which is taken then. */
  free(wanted: string): string {
    let name = wanted;
    let number = this.#numbered.get(wanted) ?? 0;
    while (this.#names.has(name)) name = `${wanted}_${++number}`;
    this.#numbered.set(wanted, number);
    this.#names.add(name);
    return name;
  }
}
