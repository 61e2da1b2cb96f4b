import { expect, it } from 'vitest';
import { encodeModule, I32, op, V128 } from './wasm.js';

it('writes LEB128 as the specification does', () => {
  expect(op.localGet(624_485)).toEqual([0x20, 0xe5, 0x8e, 0x26]);
  expect(op.i32Const(-123_456)).toEqual([0x41, 0xc0, 0xbb, 0x78]);
  expect(op.i32Const(64)).toEqual([0x41, 0xc0, 0x00]);
  expect(op.i32Const(-64)).toEqual([0x41, 0x40]);
  expect(op.i32Const(0xffff_ffff)).toEqual([0x41, 0x7f]);
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
  const bytes = encodeModule({
    hasMemory: true,
    name: 'run',
    type: { parameters: [I32], results: [] },
    locals: [[1, V128]],
    body,
  });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
  const { memory, run } = exports as { memory: WebAssembly.Memory; run: (n: number) => void };
  const floats = new Float32Array(memory.buffer, 0, 8);
  floats.fill(3, 0, 4);
  run(7);
  expect([...floats.subarray(4)]).toEqual([63, 63, 63, 63]);
});

it('makes a module that calls what it imports', () => {
  const type = { parameters: [I32], results: [I32] };
  const bytes = encodeModule({
    imports: [
      { name: 'twice', type },
      { name: 'next', type },
    ],
    name: 'run',
    type: { parameters: [], results: [I32] },
    body: [...op.i32Const(20), ...op.call(0), ...op.call(1)],
  });
  const functions = { twice: (x: number) => 2 * x, next: (x: number) => x + 1 };
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { '': functions });
  expect((exports.run as () => number)()).toBe(41);
});
