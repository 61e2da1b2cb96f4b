// What the package offers: the safetensors format and its error.

export { toFloat32 } from './float32.js';
export { FormatError } from './format-error.js';
export { decodeSafetensors, encodeSafetensors } from './safetensors.js';
export {
  readSafetensorsHeader,
  type SafetensorsHeader,
  type SafetensorsLimits,
  safetensorsDataStart,
  type TensorPlace,
} from './safetensors-header.js';
export type { StoredDtype, StoredTensor } from './stored-tensor.js';
