// The most multiplications and additions that a core does with registers of LANES floats, both apart, as everywhere here: a
// product's tile without its memory traffic. No kernel: what products are measured against.
#include "lanes.h"

/** Accumulators that depend on nothing else, more than a core has in flight; with the rest they fit into sixteen registers. */
#define PEAK_ROWS 5
#define PEAK_VECTORS 2
/** The loads walk around this many floats, so that none can be taken out of the loop. */
#define RING 1024

#define PEAK_NAMED(WIDTH) lockstep_peak_##WIDTH
#define PEAK(WIDTH) PEAK_NAMED(WIDTH)

/** @returns operations done */
f64 PEAK(LANES)(i32 turns) {
  f32 ring[RING + PEAK_ROWS * LANES] __attribute__((aligned(64)));
  for (i32 i = 0; i < RING + PEAK_ROWS * LANES; i++) ring[i] = 1e-3f;
  const vf columns[PEAK_VECTORS] = {load((usize)ring), load((usize)(ring + LANES))};
  vf sums[PEAK_ROWS][PEAK_VECTORS] = {};
  i32 at = 0;
  for (i32 turn = 0; turn < turns; turn++) {
#pragma GCC unroll 5
    for (i32 i = 0; i < PEAK_ROWS; i++) {
      const vf x = load((usize)(ring + at + i * LANES));
#pragma GCC unroll 2
      for (i32 v = 0; v < PEAK_VECTORS; v++) sums[i][v] = sums[i][v] + x * columns[v];
    }
    at = (at + LANES) % RING;
  }
  // What is stored has to be computed.
  volatile f32 stored;
  for (i32 i = 0; i < PEAK_ROWS; i++) {
    for (i32 v = 0; v < PEAK_VECTORS; v++) stored = sums[i][v][0];
  }
  (void)stored;
  return (f64)turns * (2 * PEAK_ROWS * PEAK_VECTORS * LANES);
}
