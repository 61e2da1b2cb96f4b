// A plain recurrent layer in one direction: h' = tanh, or relu, of (x W + b) + (h V + c), over all steps.
// Source: Elman, Finding structure in time (1990).
import type { Operator } from './operator.js';
import {
  type CellRule,
  gradientScan,
  lowerForward,
  lowerGradient,
  panelFloats,
  scanOf,
} from './recurrence.js';
import { scanRules } from './recurrence-operator.js';
import { referenceScan, referenceScanGrad } from './recurrence-reference.js';
import { hyperbolicTangent } from './tanh.js';

const RULE: CellRule = {
  name: 'rnn',
  gates: 1,
  states: 1,
  own: 'relu',
  parts(steps, size) {
    const all = steps * size;
    return {
      ...{ output: all, previous: all, gates: 0, record: 2 * all },
      ...{ hidden: 0, states: [all], gradient: all + size },
    };
  },
};

export const rnn: Operator = {
  ...scanRules(RULE),
  reference(call) {
    referenceScan(RULE, call, ({ out, x, h, states: [state] }, { own }) => {
      for (let i = 0; i < state!.length; i++) {
        const a = x[i]! + h[i]!;
        state![i] = own ? Math.max(a, 0) : hyperbolicTangent(a);
      }
      call.output.data.set(state!, out);
    });
  },
  scratch({ attributes }, inputs) {
    const scan = scanOf(RULE, inputs, attributes);
    const { size, width } = scan;
    return { perRow: 2 * size, constant: panelFloats(scan, size, width) };
  },
  lower(request) {
    const { scan, calls, first, scratch, rows } = lowerForward(RULE, request);
    const { steps, size, own, reverse } = scan;
    return [
      ...calls,
      { kernel: 'rnn', arguments: [...first, scratch, rows, steps, size, own, reverse] },
    ];
  },
};

export const rnnGrad: Operator = {
  name: 'rnnGrad',
  kind: 'compute',
  inputs: ['f32', 'f32', 'record'],
  optionalInputs: ['f32'],
  outputType: 'record',
  attributes: { steps: 'integer', size: 'integer', reverse: 'integer', relu: 'integer' },
  inModels: false,
  shape: (_, attributes) => ['N', gradientScan(RULE, { attributes }).gradient],
  reference(call) {
    const record = call.inputs[2]!.data;
    referenceScanGrad(RULE, call, ({ at, out, dh, products }, { size, own }) => {
      for (let i = 0; i < size; i++) {
        const h = record[out + i]!;
        products[i] = own ? (h > 0 ? dh[i]! : 0) : dh[i]! * (1 - h * h);
        dh[i] = 0;
      }
      call.output.data.set(products, at * size);
    });
  },
  scratch(node) {
    const scan = gradientScan(RULE, node);
    const { size, width } = scan;
    return { perRow: 2 * size, constant: panelFloats(scan, width, size) };
  },
  lower(request) {
    const { scan, calls, first } = lowerGradient(RULE, request);
    return [...calls, { kernel: 'rnnGrad', arguments: [...first, scan.own, scan.reverse] }];
  },
};
