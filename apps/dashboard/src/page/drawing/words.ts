// Shapes in words.

/** `[3, 32, 32]` as `3 × 32 × 32`; of a single number `1`. */
export function shapeWords(shape: readonly (number | string)[]): string {
  return shape.join(' × ') || '1';
}
