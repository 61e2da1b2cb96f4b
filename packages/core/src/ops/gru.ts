// Gated recurrent units in one direction, over all steps, in PyTorch's form and order of gates: r, z, n.
// r, z = σ(x W + b + h V + c), n = tanh(x W + b + r (h V + c)), h' = (1 − z) n + z h.
// Source: Cho et al., Learning phrase representations using RNN encoder-decoder (2014).
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
import { logistic } from './sigmoid.js';
import { hyperbolicTangent } from './tanh.js';

const RULE: CellRule = {
  name: 'gru',
  gates: 3,
  states: 1,
  parts(steps, size) {
    const all = steps * size;
    return {
      ...{ output: all, previous: all, gates: 2 * all, record: 6 * all },
      ...{ hidden: 3 * all, states: [6 * all], gradient: 6 * all + size },
    };
  },
};

/** Behind the gates: what n sees of the state. */
const SEEN = 5;

export const gru: Operator = {
  ...scanRules(RULE),
  reference(call) {
    const { data } = call.output;
    referenceScan(RULE, call, ({ at, out, x, h, states: [state] }, scan, rows) => {
      const { steps, size } = scan;
      const gates = rows * scan.gates + 3 * at * size;
      const seen = rows * SEEN * steps * size + at * size;
      for (let i = 0; i < size; i++) {
        const r = logistic(x[i]! + h[i]!);
        const z = logistic(x[size + i]! + h[size + i]!);
        const n = hyperbolicTangent(x[2 * size + i]! + r * h[2 * size + i]!);
        state![i] = (1 - z) * n + z * state![i]!;
        data.set([r], gates + i);
        data.set([z], gates + size + i);
        data.set([n], gates + 2 * size + i);
        data.set([h[2 * size + i]!], seen + i);
      }
      data.set(state!, out);
    });
  },
  scratch({ attributes }, inputs) {
    const scan = scanOf(RULE, inputs, attributes);
    const { size, width } = scan;
    return { perRow: 4 * size, constant: panelFloats(scan, size, width) };
  },
  lower(request) {
    const { scan, calls, first, scratch, rows } = lowerForward(RULE, request);
    const { steps, size, reverse } = scan;
    return [
      ...calls,
      { kernel: 'gru', arguments: [...first, scratch, rows, steps, size, reverse] },
    ];
  },
};

export const gruGrad: Operator = {
  name: 'gruGrad',
  kind: 'compute',
  inputs: ['f32', 'f32', 'record'],
  optionalInputs: ['f32'],
  outputType: 'record',
  attributes: { steps: 'integer', size: 'integer', reverse: 'integer' },
  inModels: false,
  shape: (_, attributes) => ['N', gradientScan(RULE, { attributes }).gradient],
  reference(call) {
    const record = call.inputs[2]!.data;
    referenceScanGrad(RULE, call, ({ at, dh, products }, scan, rows) => {
      const { steps, size, previous, hidden } = scan;
      const gates = rows * scan.gates + 3 * at * size;
      const seen = rows * SEEN * steps * size + at * size;
      const dGates = new Float64Array(3 * size);
      for (let i = 0; i < size; i++) {
        const [r, z, n] = [0, 1, 2].map((gate) => record[gates + gate * size + i]!) as [
          number,
          number,
          number,
        ];
        const h = record[rows * previous + at * size + i]!;
        const dn = dh[i]! * (1 - z) * (1 - n * n);
        products[i] = dn * record[seen + i]! * r * (1 - r);
        products[size + i] = dh[i]! * (h - n) * z * (1 - z);
        dGates[2 * size + i] = dn;
        products[2 * size + i] = dn * r;
        dh[i]! *= z;
      }
      dGates.set(products.subarray(0, 2 * size));
      call.output.data.set(dGates, 3 * at * size);
      call.output.data.set(products, rows * hidden + 3 * at * size);
    });
  },
  scratch(node) {
    const scan = gradientScan(RULE, node);
    const { size, width } = scan;
    return { perRow: 4 * size, constant: panelFloats(scan, width, size) };
  },
  lower(request) {
    const { scan, calls, first } = lowerGradient(RULE, request);
    return [...calls, { kernel: 'gruGrad', arguments: [...first, scan.reverse] }];
  },
};
