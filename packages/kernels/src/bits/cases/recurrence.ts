import type { RecurrenceKernels } from '../../contract/recurrence.js';
import type { Lab } from '../lab.js';
import { type Cases, some } from './case.js';

/** rows, steps, size */
const SCANS: readonly (readonly [number, number, number])[] = [
  [1, 1, 1],
  [3, 4, 5],
  [5, 3, 8],
  [4, 2, 17],
  [0, 3, 4],
  [2, 6, 10],
];

/** One scan, and whether all is given that may be left out. */
interface Scan {
  readonly lab: Lab;
  readonly rows: number;
  readonly steps: number;
  readonly size: number;
  readonly reverse: number;
  readonly isGiven: boolean;
  readonly lengths: number;
  /** Of a step, and of all steps. */
  readonly units: number;
  readonly all: number;
}

function optional({ lab, isGiven }: Scan, n: number): number {
  return isGiven ? lab.floats(n) : 0;
}

/** [k, p], and its panels. */
function weights({ lab, isGiven }: Scan, k: number, p: number): [w: number, panels: number] {
  const w = lab.floats(k * p, 1);
  if (!isGiven) return [w, 0];
  const panels = lab.room(8 * k * Math.floor(p / 8));
  lab.kernels.packPanels(panels, w, k, p);
  return [w, panels];
}

function each(lab: Lab, call: (scan: Scan) => void): void {
  for (const [rows, steps, size] of some(lab, SCANS)) {
    for (const reverse of [0, 1]) {
      for (const isGiven of [false, true]) {
        const ends = Float32Array.from({ length: rows }, (_, row) => (row * 2 + 1) % (steps + 1));
        const lengths = isGiven ? lab.put(ends) : 0;
        const units = rows * size;
        call({ lab, rows, steps, size, reverse, isGiven, lengths, units, all: units * steps });
        lab.done();
      }
    }
  }
}

/** @returns the record of a scan whose steps were all taken, its inputs drawn */
function rnnRecord(scan: Scan, relu: number): number {
  const { lab, units, all, rows, steps, size, reverse, lengths } = scan;
  const record = lab.floats(2 * all, 1);
  const [w, panels] = weights(scan, size, size);
  const [ih, hh] = [optional(scan, size), optional(scan, size)];
  const h0 = optional(scan, units);
  const scratch = lab.scratch(2 * units);
  lab.kernels.rnn(
    ...([record, w, panels, ih, hh, lengths, h0, scratch] as const),
    ...([rows, steps, size, relu, reverse] as const),
  );
  return record;
}

function gruRecord(scan: Scan): number {
  const { lab, units, all, rows, steps, size, reverse, lengths } = scan;
  const record = lab.floats(6 * all, 1);
  const [w, panels] = weights(scan, size, 3 * size);
  const [ih, hh] = [optional(scan, 3 * size), optional(scan, 3 * size)];
  const h0 = optional(scan, units);
  const scratch = lab.scratch(4 * units);
  lab.kernels.gru(
    ...([record, w, panels, ih, hh, lengths, h0, scratch] as const),
    ...([rows, steps, size, reverse] as const),
  );
  return record;
}

function lstmRecord(scan: Scan): number {
  const { lab, units, all, rows, steps, size, reverse, lengths, isGiven } = scan;
  const withCell = Number(isGiven);
  const record = lab.floats(7 * all + withCell * units, 1);
  const [w, panels] = weights(scan, size, 4 * size);
  const [ih, hh] = [optional(scan, 4 * size), optional(scan, 4 * size)];
  const [h0, c0] = [optional(scan, units), optional(scan, units)];
  const scratch = lab.scratch(6 * units);
  lab.kernels.lstm(
    ...([record, w, panels, ih, hh, lengths, h0, c0, scratch] as const),
    ...([rows, steps, size, withCell, reverse] as const),
  );
  return record;
}

export const CASES: Cases<RecurrenceKernels> = {
  rnn(lab) {
    each(lab, (scan) => rnnRecord(scan, scan.rows % 2));
  },
  rnnGrad(lab) {
    each(lab, (scan) => {
      const { units, all, rows, steps, size, reverse, lengths } = scan;
      const relu = rows % 2;
      const record = rnnRecord(scan, relu);
      const [out, dy] = [lab.room(all + units), lab.floats(all)];
      const [w, panels] = weights(scan, size, size);
      const scratch = lab.scratch(2 * units);
      lab.kernels.rnnGrad(
        ...([out, dy, w, panels, record, lengths, scratch] as const),
        ...([rows, steps, size, relu, reverse] as const),
      );
    });
  },
  gru(lab) {
    each(lab, gruRecord);
  },
  gruGrad(lab) {
    each(lab, (scan) => {
      const { units, all, rows, steps, size, reverse, lengths } = scan;
      const record = gruRecord(scan);
      const [out, dy] = [lab.room(6 * all + units), lab.floats(all)];
      const [w, panels] = weights(scan, 3 * size, size);
      const scratch = lab.scratch(4 * units);
      lab.kernels.gruGrad(
        ...([out, dy, w, panels, record, lengths, scratch] as const),
        ...([rows, steps, size, reverse] as const),
      );
    });
  },
  lstm(lab) {
    each(lab, lstmRecord);
  },
  lstmGrad(lab) {
    each(lab, (scan) => {
      const { units, all, rows, steps, size, reverse, lengths, isGiven } = scan;
      const withCell = Number(isGiven);
      const record = lstmRecord(scan);
      const [out, dy] = [lab.room(4 * all + 2 * units), lab.floats(all + withCell * units)];
      const [w, panels] = weights(scan, 4 * size, size);
      const scratch = lab.scratch(5 * units);
      lab.kernels.lstmGrad(
        ...([out, dy, w, panels, record, lengths, scratch] as const),
        ...([rows, steps, size, withCell, reverse] as const),
      );
    });
  },
};
