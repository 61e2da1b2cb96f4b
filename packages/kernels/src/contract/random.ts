// Random numbers by counter.

export interface RandomKernels {
  /**
   * Philox4x32-10: out [4 n4] u32, the blocks of counters (c0 + i mod 2^32, c1, c2, c3), i in [0, n4).
   * Source: Salmon, Moraes, Dror, Shaw, Parallel Random Numbers: As Easy as 1, 2, 3 (SC'11).
   */
  philox: [
    'out: usize',
    'n4: i32',
    'c0: i32',
    'c1: i32',
    'c2: i32',
    'c3: i32',
    'keyLo: i32',
    'keyHi: i32',
  ];
  /**
   * out [rows, len] = a scale where the element's random word is >= threshold (both u32), else 0.
   * Element e of row r has word e mod 4 of the block at counter (e div 4, ids[r], epoch, stream)
   * under key (seedLo, seedHi), so a sample's mask does not depend on the batch it is in.
   */
  dropout: [
    'out: usize',
    'a: usize',
    'rows: i32',
    'len: i32',
    'ids: usize',
    'threshold: i32',
    'scale: f32',
    'seedLo: i32',
    'seedHi: i32',
    'stream: i32',
    'epoch: i32',
  ];
}
