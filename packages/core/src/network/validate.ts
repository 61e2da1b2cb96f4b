// Checks a graph that comes from outside (a file, a peer) completely, before anything is planned or
// allocated for it. What passes is a graph that the tracer could have made: known operators, inputs that
// are earlier nodes (so no cycle), shapes that the rules give, sizes within the limits.
import { GraphError, LockstepError } from '../errors.js';
import {
  type Attributes,
  type AttributeValue,
  GRAPH_FORMAT,
  type Graph,
  type GraphNode,
  type GraphParameter,
} from '../graph/graph.js';
import { checkParameterName } from '../graph/parameter-name.js';
import { initialize } from '../initializers/initialize.js';
import type { Initializer } from '../initializers/initializer.js';
import { validateInitializer } from '../initializers/validate.js';
import { lossNamed } from '../losses/built-in.js';
import type { AttributeRule, Operator, Source } from '../ops/operator.js';
import { operatorNamed, sourceOf } from '../ops/registry.js';
import {
  checkShape,
  formatShape,
  isBatched,
  MAX_RANK,
  product,
  type Shape,
  sameShape,
  sampleSize,
} from '../shape.js';

export const GRAPH_LIMITS = {
  nodes: 10_000,
  parameters: 2_000,
  /** Over all parameters: 1 GiB of float32. */
  parameterElements: 2 ** 28,
  /** Over all nodes but parameters, for one sample. */
  activationElements: 2 ** 28,
} as const;

type Json = Readonly<Record<string, unknown>>;

/**
 * @param json a parsed JSON value that claims to be a graph
 * @returns the same graph, rebuilt from checked parts
 * @throws GraphError or ShapeError naming the node and what is wrong with it
 */
export function validateGraph(json: unknown): Graph {
  const graph = requireObject(json, 'graph');
  requireKeys(graph, ['format', 'parameters', 'nodes', 'outputs'], 'graph', ['loss']);
  if (graph.format !== GRAPH_FORMAT) {
    throw new GraphError(`graph: format is ${describe(graph.format)}, expected "${GRAPH_FORMAT}"`);
  }
  const parameters = requireArray(graph.parameters, GRAPH_LIMITS.parameters, 'parameters').map(
    validateParameter,
  );
  checkParameters(parameters);
  const nodes = requireArray(graph.nodes, GRAPH_LIMITS.nodes, 'nodes');
  const checked: GraphNode[] = [];
  let elements = 0;
  for (const [index, node] of nodes.entries()) {
    const valid = validateNode(node, index, checked, parameters);
    checked.push(valid);
    if (sourceOf(valid) !== 'parameter') elements += sampleSize(valid.shape);
    if (elements > GRAPH_LIMITS.activationElements) {
      throw new GraphError(
        `graph: one sample needs more than ${GRAPH_LIMITS.activationElements} elements (at node ${index})`,
      );
    }
  }
  const outputs = validateOutputs(graph.outputs, checked);
  const { loss } = graph;
  if (loss !== undefined && (typeof loss !== 'string' || !lossNamed(loss))) {
    throw new GraphError(`graph: there is no loss ${describe(loss)}`);
  }
  return {
    format: GRAPH_FORMAT,
    parameters,
    nodes: checked,
    outputs,
    ...(loss !== undefined && { loss: loss as string }),
  };
}

function validateParameter(json: unknown, index: number): GraphParameter {
  const what = `graph: parameter ${index}`;
  const parameter = requireObject(json, what);
  requireKeys(parameter, ['name', 'shape', 'init'], what);
  const name = parameter.name;
  if (typeof name !== 'string') {
    throw new GraphError(`${what}: the name must be a string, got ${describe(name)}`);
  }
  checkParameterName(name, what);
  const shape = requireShape(parameter.shape, what);
  if (isBatched(shape)) throw new GraphError(`${what} "${name}": a parameter has no batch axis`);
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

function checkParameters(parameters: readonly GraphParameter[]): void {
  const names = new Set<string>();
  let elements = 0;
  for (const { name, shape } of parameters) {
    if (names.has(name)) throw new GraphError(`graph: two parameters are called "${name}"`);
    names.add(name);
    elements += product(shape);
  }
  if (elements > GRAPH_LIMITS.parameterElements) {
    throw new GraphError(
      `graph: ${elements} parameters, at most ${GRAPH_LIMITS.parameterElements} are allowed`,
    );
  }
}

function validateNode(
  json: unknown,
  index: number,
  earlier: readonly GraphNode[],
  parameters: readonly GraphParameter[],
): GraphNode {
  const place = `graph: node ${index}`;
  const node = requireObject(json, place);
  requireKeys(node, ['op', 'inputs', 'attributes', 'shape', 'type'], place);
  if (typeof node.op !== 'string') {
    throw new GraphError(`${place}: the operator must be a name, got ${describe(node.op)}`);
  }
  const operator = operatorNamed(node.op);
  const what = `${place} (${operator.name})`;
  if (!operator.inModels) throw new GraphError(`${what}: only gradients may use this operator`);
  const inputs = validateInputs(node.inputs, operator, earlier, index, what);
  const attributes = validateAttributes(node.attributes, operator, what);
  const operands = inputs.map((input) => earlier[input]!);
  for (const [i, operand] of operands.entries()) {
    const expected = operator.inputs[i];
    if (operand.type !== expected) {
      throw new GraphError(`${what}: input ${i} is ${operand.type}, expected ${expected}`);
    }
  }
  const stated = requireShape(node.shape, what);
  const shape = operator.shape(operands, attributes);
  checkShape(shape, what);
  if (!sameShape(shape, stated)) {
    throw new GraphError(
      `${what}: says its shape is ${formatShape(stated)}, its inputs give ${formatShape(shape)}`,
    );
  }
  const type = operator.outputType ?? 'f32';
  if (node.type !== type)
    throw new GraphError(`${what}: type is ${describe(node.type)}, expected ${type}`);
  const reducesBatch = operands.some((operand) => isBatched(operand.shape)) && !isBatched(shape);
  if (reducesBatch && !operator.mixesSamples) {
    throw new GraphError(
      `${what}: reduces the batch axis; samples must be computed independently of each other`,
    );
  }
  if (operator.source) checkSource(operator.source, shape, attributes, parameters, what);
  return { op: operator.name, inputs, attributes, shape, type };
}

function validateInputs(
  json: unknown,
  operator: Operator,
  earlier: readonly GraphNode[],
  index: number,
  what: string,
): number[] {
  const inputs = requireArray(json, MAX_RANK, `${what}: inputs`);
  if (inputs.length !== operator.inputs.length) {
    throw new GraphError(`${what}: takes ${operator.inputs.length} inputs, got ${inputs.length}`);
  }
  return inputs.map((input) => {
    if (!Number.isInteger(input) || (input as number) < 0) {
      throw new GraphError(`${what}: input ${describe(input)} is not a node number`);
    }
    if ((input as number) >= earlier.length) {
      throw new GraphError(
        `${what}: reads node ${input}, which does not come before node ${index} (a cycle or a dangling input)`,
      );
    }
    return input as number;
  });
}

function validateAttributes(json: unknown, operator: Operator, what: string): Attributes {
  const attributes = requireObject(json, `${what}: attributes`);
  requireKeys(attributes, Object.keys(operator.attributes), `${what}: attributes`);
  return Object.fromEntries(
    Object.entries(operator.attributes).map(([name, rule]) => [
      name,
      validateAttribute(attributes[name], rule, `${what}: ${name}`),
    ]),
  );
}

function validateAttribute(value: unknown, rule: AttributeRule, what: string): AttributeValue {
  switch (rule) {
    case 'shape':
      return requireShape(value, what);
    case 'finite':
      // The sign of a zero does not survive JSON, so it is dropped at once.
      if (typeof value === 'number' && Number.isFinite(Math.fround(value))) return value + 0;
      break;
    case 'integer':
      if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
      break;
  }
  throw new GraphError(
    `${what}: expected ${rule === 'finite' ? 'a finite float32' : 'a whole number'}, got ${describe(value)}`,
  );
}

function checkSource(
  source: Source,
  shape: Shape,
  attributes: Attributes,
  parameters: readonly GraphParameter[],
  what: string,
): void {
  if (source === 'parameter') {
    const parameter = parameters[attributes.index as number];
    if (!parameter)
      throw new GraphError(`${what}: there is no parameter ${String(attributes.index)}`);
    if (!sameShape(parameter.shape, shape)) {
      throw new GraphError(
        `${what}: parameter "${parameter.name}" is ${formatShape(parameter.shape)}, the node says ${formatShape(shape)}`,
      );
    }
  } else if (!isBatched(shape)) {
    throw new GraphError(`${what}: must have a batch axis, got ${formatShape(shape)}`);
  }
}

function validateOutputs(json: unknown, nodes: readonly GraphNode[]): Record<string, number> {
  const outputs = requireObject(json, 'graph: outputs');
  const result: Record<string, number> = {};
  for (const [name, index] of Object.entries(outputs)) {
    if (name !== 'output' && name !== 'loss' && name !== 'correct') {
      throw new GraphError(
        `graph: unknown output ${describe(name)}; there are output, loss and correct`,
      );
    }
    const node = Number.isInteger(index) ? nodes[index as number] : undefined;
    if (!node) {
      throw new GraphError(
        `graph: output "${name}" is node ${describe(index)}, which does not exist`,
      );
    }
    if (
      !isBatched(node.shape) ||
      (name !== 'output' && node.shape.length !== 1) ||
      node.type !== 'f32'
    ) {
      throw new GraphError(
        `graph: output "${name}" is ${formatShape(node.shape)}, expected ${name === 'output' ? '[N, …]' : '[N]'}`,
      );
    }
    result[name] = index as number;
  }
  if (result.output === undefined) throw new GraphError('graph: has no output');
  checkInputsOnce(nodes);
  return result;
}

function checkInputsOnce(nodes: readonly GraphNode[]): void {
  for (const source of ['samples', 'targets'] as const) {
    const found = nodes.filter((node) => sourceOf(node) === source).map(({ op }) => op);
    if (found.length > 1) {
      throw new GraphError(
        `graph: ${found.length} nodes read the ${source} (${found.join(', ')}), at most 1 is allowed`,
      );
    }
  }
}

function requireShape(json: unknown, what: string): Shape {
  const dims = requireArray(json, MAX_RANK, `${what}: shape`);
  for (const dim of dims) {
    if (dim !== 'N' && !(Number.isSafeInteger(dim) && (dim as number) >= 0)) {
      throw new GraphError(`${what}: ${describe(dim)} is not a length`);
    }
  }
  return dims as (number | 'N')[];
}

function requireObject(json: unknown, what: string): Json {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new GraphError(`${what}: expected an object, got ${describe(json)}`);
  }
  return json as Json;
}

function requireArray(json: unknown, limit: number, what: string): unknown[] {
  if (!Array.isArray(json)) throw new GraphError(`${what}: expected a list, got ${describe(json)}`);
  if (json.length > limit) {
    throw new GraphError(`${what}: ${json.length} entries, at most ${limit} are allowed`);
  }
  return json;
}

function requireKeys(
  object: Json,
  expected: readonly string[],
  what: string,
  optional: readonly string[] = [],
): void {
  for (const key of Object.keys(object)) {
    if (!expected.includes(key) && !optional.includes(key))
      throw new GraphError(`${what}: unknown key ${describe(key)}`);
  }
  for (const key of expected) {
    if (!Object.hasOwn(object, key)) throw new GraphError(`${what}: "${key}" is missing`);
  }
}

/** A value in few words, whatever it is: a string is cut, and nothing is asked of an object. */
function describe(value: unknown): string {
  if (typeof value === 'string') {
    return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  }
  if (typeof value !== 'object' || value === null) return String(value);
  return Array.isArray(value) ? `a list of ${value.length}` : 'an object';
}
