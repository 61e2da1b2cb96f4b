// The lists of a graph that comes from outside, which its nodes refer to by number: parameters, buffers and constants.
import { GraphError, LockstepError } from '../errors.js';
import type { GraphBuffer, GraphConstant, GraphParameter } from '../graph/graph.js';
import { checkParameterName } from '../graph/parameter-name.js';
import { initialize } from '../initializers/initialize.js';
import type { Initializer } from '../initializers/initializer.js';
import { validateInitializer } from '../initializers/validate.js';
import { checkShape, formatShape, isBatched, product, sampleSize } from '../shape.js';
import { checkConstantElements } from '../transform/builder.js';
import {
  describe,
  requireArray,
  requireFinite,
  requireKeys,
  requireObject,
  requireShape,
} from './json.js';

const MAX_PARAMETERS = 2_000;
/** Over all parameters and buffers: 1 GiB of float32. */
const MAX_PARAMETER_ELEMENTS = 2 ** 28;
const MAX_CONSTANTS = 2_000;

export interface GraphLists {
  readonly parameters: readonly GraphParameter[];
  readonly buffers: readonly GraphBuffer[];
  readonly constants: readonly GraphConstant[];
}

/** Parameters and buffers: they have names, which no two share, and something to begin with. */
export function validateTensors(
  parameters: unknown,
  buffers: unknown,
): Pick<GraphLists, 'parameters' | 'buffers'> {
  const lists = {
    parameters: requireArray(parameters, MAX_PARAMETERS, 'parameters').map((entry, index) =>
      validateTensor('parameter', entry, index),
    ),
    buffers: requireArray(buffers, MAX_PARAMETERS, 'buffers').map((entry, index) =>
      validateTensor('buffer', entry, index),
    ),
  };
  checkTensors([...lists.parameters, ...lists.buffers]);
  return lists;
}

function validateTensor(kind: string, json: unknown, index: number): GraphParameter {
  const what = `graph: ${kind} ${index}`;
  const parameter = requireObject(json, what);
  requireKeys(parameter, ['name', 'shape', 'init'], what);
  const name = parameter.name;
  if (typeof name !== 'string') {
    throw new GraphError(`${what}: the name must be a string, got ${describe(name)}`);
  }
  checkParameterName(name, what);
  const shape = requireShape(parameter.shape, what);
  if (isBatched(shape)) throw new GraphError(`${what} "${name}": a ${kind} has no batch axis`);
  checkShape(shape, `${what} "${name}"`);
  const init = requireInitializer(parameter.init, shape as number[], `${what} "${name}"`);
  return { name, shape: shape as number[], init };
}

function requireInitializer(json: unknown, shape: readonly number[], what: string): Initializer {
  try {
    const init = validateInitializer(json);
    // Drawing one element finds out whether the initialiser suits a shape of so many axes.
    initialize(
      init,
      shape.map(() => 1),
      0,
      0,
    );
    return init;
  } catch (cause) {
    if (!(cause instanceof LockstepError)) throw cause;
    throw new GraphError(`${what}: ${cause.message}`, { cause });
  }
}

function checkTensors(tensors: readonly GraphParameter[]): void {
  const names = new Set<string>();
  let elements = 0;
  for (const { name, shape } of tensors) {
    if (names.has(name))
      throw new GraphError(`graph: two parameters or buffers are called "${name}"`);
    names.add(name);
    elements += product(shape);
  }
  if (elements > MAX_PARAMETER_ELEMENTS) {
    throw new GraphError(
      `graph: ${elements} numbers in parameters and buffers, at most ${MAX_PARAMETER_ELEMENTS} are allowed`,
    );
  }
}

export function validateConstants(json: unknown): GraphConstant[] {
  let elements = 0;
  return requireArray(json, MAX_CONSTANTS, 'constants').map((entry, index) => {
    const what = `graph: constant ${index}`;
    const constant = requireObject(entry, what);
    requireKeys(constant, ['shape', 'values'], what);
    const shape = requireShape(constant.shape, what);
    checkShape(shape, what);
    if (isBatched(shape) || shape.length === 0) {
      throw new GraphError(
        `${what}: the shape is ${formatShape(shape)}, expected one without a batch axis and of at least one`,
      );
    }
    elements += sampleSize(shape);
    checkConstantElements(elements);
    const values = requireArray(constant.values, sampleSize(shape), `${what}: values`);
    if (values.length !== sampleSize(shape)) {
      throw new GraphError(
        `${what}: ${values.length} values, its shape ${formatShape(shape)} has ${sampleSize(shape)}`,
      );
    }
    return {
      shape: shape as number[],
      values: values.map((value) => requireFinite(value, what)),
    };
  });
}

/** The outputs of layers by name; as many as there are nodes at most. */
export function validateLayers(json: unknown, nodes: number): Record<string, number> {
  const layers = Object.entries(requireObject(json, 'graph: layers'));
  requireArray(layers, nodes, 'layers');
  for (const [name, node] of layers) {
    checkParameterName(name, 'graph: layers');
    if (Number.isInteger(node) && (node as number) >= 0 && (node as number) < nodes) continue;
    throw new GraphError(`graph: layer "${name}" is node ${describe(node)}, which does not exist`);
  }
  return Object.fromEntries(layers.map(([name, node]) => [name, (node as number) + 0]));
}
