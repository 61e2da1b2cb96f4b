// Numbers in a model that training leaves as they are: what people write becomes a node of the graph.
import { describeValue } from '@lockstep/errors';
import { ConfigError, ShapeError } from '../errors.js';
import { type NumberSource, shapeOfSamples, toFloats } from '../numbers.js';
import { checkShape, formatShape, isBatched } from '../shape.js';
import type { GraphBuilder } from '../transform/builder.js';

/**
 * @param op for errors: who is given the numbers
 * @param shape left out: that of the lists
 * @returns the node of one number, or of a tensor of them
 * @throws ConfigError, ShapeError or DataError if the numbers do not fit the shape, or are none that float32 holds
 */
export function constantNode(
  builder: GraphBuilder,
  op: string,
  values: NumberSource | number,
  shape?: readonly number[],
): number {
  if (typeof values === 'number' && shape === undefined) {
    if (!Number.isFinite(Math.fround(values))) {
      throw new ConfigError(`${op}: ${values} is not a finite float32`);
    }
    return builder.constant(values);
  }
  if (typeof values !== 'number' && typeof values?.length !== 'number') {
    throw new ConfigError(
      `${op}: the values are ${describeValue(values)}, expected a number or a list of numbers`,
    );
  }
  const list = typeof values === 'number' ? [values] : values;
  const inner = shapeOfSamples(list);
  const wanted = shape ?? [list.length, ...(inner ?? [])];
  checkShape(wanted, op);
  if (isBatched(wanted)) {
    throw new ShapeError(`${op}: constants have no batch axis, got ${formatShape(wanted)}`);
  }
  const place = { what: op, value: 'constant', shape: wanted, samples: 1, isOne: true };
  const floats = toFloats(inner ? [list as NumberSource] : list, place);
  return wanted.length === 0
    ? builder.constant(floats[0]!)
    : builder.constantTensor(floats, wanted);
}
