// The part of ONNX's schema that a network of float32 tensors needs, as plain values. Names are the specification's.
// Source: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto (IR version 8).

/** A whole file. */
export interface ModelProto {
  readonly irVersion: number;
  readonly producerName: string;
  readonly docString?: string;
  readonly graph: GraphProto;
  readonly opsetImport: readonly OperatorSetId[];
  /** Free strings by name. */
  readonly metadataProps: Readonly<Record<string, string>>;
}

/** Operators of a domain, '' for ONNX's own, in the version that a file means. */
export interface OperatorSetId {
  readonly domain: string;
  readonly version: number;
}

/** Nodes in an order in which each reads what was written before. */
export interface GraphProto {
  readonly name: string;
  readonly node: readonly NodeProto[];
  readonly initializer: readonly TensorProto[];
  readonly input: readonly ValueInfoProto[];
  readonly output: readonly ValueInfoProto[];
}

/** An operator with its inputs, outputs and attributes. */
export interface NodeProto {
  readonly name: string;
  readonly opType: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly attribute: readonly AttributeProto[];
}

/** One of the values, whose field says the type. */
export type AttributeProto = { readonly name: string } & (
  | { readonly f: number }
  | { readonly i: number }
  | { readonly ints: readonly number[] }
  | { readonly s: string }
  | { readonly strings: readonly string[] }
);

/** Row-major. An empty `dims` is a scalar. */
export interface TensorProto {
  readonly name: string;
  readonly dims: readonly number[];
  readonly data: Float32Array | BigInt64Array;
}

/** An input or output of the graph, float32 unless it says int64; an axis is a length, or a name for one that is known at run time only. */
export interface ValueInfoProto {
  readonly name: string;
  readonly type?: 'int64';
  readonly shape: readonly (number | string)[];
}
