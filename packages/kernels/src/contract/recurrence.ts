// Scans over time: one call is a layer in one direction, all steps of all samples, forward or backward.
//
// A sample is `steps` steps; `size` units have a state. Where a record holds several parts, each lies whole behind the
// one before it: [rows, steps, size] unless said otherwise. A step's h W is a product of all rows, each element one
// accumulator that takes the state's units ascending, as matmul; w is [size, gates × size], and in a gradient its transpose.
// panels: w as packPanels leaves it, read instead of its full panels; 0 for none
// biasIh, biasHh: [gates × size], both or none (0)
// lengths: [rows] floats, a step t ≥ length is padded: it gives 0 and leaves the state as it was; 0 for none
// h0, c0: [rows, size] the state before the first step; 0 for zeros
// scratch: floats of any value, as many as each says
// reverse: 1 where the last step comes first

type Forward = [
  'record: usize',
  'w: usize',
  'panels: usize',
  'biasIh: usize',
  'biasHh: usize',
  'lengths: usize',
  'h0: usize',
];
type Gradient = [
  'out: usize',
  'dy: usize',
  'w: usize',
  'panels: usize',
  'record: usize',
  'lengths: usize',
  'scratch: usize',
  'rows: i32',
  'steps: i32',
  'size: i32',
];

export interface RecurrenceKernels {
  /**
   * h' = tanh(a), or max(a, 0) if relu, of a = (x + biasIh) + (h W + biasHh).
   *
   * record: [h, which holds x before][h before each step]
   * scratch: 2 × rows × size
   */
  rnn: [
    ...Forward,
    'scratch: usize',
    'rows: i32',
    'steps: i32',
    'size: i32',
    'relu: i32',
    'reverse: i32',
  ];
  /**
   * out: [da][dh0: rows × size]
   *
   * scratch: 2 × rows × size
   */
  rnnGrad: [...Gradient, 'relu: i32', 'reverse: i32'];
  /**
   * r and z = sigmoid((x + biasIh) + (h W + biasHh)), v = h W + biasHh of the third gate, n = tanh((x + biasIh) + r v),
   * h' = (1 − z) n + z h.
   *
   * record: [h][h before each step][r, z, n: rows, steps, 3 × size, which hold x before][v]
   * scratch: 4 × rows × size
   */
  gru: [...Forward, 'scratch: usize', 'rows: i32', 'steps: i32', 'size: i32', 'reverse: i32'];
  /**
   * out: [d of x: rows, steps, 3 × size][d of h W: as much][dh0: rows × size]
   *
   * scratch: 4 × rows × size
   */
  gruGrad: [...Gradient, 'reverse: i32'];
  /**
   * i, f, o = sigmoid and g = tanh of (x + biasIh) + (h W + biasHh), c' = f c + i g, h' = o tanh(c').
   *
   * record: [h, and behind the steps of a sample its last c if withCell][h before each step][c before each step]
   * [i, f, g, o: rows, steps, 4 × size, which hold x before]
   * scratch: 6 × rows × size
   */
  lstm: [
    ...Forward,
    'c0: usize',
    'scratch: usize',
    'rows: i32',
    'steps: i32',
    'size: i32',
    'withCell: i32',
    'reverse: i32',
  ];
  /**
   * out: [d of x: rows, steps, 4 × size][dh0: rows × size][dc0: rows × size]
   *
   * dy: as h in the record
   * scratch: 5 × rows × size
   */
  lstmGrad: [...Gradient, 'withCell: i32', 'reverse: i32'];
}
