// Raw samples to floats, and to whole numbers.

export interface DataKernels {
  /** out [n] f32 = bytes [n] u8 / divisor; bytes may have any address. */
  bytesToFloats: ['out: usize', 'bytes: usize', 'n: i32', 'divisor: f32'];
  /** out [n] i32 = bytes [n] u8; bytes may have any address. */
  bytesToInts: ['out: usize', 'bytes: usize', 'n: i32'];
}
