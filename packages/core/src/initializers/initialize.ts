// The initial values of one parameter, row-major in its exported (PyTorch) layout: a pure function of
// (initialiser, shape, seed, the parameter's position). They are part of a run's identity: everyone
// draws the same bytes by themselves, and no weights are sent at the start.
// Element e takes word e of the parameter's sequence if uniform, words 4e … 4e + 3 if normal.

import { requireInteger } from '@lockstep/errors';
import { ConfigError } from '../errors.js';
import { cos, log } from '../math/elementary.js';
import { PhiloxSequence } from '../random/philox.js';
import { STREAM } from '../random/streams.js';
import type { Initializer } from './initializer.js';

/** 4 GiB of float32, all that a 32-bit WebAssembly memory holds. */
const MAX_ELEMENTS = 0x4000_0000;

/** 2^-149. */
const SMALLEST_FLOAT32 = 1.401298464324817e-45;

/**
 * Draws a parameter.
 *
 * @param shape [out, in, …receptive field] for weights; [] is a scalar
 * @param seed an integer in [0, 2^53)
 * @param parameterIndex the parameter's position in the network, from 0
 * @returns [product of shape] float32
 * @throws ConfigError if the shape does not suit the initialiser, or is absurd
 *
 * A uniform draw is rounded from float64 to float32 and then kept within [low, high). A normal draw is
 * Box and Muller's cosine half, at most 8.6 standard deviations from the mean.
 * Source: Box, Muller, "A note on the generation of random normal deviates", 1958.
 */
export function initialize(
  initializer: Initializer,
  shape: readonly number[],
  seed: number,
  parameterIndex: number,
): Float32Array {
  const values = new Float32Array(elementCount(shape));
  const sequence = new PhiloxSequence(seed, STREAM.initialize, parameterIndex);
  switch (initializer.kind) {
    case 'zeros':
      return values;
    case 'constant':
      return values.fill(initializer.value);
    case 'uniform':
      return fillUniform(values, sequence, initializer.low, initializer.high);
    case 'normal':
      return fillNormal(values, sequence, initializer.mean, initializer.std);
    case 'zero-row': {
      const { row, of } = initializer;
      if (row >= (shape[0] ?? 0)) {
        throw new ConfigError(
          `zero-row initializer: row ${row} is none of shape [${shape.join(', ')}]`,
        );
      }
      const size = values.length / shape[0]!;
      return initialize(of, shape, seed, parameterIndex).fill(0, row * size, (row + 1) * size);
    }
    case 'bias-uniform':
      return fillSymmetric(values, sequence, 1 / Math.sqrt(initializer.fanIn));
    default: {
      const { fanIn, fanOut } = fans(initializer.kind, shape);
      const variance =
        'a' in initializer
          ? 2 / (1 + initializer.a * initializer.a) / fanIn
          : (initializer.gain * initializer.gain * 2) / (fanIn + fanOut);
      return initializer.kind.endsWith('uniform')
        ? fillSymmetric(values, sequence, Math.sqrt(3 * variance))
        : fillNormal(values, sequence, 0, Math.sqrt(variance));
    }
  }
}

/**
 * How many inputs one output has, and how many outputs one input has.
 *
 * @param shape [out, in, …receptive field]
 * @throws ConfigError if the shape has fewer than two dimensions
 */
function fans(kind: string, shape: readonly number[]): { fanIn: number; fanOut: number } {
  if (shape.length < 2) {
    throw new ConfigError(
      `${kind} initializer: needs a shape of at least 2 dimensions, got [${shape.join(', ')}]; a bias wants bias-uniform, uniform or zeros`,
    );
  }
  const receptive = shape.slice(2).reduce((product, size) => product * size, 1);
  return { fanIn: shape[1]! * receptive, fanOut: shape[0]! * receptive };
}

function elementCount(shape: readonly number[]): number {
  let count = 1;
  for (const size of shape) count *= requireInteger('initialize', 'each dimension', size, 1);
  if (count > MAX_ELEMENTS) {
    throw new ConfigError(
      `initialize: shape [${shape.join(', ')}] has ${count} elements, at most ${MAX_ELEMENTS} are possible`,
    );
  }
  return count;
}

function fillSymmetric(
  values: Float32Array,
  sequence: PhiloxSequence,
  bound: number,
): Float32Array {
  return fillUniform(values, sequence, -bound, bound);
}

function fillUniform(
  values: Float32Array,
  sequence: PhiloxSequence,
  low: number,
  high: number,
): Float32Array {
  const smallest = float32AtLeast(low);
  const largest = float32Below(high);
  if (smallest > largest) {
    throw new ConfigError(`uniform initializer: no float32 lies in [${low}, ${high})`);
  }
  const width = high - low;
  for (let i = 0; i < values.length; i++) {
    const value = Math.fround(low + width * sequence.nextFloat());
    values[i] = Math.max(smallest, Math.min(value, largest));
  }
  return values;
}

function fillNormal(
  values: Float32Array,
  sequence: PhiloxSequence,
  mean: number,
  std: number,
): Float32Array {
  for (let i = 0; i < values.length; i++) {
    // 1 − u lies in (0, 1], so the logarithm is finite.
    const radius = Math.sqrt(-2 * log(1 - sequence.nextDouble()));
    values[i] = mean + std * (radius * cos(2 * Math.PI * sequence.nextDouble()));
  }
  return values;
}

/** The smallest float32 ≥ x. */
function float32AtLeast(x: number): number {
  const nearest = Math.fround(x);
  return nearest >= x ? nearest : neighbour(nearest, 1);
}

/** The largest float32 < x. */
function float32Below(x: number): number {
  const nearest = Math.fround(x);
  return nearest < x ? nearest : neighbour(nearest, -1);
}

/** The next float32 above (direction 1) or below (−1) a finite float32. */
function neighbour(value: number, direction: 1 | -1): number {
  const view = new DataView(new ArrayBuffer(4));
  if (value === 0) return direction * SMALLEST_FLOAT32;
  view.setFloat32(0, value);
  view.setInt32(0, view.getInt32(0) + (value > 0 ? direction : -direction));
  return view.getFloat32(0);
}
