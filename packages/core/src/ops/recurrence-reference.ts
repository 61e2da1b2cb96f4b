// The loops of the scans' references: plain and slow. A cell says what becomes of one step of one sample.
// Invariant: they leave a record, and a gradient, in the layout that the kernels have (see recurrence.ts).
import type { Numbers, ReferenceCall } from './operator.js';
import { type CellRule, gradientScan, inputsOf, type Scan, scanOf } from './recurrence.js';

interface Step {
  /** Number of the sample's step among all steps of all samples. */
  readonly at: number;
  /** Where the sample's steps of the output begin. */
  readonly out: number;
}

export interface ForwardStep extends Step {
  /** Of each gate: the input's part, with its bias, and the state's. */
  readonly x: Float64Array;
  readonly h: Float64Array;
  /** Of each unit, to be replaced. */
  readonly states: readonly Float64Array[];
}

export interface BackwardStep extends Step {
  /** Towards each unit's h behind the step; what is left here goes past the gates. */
  readonly dh: Float64Array;
  /** Towards a unit's other state, to be replaced. */
  readonly dc: Float64Array;
  /** Of the gates' products with h, to be filled in. */
  readonly products: Float64Array;
}

function isPadded(lengths: Numbers | undefined, row: number, t: number): boolean {
  return lengths !== undefined && !(t < lengths[row]!);
}

/** @param cell takes a step that is not padded: writes the output and what its gradient wants into the record */
export function referenceScan(
  rule: CellRule,
  { inputs, output, attributes }: ReferenceCall,
  cell: (step: ForwardStep, scan: Scan, rows: number) => void,
): void {
  const rows = output.shape[0]!;
  const shapes = inputs.map(({ shape }, i) => ({
    shape: isRow(rule, i, attributes) ? (['N', ...shape.slice(1)] as const) : shape,
  }));
  const scan = scanOf(rule, shapes, attributes);
  const { steps, size, width, features } = scan;
  const places = inputsOf(rule, attributes);
  const given = (input: number | undefined): Numbers | undefined =>
    input === undefined ? undefined : inputs[input]!.data;
  const [x, ih, hh] = inputs.map(({ data }) => data) as [Numbers, Numbers, Numbers];
  const [biasIh, biasHh] = [given(places.biasIh), given(places.biasHh)];
  const lengths = given(places.lengths);
  for (let row = 0; row < rows; row++) {
    const out = row * scan.output;
    const states = Array.from({ length: rule.states }, (_, i) => {
      const state = given(places.states[i]);
      return state
        ? Float64Array.from(state.subarray(row * size, (row + 1) * size))
        : new Float64Array(size);
    });
    for (let s = 0; s < steps; s++) {
      const t = scan.reverse ? steps - 1 - s : s;
      const at = row * steps + t;
      output.data.set(states[0]!, rows * scan.previous + at * size);
      const products = product(states[0]!, hh, biasHh, width);
      const input = x.subarray(at * features, (at + 1) * features);
      const step = { at, out: out + t * size, x: product(input, ih, biasIh, width), h: products };
      if (isPadded(lengths, row, t)) output.data.fill(0, step.out, step.out + size);
      else cell({ ...step, states }, scan, rows);
    }
    if (rule.own === 'cell' && scan.own) output.data.set(states[1]!, out + steps * size);
  }
}

/** Whether an input has a row a sample. */
function isRow(rule: CellRule, input: number, attributes: ReferenceCall['attributes']): boolean {
  const { lengths, states } = inputsOf(rule, attributes);
  return input === 0 || input === lengths || states.includes(input);
}

function product(
  row: ArrayLike<number>,
  w: Numbers,
  bias: Numbers | undefined,
  width: number,
): Float64Array {
  return Float64Array.from({ length: width }, (_, j) => {
    let total = 0;
    for (let k = 0; k < row.length; k++) total += row[k]! * w[k * width + j]!;
    return total + (bias ? bias[j]! : 0);
  });
}

/** @param cell as in `referenceScan`: writes the gradient of the gates' inputs, too */
export function referenceScanGrad(
  rule: CellRule,
  { inputs: [dy, w, record, lengths], output, attributes }: ReferenceCall,
  cell: (step: BackwardStep, scan: Omit<Scan, 'features'>, rows: number) => void,
): void {
  const rows = record!.shape[0]!;
  const scan = gradientScan(rule, { attributes });
  const { steps, size, width } = scan;
  output.data.fill(0);
  for (let row = 0; row < rows; row++) {
    const dh = new Float64Array(size);
    const out = row * scan.output;
    const dc = new Float64Array(size);
    if (rule.own === 'cell' && scan.own) {
      dc.set(dy!.data.subarray(out + steps * size, out + (steps + 1) * size));
    }
    for (let s = steps - 1; s >= 0; s--) {
      const t = scan.reverse ? steps - 1 - s : s;
      if (isPadded(lengths?.data, row, t)) continue;
      const step = { at: row * steps + t, out: out + t * size };
      for (let i = 0; i < size; i++) dh[i]! += dy!.data[step.out + i]!;
      const products = new Float64Array(width);
      cell({ ...step, dh, dc, products }, scan, rows);
      for (let i = 0; i < size; i++) {
        let total = 0;
        for (let j = 0; j < width; j++) total += products[j]! * w!.data[j * size + i]!;
        dh[i]! += total;
      }
    }
    for (const [i, state] of scan.states.entries()) {
      output.data.set(i === 0 ? dh : dc, rows * state + row * size);
    }
  }
}
