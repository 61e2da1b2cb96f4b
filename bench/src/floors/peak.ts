// The most 128-bit multiplications and additions that this core does in WebAssembly: the tile of a matrix
// product without its memory traffic. Each loop loads `rows` vectors from the first-level cache, multiplies each
// with `columns` vectors that stay in registers, and adds to rows × columns accumulators that depend on nothing
// else. No fused multiply-add, as in the product.
import { type Bytes, encodeModule, I32, op, V128 } from '@lockstep/formats/wasm';

/** Shapes that fit in sixteen registers: accumulators + columns + a loaded vector + a product. */
const SHAPES = [
  { rows: 6, columns: 2 },
  { rows: 4, columns: 3 },
  { rows: 5, columns: 2 },
  { rows: 4, columns: 2 },
] as const;
const UNROLL = 4;
const LANES = 4;
/** Of a call while warming: a millisecond or so, because a loop that runs is not replaced on the way. */
const CALL_ITERATIONS = 200_000;
/** The loads walk around this many bytes, so that no load can be taken out of the loop. */
const RING_BYTES = 4096;
/** Where the column vectors lie. */
const COLUMNS_AT = 16_384;

export interface PeakKernel {
  /** Floating-point operations of one call of `run(iterations)`, per iteration. */
  readonly operations: number;
  readonly run: (iterations: number) => void;
}

function makeKernel({ rows, columns }: (typeof SHAPES)[number]): PeakKernel {
  // Locals: 0 the count; accumulators; columns; the loaded vector; the address.
  const accumulator = (row: number, column: number): number => 1 + row * columns + column;
  const columnVector = (column: number): number => 1 + rows * columns + column;
  const loaded = columnVector(columns);
  const address = loaded + 1;
  const pass = (at: number): Bytes =>
    Array.from({ length: rows }, (_, row) => [
      ...op.localGet(address),
      ...op.v128Load(16 * (at * rows + row)),
      ...op.localSet(loaded),
      ...Array.from({ length: columns }, (_, column) => [
        ...op.localGet(accumulator(row, column)),
        ...op.localGet(loaded),
        ...op.localGet(columnVector(column)),
        ...op.f32x4Mul,
        ...op.f32x4Add,
        ...op.localSet(accumulator(row, column)),
      ]).flat(),
    ]).flat();
  const body = [
    ...Array.from({ length: columns }, (_, column) => [
      ...op.i32Const(COLUMNS_AT),
      ...op.v128Load(16 * column),
      ...op.localSet(columnVector(column)),
    ]).flat(),
    ...op.loop([
      ...Array.from({ length: UNROLL }, (_, at) => pass(at)).flat(),
      ...op.localGet(address),
      ...op.i32Const(16),
      ...op.i32Add,
      ...op.i32Const(RING_BYTES - 1),
      ...op.i32And,
      ...op.localSet(address),
      ...op.localGet(0),
      ...op.i32Const(1),
      ...op.i32Sub,
      ...op.localTee(0),
      ...op.repeatIf,
    ]),
    // Storing the sums keeps them alive.
    ...Array.from({ length: rows * columns }, (_, i) => [
      ...op.i32Const(COLUMNS_AT + 1024),
      ...op.localGet(1 + i),
      ...op.v128Store(16 * i),
    ]).flat(),
  ];
  const bytes = encodeModule({
    hasMemory: true,
    name: 'run',
    type: { parameters: [I32], results: [] },
    locals: [
      [rows * columns + columns + 1, V128],
      [1, I32],
    ],
    body,
  });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
  const { memory, run } = exports as {
    memory: WebAssembly.Memory;
    run: (iterations: number) => void;
  };
  new Float32Array(memory.buffer).fill(1e-3);
  return { operations: UNROLL * rows * columns * LANES * 2, run };
}

/** Thousand million operations a second, over one call. */
export function gflops(kernel: PeakKernel, iterations: number): number {
  const begun = performance.now();
  kernel.run(iterations);
  return (kernel.operations * iterations) / (performance.now() - begun) / 1e6;
}

/**
 * The fastest of the shapes; shapes differ by how an engine gives out registers.
 *
 * @param milliseconds how long each is warmed, so that the optimising compiler has done with it
 */
export function fastestPeakKernel(milliseconds: number): PeakKernel {
  const timed = SHAPES.map((shape) => {
    const kernel = makeKernel(shape);
    const begun = performance.now();
    const rates: number[] = [];
    do rates.push(gflops(kernel, CALL_ITERATIONS));
    while (performance.now() - begun < milliseconds);
    return { kernel, rate: Math.max(...rates) };
  });
  return timed.reduce((best, next) => (next.rate > best.rate ? next : best)).kernel;
}
