// What the operators of all recurrent layers have in common: what they take and give, and what stands for them elsewhere. What
// a cell computes is its own file's.
import type { ComputeOperator } from './operator.js';
import {
  type CellRule,
  scanAttributes,
  scanGradient,
  scanOf,
  scanOfPosition,
} from './recurrence.js';
import { scanOnnx } from './recurrence-onnx.js';

export function scanRules(rule: CellRule) {
  return {
    name: rule.name,
    kind: 'compute',
    inputs: ['f32', 'f32', 'f32'],
    // Two biases, the lengths, and what each state begins with.
    optionalInputs: new Array<'f32'>(3 + rule.states).fill('f32'),
    outputType: 'record',
    attributes: scanAttributes(rule),
    inModels: true,
    readsPacked: true,
    onePosition: (request) => scanOfPosition(rule, request),
    onnx: (request) => scanOnnx(rule, request),
    shape: (inputs, attributes) => ['N', scanOf(rule, inputs, attributes).record],
    gradient: (request) => scanGradient(rule, request),
  } satisfies Omit<ComputeOperator, 'reference' | 'lower'>;
}
