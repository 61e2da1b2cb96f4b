// The forms that a trained model is exported in, by name: a new one is its file and a line here.
import type { ExportFormat } from './export-format.js';
import { GRAPH } from './graph.js';
import { ONNX } from './onnx/export-onnx.js';
import { NPZ, SAFETENSORS } from './tensors.js';

export const EXPORT_FORMATS: readonly ExportFormat[] = [ONNX, NPZ, GRAPH, SAFETENSORS];
