// Raw samples to floats.

export interface DataKernels {
  /** out [n] f32 = bytes [n] u8 / divisor; bytes may have any address. */
  bytesToFloats: ['out: usize', 'bytes: usize', 'n: i32', 'divisor: f32'];
}
