// Long short-term memory in one direction, over all steps, in PyTorch's order of gates: i, f, g, o.
// i, f, o = σ and g = tanh of x W + b + h V + c; cell' = f cell + i g; h' = o tanh(cell').
// With `cell` it gives [N, steps + 1, H]: behind the steps' h the cell behind the last one.
// Source: Hochreiter, Schmidhuber (1997); forget gates: Gers, Schmidhuber, Cummins (2000).
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
  name: 'lstm',
  gates: 4,
  states: 2,
  own: 'cell',
  parts(steps, size, own) {
    const all = steps * size;
    const output = all + own * size;
    return {
      ...{ output, previous: output, gates: output + 2 * all, record: output + 6 * all },
      ...{ hidden: 0, states: [4 * all, 4 * all + size], gradient: 4 * all + 2 * size },
    };
  },
};

export const lstm: Operator = {
  ...scanRules(RULE),
  reference(call) {
    const { data } = call.output;
    referenceScan(RULE, call, ({ at, out, x, h, states: [state, cell] }, scan, rows) => {
      const { steps, size } = scan;
      const gates = rows * scan.gates + 4 * at * size;
      data.set(cell!, rows * (scan.previous + steps * size) + at * size);
      for (let j = 0; j < size; j++) {
        const [i, f, g, o] = [0, 1, 2, 3].map((gate) => {
          const a = x[gate * size + j]! + h[gate * size + j]!;
          const value = gate === 2 ? hyperbolicTangent(a) : logistic(a);
          data.set([value], gates + gate * size + j);
          return value;
        }) as [number, number, number, number];
        cell![j] = f * cell![j]! + i * g;
        state![j] = o * hyperbolicTangent(cell![j]!);
      }
      data.set(state!, out);
    });
  },
  scratch({ attributes }, inputs) {
    const scan = scanOf(RULE, inputs, attributes);
    const { size, width } = scan;
    return { perRow: 6 * size, constant: panelFloats(scan, size, width) };
  },
  lower(request) {
    const { scan, calls, first, c0, scratch, rows } = lowerForward(RULE, request);
    const { steps, size, own, reverse } = scan;
    return [
      ...calls,
      { kernel: 'lstm', arguments: [...first, c0, scratch, rows, steps, size, own, reverse] },
    ];
  },
};

export const lstmGrad: Operator = {
  name: 'lstmGrad',
  kind: 'compute',
  inputs: ['f32', 'f32', 'record'],
  optionalInputs: ['f32'],
  outputType: 'record',
  attributes: { steps: 'integer', size: 'integer', reverse: 'integer', cell: 'integer' },
  inModels: false,
  shape: (_, attributes) => ['N', gradientScan(RULE, { attributes }).gradient],
  reference(call) {
    const record = call.inputs[2]!.data;
    referenceScanGrad(RULE, call, ({ at, dh, dc, products }, scan, rows) => {
      const { steps, size } = scan;
      const gates = rows * scan.gates + 4 * at * size;
      const cells = rows * (scan.previous + steps * size) + at * size;
      for (let j = 0; j < size; j++) {
        const [i, f, g, o] = [0, 1, 2, 3].map((gate) => record[gates + gate * size + j]!) as [
          number,
          number,
          number,
          number,
        ];
        const before = record[cells + j]!;
        const y = hyperbolicTangent(f * before + i * g);
        const dCell = dc[j]! + dh[j]! * o * (1 - y * y);
        products[j] = dCell * g * i * (1 - i);
        products[size + j] = dCell * before * f * (1 - f);
        products[2 * size + j] = dCell * i * (1 - g * g);
        products[3 * size + j] = dh[j]! * y * o * (1 - o);
        dc[j] = dCell * f;
        dh[j] = 0;
      }
      call.output.data.set(products, 4 * at * size);
    });
  },
  scratch(node) {
    const scan = gradientScan(RULE, node);
    const { size, width } = scan;
    return { perRow: 5 * size, constant: panelFloats(scan, width, size) };
  },
  lower(request) {
    const { scan, calls, first } = lowerGradient(RULE, request);
    return [...calls, { kernel: 'lstmGrad', arguments: [...first, scan.own, scan.reverse] }];
  },
};
