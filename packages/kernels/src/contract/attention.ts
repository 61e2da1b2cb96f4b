// Scaled dot-product attention over heads.

/**
 * A sample's queries [queries, ..], keys and values [keys, ..]: rows qRowStride and kvRowStride apart, of which head h has
 * the floats [h size, (h + 1) size). Samples follow each other without gaps.
 *
 * mask: [samples, keys] with maskStride = keys, or [keys] with 0: a key counts where it is not 0; 0 for none
 * reach: query i sees the keys j <= i + reach
 * threshold: probabilities are dropped as by `dropout`, the row of head h and query i beginning at the block
 *   (h queries + i) ceil(keys / 4); 0 for none
 */
type Heads = [
  'samples: i32',
  'heads: i32',
  'size: i32',
  'queries: i32',
  'keys: i32',
  'qRowStride: i32',
  'kvRowStride: i32',
];

type Weighing = [
  'maskStride: i32',
  'reach: i32',
  'scale: f32',
  'ids: usize',
  'threshold: i32',
  'kept: f32',
  'seedLo: i32',
  'seedHi: i32',
  'stream: i32',
  'epoch: i32',
];

export interface AttentionKernels {
  /**
   * out [samples, queries, heads size] = P v, P = softmax(scale q kᵀ) over the keys that count, and lse [samples, heads,
   * queries], the rows' log sum exp. A query for which no key counts gives 0, and lse 0.
   *
   * With K and D the keys and the size in full eights, scratch has 2 K D + 4 K + 8 D floats.
   * Source: Vaswani et al., Attention is all you need (2017), §3.2; Dao et al., FlashAttention (2022).
   */
  attention: [
    'out: usize',
    'lse: usize',
    'q: usize',
    'k: usize',
    'v: usize',
    'mask: usize',
    'scratch: usize',
    ...Heads,
    ...Weighing,
  ];
  /**
   * The gradients of q, k and v, with rows as theirs and samples gradStride apart, from dout and what `attention` left:
   * P = exp(scale q kᵀ - lse), dS = P (dout vᵀ - (dout · out)) scale; dq = dS k, dk = dSᵀ q, dv = Pᵀ dout.
   *
   * scratch: 5 K D + 32 K + 48 D floats
   */
  attentionGrad: [
    'dq: usize',
    'dk: usize',
    'dv: usize',
    'dout: usize',
    'out: usize',
    'lse: usize',
    'q: usize',
    'k: usize',
    'v: usize',
    'mask: usize',
    'scratch: usize',
    ...Heads,
    'gradStride: i32',
    ...Weighing,
  ];
  /**
   * out [rows, width]: the first `heads` stretches of `size` (even) of each row, turned; the rest as it is. With c and s the
   * halves of row i mod length of table [length, size], a pair (a, b) of features half a head apart becomes
   * (a c - sign b s, b c + sign a s); sign is 1, or -1 to turn back.
   * Source: Su et al., RoFormer (2021), pairs as in GPT-NeoX.
   */
  rotary: [
    'out: usize',
    'x: usize',
    'table: usize',
    'rows: i32',
    'length: i32',
    'width: i32',
    'heads: i32',
    'size: i32',
    'sign: f32',
  ];
}
