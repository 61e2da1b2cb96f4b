// Strided reads and broadcasting, over up to six axes.

/**
 * out [d0, ..., d5] contiguous, from a and b read with their strides; stride 0 broadcasts.
 * out may be an input that is itself contiguous over [d0, ..., d5].
 */
export type Broadcast = [
  'out: usize',
  'a: usize',
  'b: usize',
  'd0: i32',
  'd1: i32',
  'd2: i32',
  'd3: i32',
  'd4: i32',
  'd5: i32',
  'as0: i32',
  'as1: i32',
  'as2: i32',
  'as3: i32',
  'as4: i32',
  'as5: i32',
  'bs0: i32',
  'bs1: i32',
  'bs2: i32',
  'bs3: i32',
  'bs4: i32',
  'bs5: i32',
];

export interface BroadcastKernels {
  /** out [d0, ..., d5] = a read with strides s0 to s5: transpose, slice or broadcast by copying. */
  copyStrided: [
    'out: usize',
    'a: usize',
    'd0: i32',
    'd1: i32',
    'd2: i32',
    'd3: i32',
    'd4: i32',
    'd5: i32',
    's0: i32',
    's1: i32',
    's2: i32',
    's3: i32',
    's4: i32',
    's5: i32',
  ];
  /**
   * out [rows, stride], of which the first n of each row become a [rows, n]; the others stay as they are.
   */
  placeRows: ['out: usize', 'a: usize', 'rows: i32', 'n: i32', 'stride: i32'];
  /** a + b */
  add: Broadcast;
  /** a - b */
  sub: Broadcast;
  /** a b */
  mul: Broadcast;
  /** a / b */
  div: Broadcast;
}
