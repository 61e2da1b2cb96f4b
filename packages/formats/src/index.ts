// What the package offers: safetensors, NumPy's archives, ONNX, and their error.

export { toFloat32 } from './float32.js';
export { FormatError } from './format-error.js';
export { decodeNpz, encodeNpz, isNpz, type NpzLimits, type NpzOptions } from './npz/npz.js';
export { encodeOnnx } from './onnx/encode.js';
export type {
  AttributeProto,
  GraphProto,
  ModelProto,
  NodeProto,
  TensorProto,
  ValueInfoProto,
} from './onnx/schema.js';
export { decodeSafetensors, encodeSafetensors } from './safetensors/safetensors.js';
export {
  readSafetensorsHeader,
  type SafetensorsHeader,
  type SafetensorsLimits,
  safetensorsDataStart,
  type TensorPlace,
} from './safetensors/safetensors-header.js';
export type { StoredDtype, StoredTensor } from './stored-tensor.js';
