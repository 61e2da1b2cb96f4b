// Models with several inputs or outputs, by name: what they are given is taken from one row, and what they give is put into
// one, so that a graph has one input and one output whatever its model has.
import { describeValue } from '@lockstep/errors';
import { ConfigError, ShapeError } from '../errors.js';
import { isPartName, MAX_PARTS, type NamedPart, placeParts } from '../parts.js';
import { formatShape, isBatched, sampleShape } from '../shape.js';
import { concat, slice } from './joining.js';
import type { Model, Scope } from './model.js';
import { reshape, Tensor } from './tensor.js';

/** What a network gives, by name. */
export type NamedOutputs = Readonly<Record<string, Tensor>>;

/**
 * A model whose data has inputs by name, or that gives outputs by name, for wherever a model is taken.
 *
 * It is the function itself: this only says so to TypeScript. Of a dataset whose inputs have names it is given
 * `{ name: tensor [N, …shape] }`, else one tensor.
 *
 * @example
 * namedModel<'image' | 'table'>(({ image, table }, scope) => {
 *   const both = concat([linear(784, 16)(reshape(image, [784]), scope.child('image')), table]);
 *   return {
 *     species: linear(19, 3)(both, scope.child('species')),
 *     age: linear(19, 1)(both, scope.child('age')),
 *   };
 * });
 */
export function namedModel<Inputs extends string = string>(
  build: (inputs: Readonly<Record<Inputs, Tensor>>, scope: Scope) => Tensor | NamedOutputs,
): Model;
export function namedModel(build: (x: Tensor, scope: Scope) => Tensor | NamedOutputs): Model;
export function namedModel(build: unknown): Model {
  return build as Model;
}

/** The parts of a row [N, size], each in its shape. */
export function takeApart(row: Tensor, parts: readonly NamedPart[]): Record<string, Tensor> {
  return Object.fromEntries(
    placeParts(parts).map(({ part, start, end }) => [
      part.name,
      reshape(slice(row, start, end), part.shape),
    ]),
  );
}

/** The parts as a model is given them: one that asks for another is told which there are. */
export function givenParts(row: Tensor, parts: readonly NamedPart[]): Record<string, Tensor> {
  return new Proxy(takeApart(row, parts), {
    get(given, name) {
      if (typeof name === 'symbol' || Object.hasOwn(given, name)) return given[name as string];
      throw new ConfigError(
        `model: there is no input "${name}"; the data has inputs by name: ${Object.keys(given).join(', ')}`,
      );
    },
  });
}

/** Outputs by name as one row, and what its parts are. @throws ConfigError or ShapeError if these are none */
export function putTogether(outputs: object): { row: Tensor; heads: NamedPart[] } {
  const entries = Object.entries(outputs) as [string, unknown][];
  if (entries.length === 0 || entries.length > MAX_PARTS) {
    throw new ConfigError(
      `model: gave ${entries.length} outputs by name, expected 1 to ${MAX_PARTS}`,
    );
  }
  const rows = entries.map(([name, output]) => {
    if (!isPartName(name)) {
      throw new ConfigError(
        `model: ${JSON.stringify(name)} is no name of an output; expected letters, digits, _ and -, a letter first`,
      );
    }
    if (!(output instanceof Tensor)) {
      throw new ConfigError(
        `model: the output "${name}" is ${describeValue(output)}, expected a tensor`,
      );
    }
    if (!isBatched(output.shape) || output.type !== 'f32') {
      throw new ShapeError(
        `model: the output "${name}" is ${formatShape(output.shape)}, expected numbers with a batch axis [N, …]`,
      );
    }
    return reshape(output, [-1]);
  });
  const heads = entries.map(([name, output]) => ({
    name,
    shape: sampleShape((output as Tensor).shape),
  }));
  return { row: concat(rows), heads };
}
