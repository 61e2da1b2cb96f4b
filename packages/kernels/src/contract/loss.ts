// Cross-entropy of class labels, and whether a row's answer is right: out [rows] = 1 if it is, else 0.

export interface LossKernels {
  /**
   * Softmax cross-entropy in nats: out [rows] = log sum exp(logits) - logits[label].
   *
   * logits [rows, classes]; labels [rows] i32 in [0, classes), another label gives NaN
   */
  crossEntropy: ['out: usize', 'logits: usize', 'labels: usize', 'rows: i32', 'classes: i32'];
  /** out [rows, classes] = dloss[row] (softmax(logits) - onehot(labels)); dloss [rows]. */
  crossEntropyGrad: [
    'out: usize',
    'dloss: usize',
    'logits: usize',
    'labels: usize',
    'rows: i32',
    'classes: i32',
  ];
  /** out [rows, classes] = 1 at the row's i32 label, else 0. */
  oneHot: ['out: usize', 'labels: usize', 'rows: i32', 'classes: i32'];
  /** argmax(scores) == label, i32; the first maximum counts. */
  correctLabel: ['out: usize', 'scores: usize', 'labels: usize', 'rows: i32', 'classes: i32'];
  /** argmax(scores) == argmax(targets), the first maxima; targets [rows, classes]. */
  correctArgmax: ['out: usize', 'scores: usize', 'targets: usize', 'rows: i32', 'classes: i32'];
  /** Every (logit > 0) == (target > 0.5) in the row; targets [rows, len]. */
  correctBinary: ['out: usize', 'logits: usize', 'targets: usize', 'rows: i32', 'len: i32'];
}
