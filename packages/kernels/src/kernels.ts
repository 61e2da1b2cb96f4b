// The signature and meaning of every kernel; assembly/ holds the code, by theme.
//
// Pointers (out, a, dy, ...) are byte addresses in the memory, aligned to 4, up to 4 GiB. Counts and
// strides are in elements and may be 0; a kernel with nothing to do touches nothing. Tensors are
// float32, row-major. Arithmetic is IEEE float32, each operation rounded by itself. An element's bits
// depend on its inputs and on the length of the reduction it comes from; never on its position, on n,
// on alignment or on the loop that computed it. Nothing is written outside the outputs, nothing traps.
// `out` may be an input of elementwise, softmax and optimizer kernels; overlap is not allowed otherwise.
// "Within N ulp" is the measured largest distance from the correctly rounded result, in units in the last
// place, over all 2^32 floats (scripts/accuracy.mjs).

/** out[i] from a[i]; n elements. */
type UnaryKernel = (out: number, a: number, n: number) => void;

/** out[i] from dy[i] and x[i] (or the forward result y[i]); n elements. */
type GradKernel = (out: number, dy: number, x: number, n: number) => void;

/**
 * out [d0, d1, d2, d3] contiguous, from a and b read with their strides; stride 0 broadcasts.
 * out may be an input that is itself contiguous over [d0, d1, d2, d3].
 */
type BroadcastKernel = (
  out: number,
  a: number,
  b: number,
  d0: number,
  d1: number,
  d2: number,
  d3: number,
  as0: number,
  as1: number,
  as2: number,
  as3: number,
  bs0: number,
  bs1: number,
  bs2: number,
  bs3: number,
) => void;

/** [outer, len, inner] -> [outer, inner]. */
type ReduceKernel = (out: number, a: number, outer: number, len: number, inner: number) => void;

/** Rows of [rows, len]. */
type RowsKernel = (out: number, a: number, rows: number, len: number) => void;
type RowsGradKernel = (out: number, dy: number, y: number, rows: number, len: number) => void;

/** out [rows] = 1 where the row's answer is right, else 0. */
type CorrectKernel = (
  out: number,
  scores: number,
  targets: number,
  rows: number,
  classes: number,
) => void;

export interface Kernels {
  // Strided reads and broadcasting.

  /** out [d0, d1, d2, d3] = a read with strides s0 to s3: transpose, slice or broadcast by copying. */
  copyStrided(
    out: number,
    a: number,
    d0: number,
    d1: number,
    d2: number,
    d3: number,
    s0: number,
    s1: number,
    s2: number,
    s3: number,
  ): void;
  /** a + b */
  add: BroadcastKernel;
  /** a - b */
  sub: BroadcastKernel;
  /** a b */
  mul: BroadcastKernel;
  /** a / b */
  div: BroadcastKernel;

  // Elementwise.

  /** out [n] = value */
  fill(out: number, n: number, value: number): void;
  /** -a */
  neg: UnaryKernel;
  /** e^a; within 1 ulp, subnormal results included. Inf above 88.7228, 0 below -103.9721. */
  exp: UnaryKernel;
  /** Natural logarithm; within 1 ulp. log(0) = -inf, NaN below zero. */
  log: UnaryKernel;
  /** Square root, correctly rounded. */
  sqrt: UnaryKernel;
  /** The error function; within 2 ulp. */
  erf: UnaryKernel;
  /** Hyperbolic tangent; within 1 ulp. */
  tanh: UnaryKernel;
  /** 1 / (1 + exp(-a)); within 2 ulp, exactly 0 or 1 far out. */
  sigmoid: UnaryKernel;
  /** max(a, 0); relu(NaN) = NaN */
  relu: UnaryKernel;
  /** a > 0 ? 1 : 0 */
  step: UnaryKernel;
  /**
   * a Phi(a), Phi the normal distribution function: the exact form, not the tanh one. Within 1 ulp,
   * negative a included (float64 inside); gelu(-inf) = -0, its limit.
   * Source: Hendrycks, Gimpel, Gaussian Error Linear Units (2016).
   */
  gelu: UnaryKernel;
  /** a > 0 ? a : slope a */
  leakyRelu(out: number, a: number, n: number, slope: number): void;

  /** y > 0 ? dy : 0 */
  reluGrad: GradKernel;
  /** x > 0 ? dy : slope dy */
  leakyReluGrad(out: number, dy: number, x: number, n: number, slope: number): void;
  /** dy y (1 - y), y = sigmoid(x) */
  sigmoidGrad: GradKernel;
  /** dy (1 - y y), y = tanh(x) */
  tanhGrad: GradKernel;
  /**
   * dy (Phi(x) + x phi(x)). The slope is within 2 ulp (1e-9 absolute near its zero, x = -0.7518), and is
   * then multiplied by dy.
   */
  geluGrad: GradKernel;
  /**
   * max(x, 0) - x t + log(1 + exp(-|x|)): binary cross-entropy of logits x and targets t in [0, 1],
   * in nats. The logarithm by itself is within 2 ulp however large |x| is.
   */
  bceWithLogits(out: number, x: number, t: number, n: number): void;

  // Reductions.

  /** Sum over len; 0 for len 0. Sequential along len, or in eight lanes by j mod 8 when inner is 1. */
  sum: ReduceKernel;
  /** Maximum over len; NaN if any is NaN, -inf for len 0. */
  max: ReduceKernel;
  /** dx [outer, len, inner]: dy shared evenly among the elements of x that equal the maximum y, else 0. */
  maxGrad(
    out: number,
    dy: number,
    x: number,
    y: number,
    outer: number,
    len: number,
    inner: number,
  ): void;
  /** Sum of g^2 over n, in float64. */
  sumSquares(g: number, n: number): number;
  /** 1 if all n elements are finite, else 0. */
  allFinite(a: number, n: number): number;

  // Softmax and losses.

  /** exp(a - max) / sum exp(a - max), by rows. */
  softmax: RowsKernel;
  /** (a - max) - log sum exp(a - max), by rows. */
  logSoftmax: RowsKernel;
  /** y (dy - sum(dy y)), y = softmax(x) */
  softmaxGrad: RowsGradKernel;
  /** dy - exp(y) sum(dy), y = logSoftmax(x) */
  logSoftmaxGrad: RowsGradKernel;
  /**
   * Softmax cross-entropy in nats: out [rows] = log sum exp(logits) - logits[label].
   *
   * @param logits [rows, classes]
   * @param labels [rows] i32 in [0, classes); another label gives NaN
   */
  crossEntropy(out: number, logits: number, labels: number, rows: number, classes: number): void;
  /** out [rows, classes] = dloss[row] (softmax(logits) - onehot(labels)); dloss [rows]. */
  crossEntropyGrad(
    out: number,
    dloss: number,
    logits: number,
    labels: number,
    rows: number,
    classes: number,
  ): void;
  /** out [rows, classes] = 1 at the row's i32 label, else 0. */
  oneHot(out: number, labels: number, rows: number, classes: number): void;
  /** argmax(scores) == label, i32; the first maximum counts. */
  correctLabel: CorrectKernel;
  /** argmax(scores) == argmax(targets), the first maxima; targets [rows, classes]. */
  correctArgmax: CorrectKernel;
  /** Every (logit > 0) == (target > 0.5) in the row; targets [rows, classes]. */
  correctBinary: CorrectKernel;

  /**
   * out [batch, m, p] = A [m, k] B [k, p]: every element is one accumulator from +0 that takes
   * a[i, kk] * b[kk, j] for kk ascending, whatever tile computes it.
   *
   * @param a element (i, kk) is a[i * aRowStride + kk * aColStride], so A may be transposed
   * @param b [k, p] contiguous
   * @param aBatchStride, bBatchStride from one matrix of the batch to the next; 0 reuses it
   * @param panels b as packPanels leaves it, read instead of its full panels (then batch is 1); 0 for none
   */
  matmul(
    out: number,
    a: number,
    b: number,
    m: number,
    p: number,
    k: number,
    aRowStride: number,
    aColStride: number,
    batch: number,
    aBatchStride: number,
    bBatchStride: number,
    panels: number,
  ): void;
  /**
   * out [p div 8, k, 8]: the full panels of eight columns of b [k, p], each in one piece. A product with many
   * columns reads them in order, where the columns themselves would be a page apart.
   */
  packPanels(out: number, b: number, k: number, p: number): void;

  // Random numbers and data.

  /**
   * Philox4x32-10: out [4 n4] u32, the blocks of counters (c0 + i mod 2^32, c1, c2, c3), i in [0, n4).
   * Source: Salmon, Moraes, Dror, Shaw, Parallel Random Numbers: As Easy as 1, 2, 3 (SC'11).
   */
  philox(
    out: number,
    n4: number,
    c0: number,
    c1: number,
    c2: number,
    c3: number,
    keyLo: number,
    keyHi: number,
  ): void;
  /**
   * out [rows, len] = a scale where the element's random word is >= threshold (both u32), else 0.
   * Element e of row r has word e mod 4 of the block at counter (e div 4, ids[r], epoch, stream)
   * under key (seedLo, seedHi), so a sample's mask does not depend on the batch it is in.
   */
  dropout(
    out: number,
    a: number,
    rows: number,
    len: number,
    ids: number,
    threshold: number,
    scale: number,
    seedLo: number,
    seedHi: number,
    stream: number,
    epoch: number,
  ): void;
  /** out [n] f32 = bytes [n] u8 / divisor; bytes may have any address. */
  bytesToFloats(out: number, bytes: number, n: number, divisor: number): void;

  // Products by the non-zeros of a matrix of samples X [rows, width]. A list of `count` lines is starts
  // [count + 1] i32, entry numbers, and entries, (i32 index, f32 value) pairs in ascending order.

  /**
   * Lists the non-zeros of X = table[bytes], a line a row; table [256] f32 with table[0] = 0. Leaves in
   * columnStarts [width + 1] what `listColumns` goes on from.
   *
   * @param entries room for `limit` pairs
   * @returns the number of entries, or -1 if a row might not have fit: then the lists are of no use
   */
  compressBytes(
    rowStarts: number,
    entries: number,
    columnStarts: number,
    bytes: number,
    rows: number,
    width: number,
    table: number,
    limit: number,
  ): number;
  /** The same for X = floats; -0 is a zero, NaN is none. */
  compressFloats(
    rowStarts: number,
    entries: number,
    columnStarts: number,
    floats: number,
    rows: number,
    width: number,
    limit: number,
  ): number;
  /** The same non-zeros, a line a column; columnEntries needs room for as many pairs as there are. */
  listColumns(
    columnStarts: number,
    columnEntries: number,
    rowStarts: number,
    rowEntries: number,
    rows: number,
    width: number,
  ): void;
  /**
   * out [count, p] = L b, with L the matrix of the list and b [.., p] read at the entries' indices. For finite
   * b the bits are those of `matmul` on the dense matrix.
   *
   * @param sums out itself; or room for p floats, where sums are made before they are added to what is in out
   */
  sparseMatmul(
    sums: number,
    out: number,
    starts: number,
    entries: number,
    b: number,
    count: number,
    p: number,
  ): void;

  // Gradients and optimizers, in place or from old state to new.

  /** dst = dst + src */
  addInto(dst: number, src: number, n: number): void;
  /** g = g factor */
  scale(g: number, n: number, factor: number): void;
  /** g clamped to [-limit, limit]; NaN stays NaN. */
  clipValue(g: number, n: number, limit: number): void;
  /** a, with every subnormal made 0; NaN stays NaN. */
  flushSubnormals(a: number, n: number): void;
  /** g = g / count; returns 1 if every result is finite, else 0. */
  average(g: number, n: number, count: number): number;
  /**
   * p - lr g', g' = (g + more) / count + weightDecay p (no decay where weightDecay is 0; here and below).
   *
   * @param more the last addition to the gradient's sum, or 0 where g is the whole; as in all optimizers
   * @returns 1 if every new value is finite, else 0; so do all optimizers
   */
  sgd(
    pOut: number,
    p: number,
    g: number,
    more: number,
    n: number,
    count: number,
    lr: number,
    weightDecay: number,
  ): number;
  /**
   * v = first ? g' : momentum v + gain g' ; p - lr (nesterov ? g' + momentum v : v).
   *
   * @param gain 1 - dampening
   */
  momentum(
    pOut: number,
    vOut: number,
    p: number,
    v: number,
    g: number,
    more: number,
    n: number,
    count: number,
    lr: number,
    momentum: number,
    gain: number,
    weightDecay: number,
    nesterov: number,
    first: number,
  ): number;
  /**
   * m = beta1 m + (1 - beta1) g' ; v = beta2 v + (1 - beta2) g' g' ;
   * p decay - stepSize m / (sqrt(v) scale2 + eps).
   *
   * @param stepSize lr / (1 - beta1^t)
   * @param scale2 1 / sqrt(1 - beta2^t); PyTorch divides by the root, a rounding error apart and slower
   * @param decay 1 for Adam, 1 - lr weightDecay for AdamW (whose weightDecay argument is then 0)
   * Source: Kingma, Ba (2015); Loshchilov, Hutter (2019); order of operations as in PyTorch.
   */
  adam(
    pOut: number,
    mOut: number,
    vOut: number,
    p: number,
    m: number,
    v: number,
    g: number,
    more: number,
    n: number,
    count: number,
    stepSize: number,
    beta1: number,
    oneMinusBeta1: number,
    beta2: number,
    oneMinusBeta2: number,
    scale2: number,
    eps: number,
    weightDecay: number,
    decay: number,
  ): number;
  /** s = alpha s + (1 - alpha) g' g' ; p - lr g' / (sqrt(s) + eps). */
  rmsprop(
    pOut: number,
    sOut: number,
    p: number,
    s: number,
    g: number,
    more: number,
    n: number,
    count: number,
    lr: number,
    alpha: number,
    oneMinusAlpha: number,
    eps: number,
    weightDecay: number,
  ): number;
  /** As rmsprop with b = momentum b + g' / (sqrt(s) + eps) ; p - lr b. */
  rmspropMomentum(
    pOut: number,
    sOut: number,
    bOut: number,
    p: number,
    s: number,
    b: number,
    g: number,
    more: number,
    n: number,
    count: number,
    lr: number,
    alpha: number,
    oneMinusAlpha: number,
    eps: number,
    weightDecay: number,
    momentum: number,
  ): number;
}
