// Writes a network as an ONNX file, which is a protocol buffer: each message is a function here that writes its fields by
// their numbers in the schema. Equal values give equal bytes. Whether the network makes sense is not looked at.
// Source: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
import { PbfWriter } from 'pbf';
import { FormatError } from '../format-error.js';
import { writeText } from '../protobuf-text.js';
import type {
  AttributeProto,
  GraphProto,
  ModelProto,
  NodeProto,
  OperatorSetId,
  TensorProto,
  ValueInfoProto,
} from './schema.js';

/** Protocol buffers end there: readers count bytes in 32 bits with a sign. */
const MAX_BYTES = 2 ** 31 - 1;
/** What names, nodes and lengths may take besides the tensors. */
const ROOM = 2 ** 24;

/** TensorProto.DataType. */
const FLOAT = 1;
const INT64 = 7;
/** AttributeProto.AttributeType. */
const ATTRIBUTE = { f: 1, i: 2, s: 3, ints: 7, strings: 8 } as const;

/**
 * @returns the file's bytes
 * @throws FormatError if the network is larger than the format allows (2 GiB), or a tensor's data does not fit its dims
 */
export function encodeOnnx(model: ModelProto): Uint8Array {
  const tensors = model.graph.initializer;
  for (const { name, dims, data } of tensors) {
    const elements = dims.reduce((size, dim) => size * dim, 1);
    if (elements === data.length) continue;
    throw new FormatError(
      `onnx: "${name}" has dims [${dims}], its data has ${data.length} elements`,
    );
  }
  const bytes = tensors.reduce((sum, { data }) => sum + data.byteLength, 0);
  if (bytes > MAX_BYTES - ROOM) {
    throw new FormatError(
      `onnx: the weights take ${bytes} bytes; a file holds 2 GiB with all else. Write safetensors or npz`,
    );
  }
  const writer = new PbfWriter();
  writeModel(model, writer);
  return writer.finish();
}

function writeModel(model: ModelProto, writer: PbfWriter): void {
  writer.writeVarintField(1, model.irVersion);
  writeText(writer, 2, model.producerName);
  if (model.docString !== undefined) writeText(writer, 6, model.docString);
  writer.writeMessage(7, writeGraph, model.graph);
  for (const set of model.opsetImport) writer.writeMessage(8, writeOperatorSet, set);
  for (const entry of Object.entries(model.metadataProps)) {
    writer.writeMessage(14, writeStringEntry, entry);
  }
}

function writeOperatorSet({ domain, version }: OperatorSetId, writer: PbfWriter): void {
  writeText(writer, 1, domain);
  writer.writeVarintField(2, version);
}

function writeStringEntry([key, value]: readonly [string, string], writer: PbfWriter): void {
  writeText(writer, 1, key);
  writeText(writer, 2, value);
}

function writeGraph(graph: GraphProto, writer: PbfWriter): void {
  for (const node of graph.node) writer.writeMessage(1, writeNode, node);
  writeText(writer, 2, graph.name);
  for (const tensor of graph.initializer) writer.writeMessage(5, writeTensor, tensor);
  for (const value of graph.input) writer.writeMessage(11, writeValueInfo, value);
  for (const value of graph.output) writer.writeMessage(12, writeValueInfo, value);
}

function writeNode(node: NodeProto, writer: PbfWriter): void {
  for (const name of node.input) writeText(writer, 1, name);
  for (const name of node.output) writeText(writer, 2, name);
  writeText(writer, 3, node.name);
  writeText(writer, 4, node.opType);
  for (const attribute of node.attribute) writer.writeMessage(5, writeAttribute, attribute);
}

function writeAttribute(attribute: AttributeProto, writer: PbfWriter): void {
  writeText(writer, 1, attribute.name);
  if ('f' in attribute) {
    writer.writeFloatField(2, attribute.f);
    writer.writeVarintField(20, ATTRIBUTE.f);
  } else if ('i' in attribute) {
    writer.writeVarintField(3, attribute.i);
    writer.writeVarintField(20, ATTRIBUTE.i);
  } else if ('s' in attribute) {
    writeText(writer, 4, attribute.s);
    writer.writeVarintField(20, ATTRIBUTE.s);
  } else if ('strings' in attribute) {
    for (const s of attribute.strings) writeText(writer, 9, s);
    writer.writeVarintField(20, ATTRIBUTE.strings);
  } else {
    for (const i of attribute.ints) writer.writeVarintField(8, i);
    writer.writeVarintField(20, ATTRIBUTE.ints);
  }
}

function writeTensor({ name, dims, data }: TensorProto, writer: PbfWriter): void {
  for (const dim of dims) writer.writeVarintField(1, dim);
  writer.writeVarintField(2, data instanceof Float32Array ? FLOAT : INT64);
  writeText(writer, 8, name);
  // Little-endian, as typed arrays are wherever Lockstep runs.
  writer.writeBytesField(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

/** ValueInfoProto { name, type: TypeProto { tensor_type { elem_type, shape: TensorShapeProto } } }. */
function writeValueInfo(value: ValueInfoProto, writer: PbfWriter): void {
  writeText(writer, 1, value.name);
  writer.writeMessage(2, writeType, value);
}

function writeType(value: ValueInfoProto, writer: PbfWriter): void {
  writer.writeMessage(1, writeTensorType, value);
}

function writeTensorType(value: ValueInfoProto, writer: PbfWriter): void {
  writer.writeVarintField(1, value.type === 'int64' ? INT64 : FLOAT);
  writer.writeMessage(2, writeShape, value);
}

function writeShape({ shape }: ValueInfoProto, writer: PbfWriter): void {
  for (const dim of shape) writer.writeMessage(1, writeDimension, dim);
}

function writeDimension(dim: number | string, writer: PbfWriter): void {
  if (typeof dim === 'number') writer.writeVarintField(1, dim);
  else writeText(writer, 2, dim);
}
