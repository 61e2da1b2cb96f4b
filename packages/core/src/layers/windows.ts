// What layers that slide windows over pictures have in common: options that are one length or two, and layers over sequences,
// which are pictures of one row.
import { ConfigError, describeValue, requireInteger } from '@lockstep/errors';
import { ShapeError } from '../errors.js';
import type { Layer } from '../model/model.js';
import { requireFloats, reshape, type Tensor } from '../model/tensor.js';
import { MAX_WINDOW } from '../ops/window.js';
import { formatShape } from '../shape.js';

/** One length for rows and columns, or [rows, columns]. */
export type LengthPair = number | readonly [height: number, width: number];

/** @throws ConfigError unless it is one whole number of at least `least`, or two */
export function requirePair(
  what: string,
  name: string,
  value: LengthPair,
  least: number,
): readonly [number, number] {
  const pair = typeof value === 'number' ? [value, value] : value;
  if (!Array.isArray(pair) || pair.length !== 2) {
    throw new ConfigError(
      `${what}: ${name} is ${describeValue(value)}, expected a whole number or two: [height, width]`,
    );
  }
  for (const length of pair) requireInteger(what, name, length, least, MAX_WINDOW);
  return pair as unknown as readonly [number, number];
}

/** @throws ShapeError unless x is [N, channels, height, width] */
export function requirePictures(what: string, x: Tensor): void {
  requireFloats(what, x);
  if (x.shape.length === 4) return;
  throw new ShapeError(
    `${what}: expected pictures [N, channels, height, width], got ${formatShape(x.shape)}`,
  );
}

/** A layer over [N, channels, 1, length] as one over [N, channels, length]. */
export function overSequences(what: string, layer: Layer): Layer {
  return (x, scope) => {
    requireFloats(what, x);
    const [, channels, length] = x.shape as number[];
    if (x.shape.length !== 3) {
      throw new ShapeError(
        `${what}: expected sequences [N, channels, length], got ${formatShape(x.shape)}`,
      );
    }
    const y = layer(reshape(x, [channels!, 1, length!]), scope);
    return reshape(y, [y.shape[1] as number, y.shape[3] as number]);
  };
}
