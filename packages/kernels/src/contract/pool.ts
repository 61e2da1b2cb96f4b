// Pooling of the planes of [planes, h, w] by windows of kh x kw, and the gradients. A window's taps are dh and dw apart; the
// first window begins ph above and pw left of the plane, the next sh and sw further. Taps outside of the plane do not count;
// each window has one inside, and begins before the plane's end. Sums go from left to right, then from top to bottom.

type Planes = ['planes: i32', 'h: i32', 'w: i32', 'outH: i32', 'outW: i32'];
type Window = ['kh: i32', 'kw: i32', 'sh: i32', 'sw: i32', 'ph: i32', 'pw: i32'];
type Dilation = ['dh: i32', 'dw: i32'];
/** What a sum is divided by: `divisor` if it is not 0, else the window's taps, those outside only if `padded` is not 0. */
type Count = ['padded: i32', 'divisor: f32'];

/** 0 constant, 1 reflect, 2 replicate, where `rows` and `columns` come before the plane; 3 nearest, where they are steps. */
type Picking = ['way: i32', 'rows: f32', 'columns: f32'];

export interface PoolKernels {
  /** out [planes, outH, outW]: the greatest of each window; NaN if any is NaN. */
  maxPool: ['out: usize', 'x: usize', ...Planes, ...Window, ...Dilation];
  /** dx [planes, h, w]: dy of each window given to its first greatest, to its last NaN if it has one; added window by window. */
  maxPoolGrad: ['dx: usize', 'dy: usize', 'x: usize', ...Planes, ...Window, ...Dilation];
  /** out [planes, outH, outW]: the mean of each window. */
  avgPool: ['out: usize', 'x: usize', ...Planes, ...Window, ...Count];
  /** dx [planes, h, w]: dy of each window, divided as its sum was, added to each of its taps, window by window. */
  avgPoolGrad: ['dx: usize', 'dy: usize', ...Planes, ...Window, ...Count];
  /** out [planes, outH, outW]: means of rows floor(o h / outH) to ceil((o + 1) h / outH), and of columns alike. */
  adaptiveAvgPool: ['out: usize', 'x: usize', ...Planes];
  /** dx [planes, h, w]. */
  adaptiveAvgPoolGrad: ['dx: usize', 'dy: usize', ...Planes];
  /**
   * out [planes, outH, outW]: of each place one of the plane, its row and its column picked alike. Constant: itself, or `value`
   * outside. Reflect: mirrored at the first and the last place. Replicate: the nearest inside. Nearest: floor(o step), at most
   * the last.
   */
  resample: ['out: usize', 'x: usize', ...Planes, ...Picking, 'value: f32'];
  /** dx [planes, h, w]: dy of each place added to the one that was picked, row by row from the left. */
  resampleGrad: ['dx: usize', 'dy: usize', ...Planes, ...Picking];
}
