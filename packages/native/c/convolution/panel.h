// The gradient of y, laid down position by position so that a vector holds one position of several channels: some of
// them, at some rows or a part of one, which stay in the first cache while all taps pass by.
#pragma once
#include "../shuffle.h"
#include "geometry.h"

/** Positions of a panel. */
#define PANEL_POSITIONS 128
#define PANEL_VECTORS 2

typedef struct {
  f32 floats[PANEL_POSITIONS * PANEL_VECTORS * LANES];
} Panel;

/** Rows x cols positions, the first of them in row `row` and column `col`. */
typedef struct {
  i32 row, col, rows, cols;
} Part;

/** The first part of rows x cols positions; `next` has more, until no rows are left. */
INLINE Part firstPart(i32 rows, i32 cols) {
  return (Part){0, 0, minInt(rows, maxInt(1, PANEL_POSITIONS / cols)), minInt(cols, PANEL_POSITIONS)};
}

INLINE Part nextPart(Part part, i32 rows, i32 cols) {
  part.col += part.cols;
  if (part.col >= cols) {
    part.col = 0;
    part.row += part.rows;
    part.rows = minInt(part.rows, rows - part.row);
  }
  part.cols = minInt(cols - part.col, PANEL_POSITIONS);
  return part;
}
