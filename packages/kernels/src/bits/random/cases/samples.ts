// Random cases of samples as they come, bytes that become floats or tokens, and of random numbers.
import type { DataKernels } from '../../../contract/data.js';
import type { RandomKernels } from '../../../contract/random.js';
import type { RandomCases } from '../random-case.js';

export const CASES: RandomCases<DataKernels & RandomKernels> = {
  bytesToFloats(draw) {
    const n = draw.size(500);
    return [draw.room(n), draw.bytes(n), n, draw.dice.pick([255, 1, 127.5, draw.scalar()])];
  },
  bytesToInts(draw) {
    const n = draw.size(500);
    return [draw.room(n), draw.bytes(n), n];
  },
  philox(draw) {
    const n4 = draw.size(60);
    // The first counter may pass 2^32 on the way.
    const c0 = draw.dice.once(3) ? -draw.dice.below(40) : draw.word();
    const key = [draw.word(), draw.word()] as const;
    return [draw.room(4 * n4), n4, c0, draw.word(), draw.word(), draw.word(), ...key];
  },
  dropout(draw) {
    const [rows, length] = [draw.size(7), draw.size(120)];
    const ids = draw.integers(rows, -(2 ** 31), 2 ** 31 - 1);
    const [out, a] = [draw.room(rows * length), draw.floats(rows * length)];
    const threshold = draw.dice.pick([0, 0x40000000, -1, draw.word()]);
    const address = [draw.word(), draw.word(), draw.word(), draw.word()] as const;
    return [out, a, rows, length, ids, threshold, draw.scalar(), ...address];
  },
};
