// The floors' own arithmetic: what a step must at least do, and the module that measures the peak.
import { describe, expect, it } from 'vitest';
import type { Floors, PeakRate } from '../../bench/src/floors/floors.js';
import {
  parameterCount,
  stepBytes,
  stepFloor,
  stepOperations,
} from '../../bench/src/floors/step-floor.js';
import { encodeModule, op, s32, u32 } from '../../bench/src/floors/wasm-encoder.js';
import { tutorial, type Work } from '../../bench/src/work.js';

const SMALL: Work = { ...tutorial(10), layers: [4, 3, 2] };

function peak(kernels: string, lanes: number, rate: number): PeakRate {
  return { kernels, lanes, gflops: { median: rate, min: rate, max: rate, count: 1 } };
}

describe('a work', () => {
  it('has as many parameters as the tutorials say', () => {
    expect(parameterCount(tutorial(64))).toBe(109_386);
  });
});

describe('the least that a step must do', () => {
  it('is three products a layer, but two for the first, and the optimizer', () => {
    // 4·3 and 3·2 weights, 10 samples, 2 operations each; 23 parameters, 12 operations of Adam.
    expect(stepOperations(SMALL, 1)).toBe(2 * 10 * (2 * 12 + 3 * 6) + 12 * 23);
  });

  it("counts the first layer's products only where inputs are not zero", () => {
    const halved = stepOperations(SMALL, 1) - stepOperations(SMALL, 0.5);
    expect(halved).toBe(2 * 10 * 12);
  });

  it('reads the batch as it lies in memory, and reads and writes parameters, gradients and moments', () => {
    expect(stepBytes(SMALL, 1)).toBe(10 * 4 + 4 * 8 * 23);
    expect(stepBytes({ ...SMALL, optimizer: 'sgd' }, 4)).toBe(10 * 4 * 4 + 4 * 4 * 23);
  });

  it('takes as long as the longer of the two', () => {
    const floors: Floors = {
      peaks: [peak('wasm', 4, 1), peak('native-8', 8, 2)],
      copy: { 1: [{ bytes: 64, gigabytesPerSecond: 1000 }] },
      barrierMicroseconds: { 1: 0 },
    };
    const arithmetic = stepFloor(SMALL, 1, 1, 1, 'wasm', floors);
    expect(arithmetic).toEqual({ seconds: stepOperations(SMALL, 1) / 1e9, bound: 'arithmetic' });
    const wider = stepFloor(SMALL, 1, 1, 1, 'native-8', floors);
    expect(wider).toEqual({ seconds: stepOperations(SMALL, 1) / 2e9, bound: 'arithmetic' });
    const slow = { ...floors, copy: { 1: [{ bytes: 64, gigabytesPerSecond: 0.001 }] } };
    const traffic = stepFloor(SMALL, 1, 1, 1, 'wasm', slow);
    expect(traffic).toEqual({ seconds: stepBytes(SMALL, 1) / 1e6, bound: 'traffic' });
    expect(stepFloor(SMALL, 1, 1, 3, 'wasm', floors)).toBeUndefined();
    expect(stepFloor(SMALL, 1, 1, 1, 'native-16', floors)).toBeUndefined();
  });
});

describe('the encoder', () => {
  it('writes LEB128 as the specification does', () => {
    expect(u32(624_485)).toEqual([0xe5, 0x8e, 0x26]);
    expect(s32(-123_456)).toEqual([0xc0, 0xbb, 0x78]);
    expect(s32(64)).toEqual([0xc0, 0x00]);
    expect(s32(-64)).toEqual([0x40]);
  });

  it('makes a module whose loop multiplies and adds as often as it is told', () => {
    // Locals: 0 the count, 1 the sum. Each turn adds x·x, x = 3, to each of four lanes.
    const body = [
      ...op.loop([
        ...op.localGet(1),
        ...[...op.i32Const(0), ...op.v128Load(0)],
        ...[...op.i32Const(0), ...op.v128Load(0)],
        ...op.f32x4Mul,
        ...op.f32x4Add,
        ...op.localSet(1),
        ...[...op.localGet(0), ...op.i32Const(1), ...op.i32Sub, ...op.localTee(0)],
        ...op.repeatIf,
      ]),
      ...[...op.i32Const(0), ...op.localGet(1), ...op.v128Store(16)],
    ];
    const { exports } = new WebAssembly.Instance(
      new WebAssembly.Module(encodeModule({ v128: 1, i32: 1 }, body)),
    );
    const { memory, run } = exports as { memory: WebAssembly.Memory; run: (n: number) => void };
    const floats = new Float32Array(memory.buffer, 0, 8);
    floats.fill(3, 0, 4);
    run(7);
    expect([...floats.subarray(4)]).toEqual([63, 63, 63, 63]);
  });
});
