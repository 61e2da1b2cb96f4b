// Softmax and its logarithm, by rows of [rows, len].

type Rows = ['out: usize', 'a: usize', 'rows: i32', 'len: i32'];
type RowsGrad = ['out: usize', 'dy: usize', 'y: usize', 'rows: i32', 'len: i32'];

export interface SoftmaxKernels {
  /** exp(a - max) / sum exp(a - max) */
  softmax: Rows;
  /** (a - max) - log sum exp(a - max) */
  logSoftmax: Rows;
  /** y (dy - sum(dy y)), y = softmax(x) */
  softmaxGrad: RowsGrad;
  /** dy - exp(y) sum(dy), y = logSoftmax(x) */
  logSoftmaxGrad: RowsGrad;
}
