// Random cases of recurrent layers, forward and backward: lengths, directions, biases.
import type { RecurrenceKernels } from '../../../contract/recurrence.js';
import type { Draw } from '../draw.js';
import type { RandomCases } from '../random-case.js';
import { panelsOf } from './matmul.js';

interface Scan {
  readonly draw: Draw;
  readonly shape: [rows: number, steps: number, size: number];
  /** Floats of a step's states, and of all of them. */
  readonly units: number;
  readonly all: number;
  readonly lengths: number;
  readonly reverse: number;
}

function scan(draw: Draw): Scan {
  const { dice } = draw;
  const rows = dice.once(12) ? 0 : dice.between(1, dice.pick([3, 9]));
  const steps = dice.between(1, 5);
  const size = dice.between(1, dice.pick([5, 12, 34]));
  const units = rows * size;
  const ends = Array.from({ length: rows }, () => dice.below(steps + 1));
  return {
    draw,
    shape: [rows, steps, size],
    units,
    all: units * steps,
    lengths: dice.once(2) ? 0 : draw.given(ends),
    reverse: dice.below(2),
  };
}

/** [k, p], and its panels. */
function weights({ draw }: Scan, k: number, p: number): [w: number, panels: number] {
  const w = draw.floats(k * p);
  return [w, panelsOf(draw, w, k, p)];
}

/** Both biases, or none. */
function biases({ draw }: Scan, n: number): [ih: number, hh: number] {
  return draw.dice.once(3) ? [0, 0] : [draw.floats(n), draw.floats(n)];
}

/** The state before the first step, if it is no zeros. */
function state({ draw, units }: Scan): number {
  return draw.dice.once(2) ? 0 : draw.floats(units);
}

export const CASES: RandomCases<RecurrenceKernels> = {
  rnn(draw) {
    const of = scan(draw);
    const size = of.shape[2];
    const given = [...weights(of, size, size), ...biases(of, size), of.lengths, state(of)] as const;
    const record = draw.floats(2 * of.all);
    const scratch = draw.scratch(2 * of.units);
    return [record, ...given, scratch, ...of.shape, draw.dice.below(2), of.reverse];
  },
  rnnGrad(draw) {
    const of = scan(draw);
    const size = of.shape[2];
    const [out, dy, w] = [
      draw.room(of.all + of.units),
      draw.floats(of.all),
      weights(of, size, size),
    ];
    const [record, scratch] = [draw.floats(2 * of.all), draw.scratch(2 * of.units)];
    const relu = draw.dice.below(2);
    return [out, dy, ...w, record, of.lengths, scratch, ...of.shape, relu, of.reverse];
  },
  gru(draw) {
    const of = scan(draw);
    const size = of.shape[2];
    const w = [...weights(of, size, 3 * size), ...biases(of, 3 * size)] as const;
    const record = draw.floats(6 * of.all);
    const [h0, scratch] = [state(of), draw.scratch(4 * of.units)];
    return [record, ...w, of.lengths, h0, scratch, ...of.shape, of.reverse];
  },
  gruGrad(draw) {
    const of = scan(draw);
    const size = of.shape[2];
    const [out, dy] = [draw.room(6 * of.all + of.units), draw.floats(of.all)];
    const w = weights(of, 3 * size, size);
    const [record, scratch] = [draw.floats(6 * of.all), draw.scratch(4 * of.units)];
    return [out, dy, ...w, record, of.lengths, scratch, ...of.shape, of.reverse];
  },
  lstm(draw) {
    const of = scan(draw);
    const [size, withCell] = [of.shape[2], draw.dice.below(2)];
    const w = [...weights(of, size, 4 * size), ...biases(of, 4 * size)] as const;
    const record = draw.floats(7 * of.all + withCell * of.units);
    const [h0, c0, scratch] = [state(of), state(of), draw.scratch(6 * of.units)];
    return [record, ...w, of.lengths, h0, c0, scratch, ...of.shape, withCell, of.reverse];
  },
  lstmGrad(draw) {
    const of = scan(draw);
    const [size, withCell] = [of.shape[2], draw.dice.below(2)];
    const out = draw.room(4 * of.all + 2 * of.units);
    const dy = draw.floats(of.all + withCell * of.units);
    const w = weights(of, 4 * size, size);
    const record = draw.floats(7 * of.all + withCell * of.units);
    const scratch = draw.scratch(5 * of.units);
    return [out, dy, ...w, record, of.lengths, scratch, ...of.shape, withCell, of.reverse];
  },
};
