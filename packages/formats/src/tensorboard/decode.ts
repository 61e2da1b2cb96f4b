// Reads event files: what `encodeEvents` writes comes back equal, and of what others write the values that are known here, in
// the form that they had first. Fields, values and plugins that are not known are passed over, as protocol buffers want it.
import { PbfReader } from 'pbf';
import { FormatError } from '../format-error.js';
import { readText } from '../protobuf-text.js';
import { DT_FLOAT, OUTPUT_SHAPES, SESSION_STATUSES } from './encode.js';
import { decodeRecords } from './records.js';
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

export interface DecodedEvents {
  readonly events: readonly EventProto[];
  /** Bytes at the end that are no whole record: one that is being written, or that was cut short. */
  readonly torn: number;
}

/** @throws FormatError if it is no event file, or a record is damaged */
export function decodeEvents(bytes: Uint8Array): DecodedEvents {
  const { records, torn } = decodeRecords(bytes);
  return { events: records.map((record) => parse('event', readEvent, record)), torn };
}

/** Reads a message of which nothing follows. */
type Read<T> = (reader: PbfReader) => T;

/** @throws FormatError if the bytes are no such message */
export function parse<T>(what: string, read: Read<T>, bytes: Uint8Array): T {
  const reader = new PbfReader(bytes);
  try {
    const value = read(reader);
    if (reader.pos === bytes.length) return value;
  } catch (cause) {
    if (cause instanceof FormatError) throw cause;
    throw new FormatError(`event file: ${what}: ${(cause as Error).message}`, { cause });
  }
  throw new FormatError(`event file: ${what}: it is cut short after ${bytes.length} bytes`);
}

/** A field of a message, whose value is next; it need not be taken. */
type OnField = (field: number, reader: PbfReader) => void;

/** The fields of the message that is next. */
export function readInner(reader: PbfReader, onField: OnField): void {
  reader.readMessage((field, _, inner) => onField(field, inner), undefined);
}

/** The fields of the whole message. */
export function readOuter(reader: PbfReader, onField: OnField): void {
  reader.readFields((field, _, outer) => onField(field, outer), undefined);
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function readEvent(reader: PbfReader): EventProto {
  const common = { wallTime: 0, step: 0 };
  let what: object = {};
  readOuter(reader, (field) => {
    if (field === 1) common.wallTime = reader.readDouble();
    if (field === 2) common.step = reader.readVarint(true);
    if (field === 3) what = { fileVersion: readText(reader) };
    if (field === 4) what = { graphDef: parse('graph', readGraphDef, reader.readBytes()) };
    if (field === 5) what = { summary: readSummary(reader) };
    if (field === 7) what = { sessionLog: readSessionLog(reader) };
  });
  return { ...common, ...what };
}

function readSessionLog(reader: PbfReader): SessionStatus {
  let status: SessionStatus = 'unspecified';
  readInner(reader, (field) => {
    if (field === 1) status = SESSION_STATUSES[reader.readVarint()] ?? 'unspecified';
  });
  return status;
}

function readSummary(reader: PbfReader): SummaryValueProto[] {
  const values: SummaryValueProto[] = [];
  readInner(reader, (field) => {
    if (field === 1) values.push(readSummaryValue(reader));
  });
  return values;
}

function readSummaryValue(reader: PbfReader): SummaryValueProto {
  let tag = '';
  let metadata: SummaryMetadataProto | undefined;
  let value: object = {};
  readInner(reader, (field) => {
    if (field === 1) tag = readText(reader);
    if (field === 2) value = { simpleValue: reader.readFloat() };
    if (field === 4) value = { image: readImage(reader) };
    if (field === 5) value = { histo: readHistogram(reader) };
    if (field === 8) value = readTensor(reader);
    if (field === 9) metadata = readMetadata(reader);
  });
  return { tag, ...(metadata && { metadata }), ...value };
}

function readMetadata(reader: PbfReader): SummaryMetadataProto | undefined {
  let found: SummaryMetadataProto | undefined;
  readInner(reader, (field) => {
    if (field === 1) found = readPluginData(reader);
  });
  return found;
}

function readPluginData(reader: PbfReader): SummaryMetadataProto {
  const data: Mutable<SummaryMetadataProto> = { pluginName: '', content: new Uint8Array() };
  readInner(reader, (field) => {
    if (field === 1) data.pluginName = readText(reader);
    if (field === 2) data.content = reader.readBytes().slice();
  });
  return data;
}

function readImage(reader: PbfReader): ImageProto {
  const image: Mutable<ImageProto> = {
    ...{ width: 0, height: 0, colorspace: 0 },
    encodedImageString: new Uint8Array(),
  };
  readInner(reader, (field) => {
    if (field === 1) image.height = reader.readVarint();
    if (field === 2) image.width = reader.readVarint();
    if (field === 3) image.colorspace = reader.readVarint();
    if (field === 4) image.encodedImageString = reader.readBytes().slice();
  });
  return image;
}

function readHistogram(reader: PbfReader): HistogramProto {
  const bucketLimit: number[] = [];
  const bucket: number[] = [];
  const numbers = { min: 0, max: 0, num: 0, sum: 0, sumSquares: 0 };
  readInner(reader, (field) => {
    if (field === 1) numbers.min = reader.readDouble();
    if (field === 2) numbers.max = reader.readDouble();
    if (field === 3) numbers.num = reader.readDouble();
    if (field === 4) numbers.sum = reader.readDouble();
    if (field === 5) numbers.sumSquares = reader.readDouble();
    if (field === 6) reader.readPackedDouble(bucketLimit);
    if (field === 7) reader.readPackedDouble(bucket);
  });
  return { ...numbers, bucketLimit, bucket };
}

/** @returns nothing of a tensor that does not hold float32 numbers */
function readTensor(reader: PbfReader): { readonly tensor?: TensorProto } {
  let type = 0;
  let shape: number[] = [];
  let content: Uint8Array | undefined;
  const listed: number[] = [];
  readInner(reader, (field) => {
    if (field === 1) type = reader.readVarint();
    if (field === 2) shape = readShape(reader);
    if (field === 4) content = reader.readBytes().slice();
    if (field === 5) reader.readPackedFloat(listed);
  });
  if (type !== DT_FLOAT) return {};
  const floats = content ? Array.from(new Float32Array(content.buffer)) : listed;
  return { tensor: { shape, floats } };
}

function readShape(reader: PbfReader): number[] {
  const shape: number[] = [];
  readInner(reader, (field) => {
    if (field === 2) shape.push(readDimension(reader));
  });
  return shape;
}

function readDimension(reader: PbfReader): number {
  let size = 0;
  readInner(reader, (field) => {
    if (field === 1) size = reader.readVarint(true);
  });
  return size;
}

function readGraphDef(reader: PbfReader): GraphDefProto {
  const node: NodeDefProto[] = [];
  readOuter(reader, (field) => {
    if (field === 1) node.push(readNode(reader));
  });
  return { node };
}

function readNode(reader: PbfReader): NodeDefProto {
  const node = { name: '', op: '', input: [] as string[], outputShape: [] as number[] };
  readInner(reader, (field) => {
    if (field === 1) node.name = readText(reader);
    if (field === 2) node.op = readText(reader);
    if (field === 3) node.input.push(readText(reader));
    if (field === 5) node.outputShape = readOutputShape(reader) ?? node.outputShape;
  });
  return node;
}

/** Of an attribute: the first of the output shapes, if it is about these. */
function readOutputShape(reader: PbfReader): number[] | undefined {
  let name = '';
  let shape: number[] | undefined;
  readInner(reader, (field) => {
    if (field === 1) name = readText(reader);
    if (field === 2) shape = readListOfShapes(reader);
  });
  return name === OUTPUT_SHAPES ? shape : undefined;
}

/** AttrValue { list: ListValue { shape } }. */
function readListOfShapes(reader: PbfReader): number[] | undefined {
  let shape: number[] | undefined;
  readInner(reader, (field) => {
    if (field !== 1) return;
    readInner(reader, (inner) => {
      if (inner === 7) shape ??= readShape(reader);
    });
  });
  return shape;
}
