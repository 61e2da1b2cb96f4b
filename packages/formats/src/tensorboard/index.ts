// Event files of TensorBoard: bytes in, values out, and back. No files here: whoever has one gives its bytes, and a file grows
// by the bytes of further events.

export { type DecodedEvents, decodeEvents } from './decode.js';
export { encodeEvents, FILE_VERSION } from './encode.js';
export { histogramOf } from './histogram.js';
export {
  type Experiment,
  type HparamInfo,
  type HparamsPluginData,
  type HparamType,
  type HparamValue,
  hparamsValue,
  type MetricInfo,
  readHparamsValue,
  type SessionEndInfo,
  type SessionStartInfo,
  type TrainingStatus,
} from './hparams.js';
export type {
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
