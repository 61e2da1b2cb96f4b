// A network's parameters as people see them: tensors by name, in the exported (PyTorch) layout; what they begin as, whether
// they fit a network, and the weights hash.
import { ConfigError, NonFiniteError, ShapeError } from '../errors.js';
import { buffersOf, type Graph, type GraphParameter } from '../graph/graph.js';
import { initialize } from '../initializers/initialize.js';
import { indexOfNonFinite } from '../numbers.js';
import { formatShape, product, sameShape } from '../shape.js';

/** Numbers with a shape, row-major, in the exported layout. */
export interface ParameterValues {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** A network's parameters by name, in declaration order. */
export type Parameters = ReadonlyMap<string, ParameterValues>;

/** The parameters that a seed gives. */
export function initialParameters(graph: Graph, seed: number): Parameters {
  return new Map(
    graph.parameters.map(({ name, shape, init }, index) => [
      name,
      { shape, data: initialize(init, shape, seed, index) },
    ]),
  );
}

/** The buffers that a model begins with; drawn, where they are random, apart from its parameters. */
export function initialBuffers(graph: Graph, seed: number): Parameters {
  const first = graph.parameters.length;
  return new Map(
    buffersOf(graph).map(({ name, shape, init }, index) => [
      name,
      { shape, data: initialize(init, shape, seed, first + index) },
    ]),
  );
}

/** A network's values: what is learnt, and what it keeps besides. */
export interface NetworkValues {
  readonly parameters: Parameters;
  readonly buffers: Parameters;
}

/**
 * Tells a network's parameters from its buffers, where somebody gives both by name, as files do.
 *
 * @throws ConfigError, ShapeError or NonFiniteError unless they are all that the network has
 */
export function networkValues(graph: Graph, given: Parameters): NetworkValues {
  const names = new Set(buffersOf(graph).map(({ name }) => name));
  const entries = [...given];
  const parameters = new Map(entries.filter(([name]) => !names.has(name)));
  const buffers = new Map(entries.filter(([name]) => names.has(name)));
  checkParameters(graph.parameters, parameters);
  checkParameters(buffersOf(graph), buffers, 0, 'buffers');
  return { parameters, buffers };
}

/**
 * @param what they are called in messages
 * @throws ConfigError, ShapeError or NonFiniteError unless the parameters are the network's
 */
export function checkParameters(
  expected: readonly Pick<GraphParameter, 'name' | 'shape'>[],
  parameters: Parameters,
  step = 0,
  what = 'parameters',
): void {
  const known = new Set(expected.map(({ name }) => name));
  for (const name of parameters.keys()) {
    if (!known.has(name)) {
      throw new ConfigError(
        `${what}: "${name}" is not in the model, which has ${[...known].join(', ')}`,
      );
    }
  }
  for (const { name, shape } of expected) {
    const values = parameters.get(name);
    if (!values) {
      throw new ConfigError(`${what}: "${name}" is missing${missingHint(parameters, what)}`);
    }
    if (!sameShape(values.shape, shape)) {
      throw new ShapeError(
        `${what}: "${name}" is ${formatShape(values.shape)}, the model expects ${formatShape(shape)}. ${shapeHint(values.shape, shape)}`,
      );
    }
    if (values.data.length !== product(shape)) {
      throw new ShapeError(
        `${what}: "${name}" has ${values.data.length} values, expected ${product(shape)} (${formatShape(shape)})`,
      );
    }
    const bad = indexOfNonFinite(values.data);
    if (bad >= 0) {
      throw new NonFiniteError(
        step,
        `${what}: value ${bad} of "${name}" is ${values.data[bad]}, expected a finite number`,
      );
    }
  }
}

function shapeHint(given: readonly number[], expected: readonly number[]): string {
  const isSwapped = given.length === 2 && sameShape([...given].reverse(), expected);
  return isSwapped
    ? 'Is it [in, out], as Keras keeps it? Give its transpose'
    : "Was a layer's size changed?";
}

function missingHint(parameters: Parameters, what: string): string {
  if (parameters.size > 0) return '';
  return what === 'buffers'
    ? '; there are none. They belong among the parameters: new Map([...parameters, ...buffers])'
    : '; there are none. JSON keeps no Map';
}

/** The parameters' float32 little-endian bytes, in declaration order, in the exported layout. */
export function parameterBytes(parameters: Parameters): Uint8Array<ArrayBuffer> {
  const floats = [...parameters.values()].reduce((length, { data }) => length + data.length, 0);
  const all = new Float32Array(floats);
  let offset = 0;
  for (const { data } of parameters.values()) {
    all.set(data, offset);
    offset += data.length;
  }
  return new Uint8Array(all.buffer);
}

/** The weights hash: SHA-256 over `parameterBytes`, in hex. Two runs are equal when their hashes are. */
export async function weightsHash(parameters: Parameters): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', parameterBytes(parameters));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
