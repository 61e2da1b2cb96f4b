// Softmax cross-entropy of rows of which some do not count: what a row's label `ignored` says.
// With s = smoothing and weights w [classes] (1 each where their address is 0) a row's loss is
// (1 - s) w[label] (-log p[label]) + s / classes * sum of w[c] (-log p[c]), p = softmax(logits).

export interface PositionKernels {
  /**
   * out [3, rows]: the losses, in nats; the maximum of each row's logits; the sum of exp(logits - maximum).
   * Of rows that do not count all three are 0.
   *
   * logits [rows, classes]; labels [rows] i32: another one than `ignored` that is not in [0, classes) gives NaN as loss
   * weights [classes], or 0
   */
  positionCrossEntropy: [
    'out: usize',
    'logits: usize',
    'labels: usize',
    'weights: usize',
    'rows: i32',
    'classes: i32',
    'smoothing: f32',
    'ignored: i32',
  ];
  /** out [rows, classes], the gradient of the logits; dloss [rows]; record as positionCrossEntropy leaves it. */
  positionCrossEntropyGrad: [
    'out: usize',
    'dloss: usize',
    'logits: usize',
    'labels: usize',
    'weights: usize',
    'record: usize',
    'rows: i32',
    'classes: i32',
    'smoothing: f32',
  ];
  /** out [n] f32 = 1 where a [n] i32 is another number than value, else 0. */
  differsFrom: ['out: usize', 'a: usize', 'n: i32', 'value: i32'];
}
