// Writes events as TensorBoard reads them: each is a protocol buffer in a record. Each message is a function here that writes
// its fields by their numbers in the schema. Equal values give equal bytes.
// Numbers, pictures and histograms are written in the form that they had first, which every reader takes: TensorBoard
// itself, and others that know no plugins.
import { PbfWriter } from 'pbf';
import { writeText } from '../protobuf-text.js';
import { encodeRecord } from './records.js';
import type {
  EventProto,
  GraphDefProto,
  HistogramProto,
  ImageProto,
  NodeDefProto,
  SessionStatus,
  SummaryMetadataProto,
  SummaryValueProto,
  TensorProto,
} from './schema.js';

/** What a file of events begins with. */
export const FILE_VERSION = 'brain.Event:2';

/** DataType. */
export const DT_FLOAT = 1;

/** By their numbers. */
export const SESSION_STATUSES: readonly SessionStatus[] = [
  ...(['unspecified', 'start', 'stop', 'checkpoint'] as const),
];

/** The bytes of events: those of a file, or what is added to one. */
export function encodeEvents(events: readonly EventProto[]): Uint8Array {
  const records = events.map((event) => encodeRecord(message(writeEvent, event)));
  const bytes = new Uint8Array(records.reduce((length, record) => length + record.length, 0));
  let at = 0;
  for (const record of records) {
    bytes.set(record, at);
    at += record.length;
  }
  return bytes;
}

/** A message that stands by itself. */
export function message<T>(write: (value: T, writer: PbfWriter) => void, value: T): Uint8Array {
  const writer = new PbfWriter();
  write(value, writer);
  return writer.finish();
}

function writeEvent(event: EventProto, writer: PbfWriter): void {
  writer.writeDoubleField(1, event.wallTime);
  // As every writer leaves it out.
  if (event.step !== 0) writer.writeVarintField(2, event.step);
  if ('fileVersion' in event) writeText(writer, 3, event.fileVersion);
  if ('graphDef' in event) writer.writeBytesField(4, message(writeGraphDef, event.graphDef));
  if ('summary' in event) writer.writeMessage(5, writeSummary, event.summary);
  if ('sessionLog' in event) writer.writeMessage(7, writeSessionLog, event.sessionLog);
}

function writeSessionLog(status: SessionStatus, writer: PbfWriter): void {
  writer.writeVarintField(1, SESSION_STATUSES.indexOf(status));
}

function writeSummary(values: readonly SummaryValueProto[], writer: PbfWriter): void {
  for (const value of values) writer.writeMessage(1, writeSummaryValue, value);
}

function writeSummaryValue(value: SummaryValueProto, writer: PbfWriter): void {
  writeText(writer, 1, value.tag);
  if ('simpleValue' in value) writer.writeFloatField(2, value.simpleValue);
  if ('image' in value) writer.writeMessage(4, writeImage, value.image);
  if ('histo' in value) writer.writeMessage(5, writeHistogram, value.histo);
  if ('tensor' in value) writer.writeMessage(8, writeTensor, value.tensor);
  if (value.metadata) writer.writeMessage(9, writeMetadata, value.metadata);
}

function writeMetadata(metadata: SummaryMetadataProto, writer: PbfWriter): void {
  writer.writeMessage(1, writePluginData, metadata);
}

function writePluginData({ pluginName, content }: SummaryMetadataProto, writer: PbfWriter): void {
  writeText(writer, 1, pluginName);
  writer.writeBytesField(2, content);
}

function writeImage(image: ImageProto, writer: PbfWriter): void {
  writer.writeVarintField(1, image.height);
  writer.writeVarintField(2, image.width);
  writer.writeVarintField(3, image.colorspace);
  writer.writeBytesField(4, image.encodedImageString);
}

function writeHistogram(histogram: HistogramProto, writer: PbfWriter): void {
  writer.writeDoubleField(1, histogram.min);
  writer.writeDoubleField(2, histogram.max);
  writer.writeDoubleField(3, histogram.num);
  writer.writeDoubleField(4, histogram.sum);
  writer.writeDoubleField(5, histogram.sumSquares);
  writer.writePackedDouble(6, [...histogram.bucketLimit]);
  writer.writePackedDouble(7, [...histogram.bucket]);
}

function writeTensor({ shape, floats }: TensorProto, writer: PbfWriter): void {
  writer.writeVarintField(1, DT_FLOAT);
  writer.writeMessage(2, writeShape, shape);
  writer.writePackedFloat(5, [...floats]);
}

function writeShape(shape: readonly number[], writer: PbfWriter): void {
  for (const size of shape) writer.writeMessage(2, writeDimension, size);
}

function writeDimension(size: number, writer: PbfWriter): void {
  writer.writeVarintField(1, size);
}

function writeGraphDef(graph: GraphDefProto, writer: PbfWriter): void {
  for (const node of graph.node) writer.writeMessage(1, writeNode, node);
}

function writeNode(node: NodeDefProto, writer: PbfWriter): void {
  writeText(writer, 1, node.name);
  writeText(writer, 2, node.op);
  for (const name of node.input) writeText(writer, 3, name);
  writer.writeMessage(5, writeOutputShapes, node.outputShape);
}

/** What TensorBoard writes beside the lines between nodes: the attribute `_output_shapes`, a list. */
function writeOutputShapes(shape: readonly number[], writer: PbfWriter): void {
  writeText(writer, 1, OUTPUT_SHAPES);
  writer.writeMessage(2, writeAttributeOfShapes, shape);
}

export const OUTPUT_SHAPES = '_output_shapes';

/** AttrValue { list: ListValue { shape } }. */
function writeAttributeOfShapes(shape: readonly number[], writer: PbfWriter): void {
  writer.writeMessage(1, writeListOfShapes, shape);
}

function writeListOfShapes(shape: readonly number[], writer: PbfWriter): void {
  writer.writeMessage(7, writeShape, shape);
}
